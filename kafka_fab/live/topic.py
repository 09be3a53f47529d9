"""Topic: one of the tool's own topics created and deleted, in ZooKeeper where Kafka has no admin protocol (0.8.0)."""

from collections.abc import Mapping, Sequence

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.topics.topic_change import Create
from kafka_fab.live import topic_znodes
from kafka_fab.live.asking import asking
from kafka_fab.live.client import create_topics, delete_topics
from kafka_fab.live.client.describe_configs import UNKNOWN_TOPIC
from kafka_fab.live.client.rejection import Rejection, RequestRejected

# What the names of the tool's own topics begin with.
OURS = "__kafka_fab_"
SECONDS = 15
Assignment = Mapping[int, Sequence[int]]
NO_CONFIGS: Mapping[str, str] = {}


def create(
    cluster: Cluster, controller: Node, name: str, assignment: Assignment, configs: Mapping[str, str] = NO_CONFIGS
) -> None:
    """Create a topic with an assignment of partitions to brokers; an existing one is left as it is.

    0.8.0 has no topic configs: they are left out there.
    """
    topic = Create(name, config=configs, replicas=tuple(tuple(assignment[number]) for number in sorted(assignment)))
    version = cluster.running_release.create_topics_version
    if version is None:
        topic_znodes.create_one(cluster, topic)
        return
    ask = asking(cluster, controller, SECONDS + 5)
    _accept(create_topics.create(ask, [topic], SECONDS * 1000, version), create_topics.ALREADY_EXISTS)


def delete(cluster: Cluster, controller: Node, name: str) -> bool:
    """Delete a topic and return True, or False where the version cannot delete topics."""
    if cluster.running_release.create_topics_version is None:
        return False
    ask = asking(cluster, controller, SECONDS + 5)
    _accept(delete_topics.delete(ask, [name], SECONDS * 1000), UNKNOWN_TOPIC)
    return True


def _accept(rejected: Mapping[str, Rejection], allowed: int) -> None:
    for name, rejection in rejected.items():
        if rejection.code != allowed:
            raise RequestRejected(f"topic {name}: {rejection.reason}")
