"""What is: ZooKeeper and brokers as seen over their own protocols. Knows no SSH."""

import logging

# What goes wrong reaches the user through the exceptions; the libraries' warnings would stand in between.
for _library in ("kazoo", "kafka"):
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False
