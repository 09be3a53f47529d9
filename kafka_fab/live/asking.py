"""Asking: requests to one broker or controller at its own listener."""

from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import SECONDS
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.protocol import Ask


def asking(cluster: Cluster, node: Node, seconds: float = SECONDS) -> Ask:
    """Return what sends a request to a broker, over a connection of its own; it raises Unreachable."""
    return partial(ask, endpoint.of_broker(cluster, node), seconds=seconds)
