"""The live cluster: ZooKeeper and brokers over their own protocols, without SSH."""

import logging

# Errors reach the user as exceptions; the libraries' own log messages would be printed between the output.
for _library in ("kazoo", "kafka"):
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False
