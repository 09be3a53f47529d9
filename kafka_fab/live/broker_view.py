"""Broker view: one broker's own view of the cluster, by a metadata request to itself."""

from collections.abc import Iterable
from dataclasses import field

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import running_release
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.asking import asking
from kafka_fab.live.client import metadata
from kafka_fab.live.client.broker_connection import SECONDS, NoConnection, ProtocolMismatch, Unreachable
from kafka_fab.typed_command import FAB


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
    # There is no connection to it: it may not run.
    down: bool = False


def view(cluster: Cluster, node: Node, topics: list[str] | None = None, seconds: float = SECONDS) -> BrokerView:
    """Return a broker's view, with the leaders of some topics; with the error in it if the broker did not answer."""
    try:
        version = running_release.of_broker(cluster, node).metadata_version
        found = metadata.read(asking(cluster, node, seconds), version, topics or [])
    except Unreachable as error:
        lasting, down = isinstance(error, ProtocolMismatch), isinstance(error, NoConnection)
        return BrokerView(error=str(error), lasting=lasting, down=down)
    leaders = {one.topic_partition: one.leader for one in found.partitions()}
    return BrokerView(found.brokers, found.controller, leaders, found.racks)


def why_none(views: Iterable[BrokerView]) -> str:
    """Return why no broker can be asked: the reason of one that is up, else that they are to be started."""
    found = list(views)
    up = next((one.error for one in found if not one.down), "")
    first = up or next((one.error for one in found), "hosts.ini has no broker")
    return first if up or not found else f"{first}; start the brokers first ({FAB} start)"


def first(cluster: Cluster, nodes: Iterable[Node]) -> BrokerView:
    """Return the view of the first broker that answers; raise Unreachable where none does."""
    silent = []
    for node in nodes:
        found = view(cluster, node)
        if not found.error:
            return found
        silent.append(found)
    raise Unreachable(f"no broker answers: {why_none(silent)}")
