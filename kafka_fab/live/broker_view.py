"""Broker view: one broker's own view of the cluster, by a metadata request to itself."""

from dataclasses import field

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.address import normal, place
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import SECONDS, ProtocolMismatch, Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python


@dataclass(frozen=True)
class BrokerView:
    """The brokers, the controller and the leaders as one broker names them."""

    brokers: dict[int, str] = field(default_factory=dict)
    controller: int | None = None
    leaders: dict[TopicPartition, int] = field(default_factory=dict)
    racks: dict[int, str] = field(default_factory=dict)
    error: str = ""
    # Asking again will not help: another protocol is spoken there.
    lasting: bool = False


def view(cluster: Cluster, node: Node, topics: list[str] | None = None, seconds: float = SECONDS) -> BrokerView:
    """Return a broker's view, with the leaders of some topics; an error in it if the broker is silent."""
    # Version 1 is the first that names the controller.
    version = cluster.release.metadata_version
    request = kafka_python().protocol.metadata.MetadataRequest
    named = [request.MetadataRequestTopic(version=version, name=topic) for topic in topics or []]
    question = request(version=version, topics=named)
    try:
        answer = ask(endpoint.of_broker(cluster, node), question, seconds)
    except Unreachable as silent:
        return BrokerView(error=str(silent), lasting=isinstance(silent, ProtocolMismatch))
    return BrokerView(
        brokers={broker.node_id: place(normal(broker.host), broker.port) for broker in answer.brokers},
        controller=answer.controller_id if version else None,
        racks={broker.node_id: broker.rack or "" for broker in answer.brokers} if version else {},
        leaders={
            TopicPartition(topic.name, partition.partition_index): partition.leader_id
            for topic in answer.topics
            for partition in topic.partitions
        },
    )
