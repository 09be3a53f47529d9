"""Disk space: the bytes that moves copy to each broker, held against what its disks have free."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.log_dirs import UNKNOWN, LogDir, directories
from kafka_fab.live.topic import RequestRejected

# What is written meanwhile takes room, too.
SPARE = 1.2
Turns = Mapping[TopicPartition, tuple[Replicas, Replicas]]
Sizes = dict[int, dict[TopicPartition, int]]


def sizes(cluster: Cluster, numbers: set[int]) -> Sizes:
    """Return the bytes of each partition on some brokers; those that are silent are left out."""
    return {
        number: {log.topic_partition: log.size for one in found for log in one.replicas if not log.future}
        for number, found in _asked(cluster, numbers).items()
    }


def needed(cluster: Cluster, turns: Turns) -> dict[TopicPartition, int]:
    """Return the bytes that each new copy of a partition takes, as its present brokers tell them."""
    there = sizes(cluster, {number for before, _ in turns.values() for number in before})
    return {
        place: max((there.get(number, {}).get(place, 0) for number in before), default=0)
        for place, (before, _) in turns.items()
    }


def refuse_full(cluster: Cluster, turns: Turns, need: Mapping[TopicPartition, int]) -> None:
    """Raise RequestRejected where a broker has less room than what it gets, with some to spare; before 3.3 none
    tells.
    """
    gets: Counter[int] = Counter()
    for place, (before, after) in turns.items():
        gets.update(dict.fromkeys(set(after) - set(before), need[place]))
    for number, found in _asked(cluster, set(gets)).items():
        free = [one.usable_bytes for one in found if one.usable_bytes != UNKNOWN]
        if free and gets[number] * SPARE > sum(free):
            text = f"broker {number} gets {gets[number]} bytes, and its disks have {sum(free)} free"
            raise RequestRejected(f"{text}: make room first; nothing was moved")


def _asked(cluster: Cluster, numbers: set[int]) -> dict[int, tuple[LogDir, ...]]:
    nodes = {node.broker.id: node for node in cluster.brokers if node.broker and node.broker.id in numbers}

    def look(node: Node) -> tuple[LogDir, ...]:
        try:
            return directories(cluster, node)
        except Unreachable:
            return ()

    with ThreadPoolExecutor(max_workers=50) as pool:
        return dict(zip(nodes, pool.map(look, nodes.values()), strict=True))
