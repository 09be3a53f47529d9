"""Node: what a connection's host is in its cluster, and who owns its services."""

from shlex import join

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import owner
from kafka_fab.remote import script
from kafka_fab.remote.ssh.connection import Connection


def cluster_of(c: Connection) -> Cluster:
    """Return the cluster of a connection's fleet."""
    cluster: Cluster = c.fleet.cluster
    return cluster


def node_of(c: Connection) -> Node:
    """Return the node of a connection's host."""
    return cluster_of(c).nodes[c.original_host]


def ownership_check(c: Connection) -> str:
    """Return the call that ends a script where a service of this host belongs to another cluster."""
    return script.call(owner.of(cluster_of(c), node_of(c)))


def owner_call(c: Connection) -> str:
    """Return the call that tells a script which services are this cluster's."""
    return join(("set_owner", *owner.of(cluster_of(c), node_of(c)).arguments))
