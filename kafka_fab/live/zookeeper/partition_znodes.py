"""Partition znodes: brokers and partitions read from ZooKeeper, all at once."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NOBODY, Partition

SECONDS = 5
# Reassignments as clients before 2.4 write them; 0.8.0 has no others.
MOVES = "/admin/reassign_partitions"
IDENTITY = "/cluster/id"


@dataclass(frozen=True)
class ZnodeTree:
    """Brokers and partitions in ZooKeeper; `moving` has the partitions that are being reassigned.

    `brokers` has the rack of each that is registered, `registered` the transaction (czxid) that did it; `identity` is
    the cluster's id, which versions before 0.10.1 do not have.
    """

    brokers: Mapping[int, str]
    registered: Mapping[int, int]
    controller: int
    partitions: tuple[Partition, ...]
    moving: frozenset[TopicPartition]
    identity: str = ""


def read(kazoo: Any) -> ZnodeTree:
    """Return brokers with their racks, controller and partitions, all after a sync with the leader."""
    # With a timeout: kazoo waits forever while no server answers.
    kazoo.sync_async("/").get(timeout=SECONDS)
    numbers, topics = _children(kazoo, "/brokers/ids"), _children(kazoo, "/brokers/topics")
    ids = {int(n): seen for n, seen in zip(numbers, _seen(kazoo, [f"/brokers/ids/{n}" for n in numbers]), strict=True)}
    moves, controller, identity = _all(kazoo, [MOVES, "/controller", IDENTITY])
    assigned = dict(zip(topics, _all(kazoo, [f"/brokers/topics/{topic}" for topic in topics]), strict=True))
    partitions = tuple(_partitions(kazoo, assigned))
    asked = {TopicPartition(move["topic"], move["partition"]) for move in moves.get("partitions", [])}
    return ZnodeTree(
        brokers={number: str(data.get("rack") or "") for number, (data, _) in ids.items() if data},
        registered={number: made for number, (data, made) in ids.items() if data},
        controller=int(controller.get("brokerid", NOBODY)),
        partitions=partitions,
        moving=frozenset(asked | {p.topic_partition for p in partitions if p.adding or p.removing}),
        identity=str(identity.get("id", "")),
    )


def _partitions(kazoo: Any, assigned: Mapping[str, dict[str, Any]]) -> Iterator[Partition]:
    keys = [
        TopicPartition(topic, int(number)) for topic, data in assigned.items() for number in data.get("partitions", {})
    ]
    paths = [f"/brokers/topics/{topic}/partitions/{number}/state" for topic, number in keys]
    for (topic, number), state in zip(keys, _all(kazoo, paths), strict=True):
        data, key = assigned[topic], str(number)
        yield Partition(
            topic,
            number,
            # A partition without a state has never had a leader.
            leader=int(state.get("leader", NOBODY)),
            replicas=tuple(data["partitions"][key]),
            isr=frozenset(state.get("isr", ())),
            adding=frozenset(data.get("adding_replicas", {}).get(key, ())),
            removing=frozenset(data.get("removing_replicas", {}).get(key, ())),
        )


def _children(kazoo: Any, path: str) -> list[str]:
    from kazoo.exceptions import NoNodeError

    try:
        return sorted(kazoo.get_children_async(path).get(timeout=SECONDS))
    except NoNodeError:
        return []


def _all(kazoo: Any, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the content of many znodes, pipelined; empty for missing ones."""
    return [content for content, _ in _seen(kazoo, paths)]


def _seen(kazoo: Any, paths: Iterable[str]) -> list[tuple[dict[str, Any], int]]:
    """Return the content of many znodes, and the transaction that created each."""
    return [_content(answer) for answer in [kazoo.get_async(path) for path in paths]]


def _content(answer: Any) -> tuple[dict[str, Any], int]:
    from kazoo.exceptions import NoNodeError

    try:
        text, stat = answer.get(timeout=SECONDS)
    except NoNodeError:
        return {}, 0
    content: dict[str, Any] = json.loads(text) if text else {}
    return content, stat.czxid
