"""Support bundle: configuration, logs, state and host facts in one archive."""
