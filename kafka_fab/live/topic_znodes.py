"""Topic znodes: topics read and changed in ZooKeeper, for brokers without an admin protocol (0.8.0).

As kafka.admin.CreateTopicCommand, AddPartitionsCommand and ReassignPartitionsCommand do; the controller watches.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.topics.topic_change import AddPartitions, Create, MoveReplicas
from kafka_fab.cluster.topics.topics_state import Replicas, TopicsState, TopicState
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import NOBODY, Partition
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.live.zookeeper import four_letter_words, partition_znodes
from kafka_fab.typed_command import FAB

SECONDS, PAUSE = 20.0, 0.3


def read(cluster: Cluster) -> TopicsState:
    """Return brokers and topics, with the racks of hosts.ini, as 0.8.0 has none; raise Unreachable."""
    with four_letter_words.client(cluster) as kazoo:
        tree, targets = partition_znodes.read(kazoo), _targets(kazoo)
    racks = {node.broker.id: node.broker.rack for node in cluster.brokers if node.broker}
    by_topic: dict[str, list[Partition]] = {}
    for partition in sorted(tree.partitions, key=lambda one: one.number):
        by_topic.setdefault(partition.topic, []).append(partition)
    topics = {name: _topic(name, parts, targets, tree.moving) for name, parts in by_topic.items()}
    return TopicsState({number: racks.get(number, "") for number in tree.brokers}, topics)


def _topic(
    name: str, parts: Sequence[Partition], targets: Mapping[TopicPartition, Replicas], moving: frozenset[TopicPartition]
) -> TopicState:
    return TopicState(
        name,
        tuple(targets.get(part.topic_partition, part.replicas) for part in parts),
        tuple(part.isr for part in parts),
        tuple(part.leader for part in parts),
        moving=frozenset(part.number for part in parts if part.topic_partition in moving),
    )


def create(cluster: Cluster, topics: Sequence[Create]) -> Rejections:
    """Create topics and wait for their leaders; return which were rejected and why; raise Unreachable."""
    with four_letter_words.client(cluster) as kazoo:
        rejected = {topic.name: "already exists: run again" for topic in topics if not _create(kazoo, topic)}
    names = {topic.name for topic in topics} - rejected.keys()
    if not until(lambda: _led(cluster, names), SECONDS, PAUSE):
        text = f"has offline partitions {SECONDS:.0f} s after it was created: see `{FAB} status`"
        rejected |= dict.fromkeys(names, text)
    return rejected


def create_one(cluster: Cluster, topic: Create) -> None:
    """Create a topic without waiting for its leaders; an existing one is left as it is; raise Unreachable."""
    with four_letter_words.client(cluster) as kazoo:
        _create(kazoo, topic)


def _create(kazoo: Any, topic: Create) -> bool:
    """Create a topic and return True, or False where it already exists."""
    from kazoo.exceptions import NodeExistsError

    try:
        kazoo.create(_path(topic.name), _assignment(dict(enumerate(topic.replicas))), makepath=True)
    except NodeExistsError:
        return False
    return True


def _led(cluster: Cluster, names: Iterable[str]) -> bool:
    there = read(cluster).topics
    return all(name in there and NOBODY not in there[name].leaders for name in names)


def add_partitions(cluster: Cluster, topics: Sequence[AddPartitions]) -> Rejections:
    """Add partitions to topics; return which were rejected and why; raise Unreachable."""
    from kazoo.exceptions import BadVersionError, NoNodeError

    rejected: Rejections = {}
    with four_letter_words.client(cluster) as kazoo:
        for topic in topics:
            try:
                content, state = kazoo.get(_path(topic.name))
                there = {int(number): replicas for number, replicas in json.loads(content)["partitions"].items()}
                new = dict(enumerate(topic.replicas, topic.before))
                kazoo.set(_path(topic.name), _assignment(there | new), version=state.version)
            except (BadVersionError, NoNodeError):
                rejected[topic.name] = "was changed or deleted meanwhile: run again"
    return rejected


def begin(cluster: Cluster, moves: Sequence[MoveReplicas]) -> None:
    """Ask the controller to reassign partitions; raise Unreachable, or RequestRejected during another reassignment."""
    from kazoo.exceptions import NodeExistsError

    parts = [
        {"topic": move.name, "partition": number, "replicas": list(change.after)}
        for move in moves
        for number, change in move.changes.items()
    ]
    content = json.dumps({"version": 1, "partitions": parts}).encode()
    with four_letter_words.client(cluster) as kazoo:
        try:
            kazoo.create(partition_znodes.MOVES, content, makepath=True)
        except NodeExistsError as error:
            raise RequestRejected("another reassignment is in progress: wait until it has finished") from error


def _targets(kazoo: Any) -> dict[TopicPartition, Replicas]:
    from kazoo.exceptions import NoNodeError

    try:
        moves = json.loads(kazoo.get(partition_znodes.MOVES)[0])["partitions"]
    except NoNodeError:
        return {}
    return {TopicPartition(move["topic"], move["partition"]): tuple(move["replicas"]) for move in moves}


def _path(topic: str) -> str:
    return f"/brokers/topics/{topic}"


def _assignment(partitions: Mapping[int, Sequence[int]]) -> bytes:
    listed = {str(number): list(replicas) for number, replicas in sorted(partitions.items())}
    return json.dumps({"version": 1, "partitions": listed}).encode()
