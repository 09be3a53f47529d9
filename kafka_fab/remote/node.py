"""Node: what a connection's host is in its cluster, and whose its services are."""

from shlex import join

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Node
from kafka_fab.cluster.roles import owner
from kafka_fab.remote import script
from kafka_fab.remote.ssh.connection import Connection


def node_of(c: Connection) -> Node:
    """Return the node of a connection's host."""
    return load.cluster().nodes[c.original_host]


def ownership_check(c: Connection) -> str:
    """Return the call by which a script ends where this cluster's services are somebody else's."""
    return script.call(owner.of(load.cluster(), node_of(c)))


def owner_call(c: Connection) -> str:
    """Return the call by which a script knows its cluster's services from those of others."""
    return join(("set_owner", *owner.of(load.cluster(), node_of(c)).arguments))
