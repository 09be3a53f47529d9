"""Whether the live cluster matches hosts.ini, and a message can be produced and consumed."""
