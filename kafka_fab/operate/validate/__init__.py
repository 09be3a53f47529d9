"""Whether the live cluster matches hosts.ini, and passes a message."""
