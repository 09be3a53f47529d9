"""Broker view: one broker's own view of the cluster, by a metadata request to itself."""

from dataclasses import field

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.asking import asking
from kafka_fab.live.client import metadata
from kafka_fab.live.client.broker_connection import SECONDS, ProtocolMismatch, Unreachable


@dataclass(frozen=True)
class BrokerView:
    """The brokers, the controller and the leaders as one broker names them."""

    brokers: dict[int, str] = field(default_factory=dict)
    controller: int | None = None
    leaders: dict[TopicPartition, int] = field(default_factory=dict)
    racks: dict[int, str] = field(default_factory=dict)
    error: str = ""
    # Asking again does not help: the port speaks another protocol.
    lasting: bool = False


def view(cluster: Cluster, node: Node, topics: list[str] | None = None, seconds: float = SECONDS) -> BrokerView:
    """Return a broker's view, with the leaders of some topics; with the error in it if the broker did not answer."""
    try:
        found = metadata.read(asking(cluster, node, seconds), cluster.release.metadata_version, topics or [])
    except Unreachable as error:
        return BrokerView(error=str(error), lasting=isinstance(error, ProtocolMismatch))
    leaders = {one.topic_partition: one.leader for one in found.partitions()}
    return BrokerView(found.brokers, found.controller, leaders, found.racks)
