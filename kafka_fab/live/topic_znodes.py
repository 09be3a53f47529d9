"""Topic znodes: read and changed there, for brokers without an admin protocol (0.8.0).

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
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.live.zookeeper import four_letter_words, partition_znodes
from kafka_fab.typed_command import FAB

SECONDS, PAUSE = 20.0, 0.3


def read(cluster: Cluster) -> TopicsState:
    """Return brokers and topics; racks are those of hosts.ini, which 0.8.0 has none of; raise Unreachable."""
    with four_letter_words.client(cluster) as kazoo:
        tree, targets = partition_znodes.read(kazoo), _targets(kazoo)
    racks = {node.broker.id: node.broker.rack for node in cluster.brokers if node.broker}
    by_topic: dict[str, list[Partition]] = {}
    for partition in sorted(tree.partitions, key=lambda one: one.number):
        by_topic.setdefault(partition.topic, []).append(partition)
    topics = {name: _found(name, parts, targets, tree.moving) for name, parts in by_topic.items()}
    return TopicsState({number: racks.get(number, "") for number in tree.brokers}, topics)


def _found(
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
    """Create topics and wait for their leaders; return who was refused and why; raise Unreachable."""
    from kazoo.exceptions import NodeExistsError

    refused: Rejections = {}
    with four_letter_words.client(cluster) as kazoo:
        for topic in topics:
            try:
                kazoo.create(_path(topic.name), _assigned(dict(enumerate(topic.replicas))), makepath=True)
            except NodeExistsError:
                refused[topic.name] = "somebody else has just made it: run again"
    names = {topic.name for topic in topics} - refused.keys()
    if not until(lambda: _led(cluster, names), SECONDS, PAUSE):
        refused |= dict.fromkeys(names, f"has no leader for each partition after {SECONDS:.0f} s: see `{FAB} status`")
    return refused


def _led(cluster: Cluster, names: Iterable[str]) -> bool:
    there = read(cluster).topics
    return all(name in there and NOBODY not in there[name].leaders for name in names)


def grow(cluster: Cluster, topics: Sequence[AddPartitions]) -> Rejections:
    """Add partitions to topics; return who was refused and why; raise Unreachable."""
    from kazoo.exceptions import BadVersionError, NoNodeError

    refused: Rejections = {}
    with four_letter_words.client(cluster) as kazoo:
        for topic in topics:
            try:
                content, state = kazoo.get(_path(topic.name))
                there = {int(number): replicas for number, replicas in json.loads(content)["partitions"].items()}
                new = dict(enumerate(topic.replicas, topic.before))
                kazoo.set(_path(topic.name), _assigned(there | new), version=state.version)
            except (BadVersionError, NoNodeError):
                refused[topic.name] = "somebody else has just changed it: run again"
    return refused


def begin(cluster: Cluster, moves: Sequence[MoveReplicas]) -> None:
    """Ask the controller to move partitions; raise Unreachable, or RequestRejected while others are being moved."""
    from kazoo.exceptions import NodeExistsError

    parts = [
        {"topic": move.name, "partition": number, "replicas": list(after)}
        for move in moves
        for number, (_, after) in move.changes.items()
    ]
    content = json.dumps({"version": 1, "partitions": parts}).encode()
    with four_letter_words.client(cluster) as kazoo:
        try:
            kazoo.create(partition_znodes.MOVES, content, makepath=True)
        except NodeExistsError as error:
            raise RequestRejected("other partitions are being moved already: wait for their end") from error


def _targets(kazoo: Any) -> dict[TopicPartition, Replicas]:
    from kazoo.exceptions import NoNodeError

    try:
        moves = json.loads(kazoo.get(partition_znodes.MOVES)[0])["partitions"]
    except NoNodeError:
        return {}
    return {TopicPartition(move["topic"], move["partition"]): tuple(move["replicas"]) for move in moves}


def _path(topic: str) -> str:
    return f"/brokers/topics/{topic}"


def _assigned(partitions: Mapping[int, Sequence[int]]) -> bytes:
    told = {str(number): list(replicas) for number, replicas in sorted(partitions.items())}
    return json.dumps({"version": 1, "partitions": told}).encode()
