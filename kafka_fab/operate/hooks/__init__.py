"""The user's commands before a stop and after a start."""
