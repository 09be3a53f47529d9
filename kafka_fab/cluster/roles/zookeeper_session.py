"""ZooKeeper session: how long ZooKeeper waits for a broker that says nothing, and keeps what it has registered."""

from math import ceil

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import zookeeper_server

# What a broker asks for is held within these multiples of a tick (ZooKeeperServer.setMinSessionTimeout).
LEAST_TICKS, MOST_TICKS = 2, 20
# How late a session may end.
LATE_TICKS = 1.5


def seconds(cluster: Cluster) -> float:
    """Return a broker's session time-out as the servers grant it."""
    default = cluster.release.zookeeper_session_ms
    # The longest, where a host has one of its own.
    asked = max(int(cluster.own(node).get("zookeeper.session.timeout.ms", default)) for node in cluster.brokers)
    said, tick = zookeeper_server.properties(cluster), _tick_ms(cluster)
    least = int(said.get("minSessionTimeout", LEAST_TICKS * tick))
    most = int(said.get("maxSessionTimeout", MOST_TICKS * tick))
    return min(max(asked, least), most) / 1000


def longest(cluster: Cluster) -> int:
    """Return the whole seconds after which nothing is left of a broker that did not close its session.

    Sessions end in rounds, a tick apart (SessionTrackerImpl.roundToInterval), and the leader hears of a follower's
    clients twice a tick (Leader.lead).
    """
    return ceil(seconds(cluster) + LATE_TICKS * _tick_ms(cluster) / 1000)


def _tick_ms(cluster: Cluster) -> int:
    return int(zookeeper_server.properties(cluster)["tickTime"])
