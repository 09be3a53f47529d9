"""The live cluster: ZooKeeper and brokers over their own protocols, without SSH."""

import logging

# Errors reach the user as exceptions; the libraries' own log messages would be printed between the output. At DEBUG
# kafka-python logs the bytes of a login, the password among them, and kazoo the passwords of its sessions.
for _library in ("kazoo", "kafka"):
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False
    logging.getLogger(_library).setLevel(logging.WARNING)
