"""Disk space: the bytes that moves copy to each broker, compared with the usable bytes of its log directories."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.topics.topic_change import ValueChange, added_brokers
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live import log_dirs
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.describe_log_dirs import UNKNOWN, LogDir
from kafka_fab.live.client.rejection import RequestRejected

# Room for what producers write during the moves.
RESERVE = 1.2
Moves = Mapping[TopicPartition, ValueChange[Replicas]]
Sizes = dict[int, dict[TopicPartition, int]]


def sizes(cluster: Cluster, numbers: set[int]) -> Sizes:
    """Return the bytes of each partition on some brokers; those that do not answer are left out."""
    return {
        number: {log.topic_partition: log.size for one in found for log in one.replicas if not log.future}
        for number, found in _described(cluster, numbers).items()
    }


def needed(cluster: Cluster, moves: Moves) -> dict[TopicPartition, int]:
    """Return the bytes that each new replica of a partition takes, by its present replicas."""
    there = sizes(cluster, {number for change in moves.values() for number in change.before})
    return {
        partition: max((there.get(number, {}).get(partition, 0) for number in change.before), default=0)
        for partition, change in moves.items()
    }


def refuse_full(cluster: Cluster, moves: Moves, need: Mapping[TopicPartition, int]) -> None:
    """Raise RequestRejected where a broker has too little disk space; before 3.3 no broker reports it."""
    incoming: Counter[int] = Counter()
    for partition, change in moves.items():
        incoming.update(dict.fromkeys(added_brokers(change), need[partition]))
    for number, found in _described(cluster, set(incoming)).items():
        usable = [one.usable_bytes for one in found if one.usable_bytes != UNKNOWN]
        if usable and incoming[number] * RESERVE > sum(usable):
            text = f"broker {number} would receive {incoming[number]} bytes, but has {sum(usable)} usable"
            raise RequestRejected(f"{text}: free disk space first; nothing was moved")


def _described(cluster: Cluster, numbers: set[int]) -> dict[int, tuple[LogDir, ...]]:
    nodes = {node.broker.id: node for node in cluster.brokers if node.broker and node.broker.id in numbers}

    def look(node: Node) -> tuple[LogDir, ...]:
        try:
            return log_dirs.read(cluster, node)
        except Unreachable:
            return ()

    with ThreadPoolExecutor(max_workers=50) as pool:
        return dict(zip(nodes, pool.map(look, nodes.values()), strict=True))
