"""Partition znodes: brokers and partitions read from ZooKeeper, all at once."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NO_EPOCH, NOBODY, ControllerEpochs, Partition

SECONDS = 5
# Reassignments as clients before 2.4 write them; 0.8.0 has no others.
MOVES = "/admin/reassign_partitions"
IDENTITY = "/cluster/id"
CONTROLLER, CONTROLLER_EPOCH, DELETING = "/controller", "/controller_epoch", "/admin/delete_topics"


@dataclass(frozen=True)
class ZnodeTree:
    """Brokers and partitions in ZooKeeper; `moving` has the partitions that are being reassigned.

    `brokers` has the rack of each that is registered, `registered` the transaction (czxid) that did it; `identity` is
    the cluster's id, which versions before 0.10.1 do not have. `kraft` is whether a KRaft controller holds /controller
    (during a migration); `deleting` has the topics that are being deleted.
    """

    brokers: Mapping[int, str]
    registered: Mapping[int, int]
    controller: int
    partitions: tuple[Partition, ...]
    moving: frozenset[TopicPartition]
    identity: str = ""
    kraft: bool = False
    epochs: ControllerEpochs | None = None
    deleting: frozenset[str] = frozenset()


def read(kazoo: Any) -> ZnodeTree:
    """Return brokers with their racks, controller and partitions, all after a sync with the leader."""
    # With a timeout: kazoo waits forever while no server answers.
    kazoo.sync_async("/").get(timeout=SECONDS)
    numbers, topics, deleting = _children(kazoo, "/brokers/ids", "/brokers/topics", DELETING)
    ids = {int(n): seen for n, seen in zip(numbers, _seen(kazoo, [f"/brokers/ids/{n}" for n in numbers]), strict=True)}
    moves, controller, identity = _all(kazoo, [MOVES, CONTROLLER, IDENTITY])
    assigned = dict(zip(topics, _all(kazoo, [f"/brokers/topics/{topic}" for topic in topics]), strict=True))
    partitions, epochs = _partitions(kazoo, assigned)
    kraft = int(controller.get("kraftControllerEpoch", NO_EPOCH)) != NO_EPOCH
    asked = {TopicPartition(move["topic"], move["partition"]) for move in moves.get("partitions", [])}
    return ZnodeTree(
        brokers={number: str(data.get("rack") or "") for number, (data, _) in ids.items() if data},
        registered={number: made for number, (data, made) in ids.items() if data},
        controller=int(controller.get("brokerid", NOBODY)),
        partitions=partitions,
        moving=frozenset(asked | {p.topic_partition for p in partitions if p.adding or p.removing}),
        identity=str(identity.get("id", "")),
        kraft=kraft,
        # A KRaft controller writes its own epoch into partitions, and leaves /controller_epoch as it was.
        epochs=None if kraft else epochs,
        deleting=frozenset(deleting),
    )


def _partitions(kazoo: Any, assigned: Mapping[str, dict[str, Any]]) -> tuple[tuple[Partition, ...], ControllerEpochs]:
    """Return the partitions, and the controller's epoch with the highest one that has written any of them."""
    keys = [
        TopicPartition(topic, int(number)) for topic, data in assigned.items() for number in data.get("partitions", {})
    ]
    paths = [f"/brokers/topics/{topic}/partitions/{number}/state" for topic, number in keys]
    # The epoch is read after all that was written with it: a controller elected meanwhile cannot seem too old.
    *states, current = _contents(kazoo, [*paths, CONTROLLER_EPOCH])
    found = [json.loads(text) if text else {} for text in states]
    written = max((int(state.get("controller_epoch", NO_EPOCH)) for state in found), default=NO_EPOCH)
    epochs = ControllerEpochs(int(current or b"0"), written)
    return tuple(_partition(key, assigned[key.topic], state) for key, state in zip(keys, found, strict=True)), epochs


def _partition(key: TopicPartition, data: Mapping[str, Any], state: Mapping[str, Any]) -> Partition:
    number = str(key.partition)
    return Partition(
        *key,
        # A partition without a state has never had a leader.
        leader=int(state.get("leader", NOBODY)),
        replicas=tuple(data["partitions"][number]),
        isr=frozenset(state.get("isr", ())),
        adding=frozenset(data.get("adding_replicas", {}).get(number, ())),
        removing=frozenset(data.get("removing_replicas", {}).get(number, ())),
        epoch=int(state.get("leader_epoch", NO_EPOCH)),
    )


def _children(kazoo: Any, *paths: str) -> list[list[str]]:
    """Return the names of several znodes' children, pipelined; none for missing ones."""
    from kazoo.exceptions import NoNodeError

    found = []
    for answer in [kazoo.get_children_async(path) for path in paths]:
        try:
            found.append(sorted(answer.get(timeout=SECONDS)))
        except NoNodeError:
            found.append([])
    return found


def _contents(kazoo: Any, paths: Iterable[str]) -> list[bytes]:
    """Return what many znodes hold, pipelined; nothing for missing ones."""
    return [text for text, _ in [_read(answer) for answer in [kazoo.get_async(path) for path in paths]]]


def _all(kazoo: Any, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the content of many znodes, pipelined; empty for missing ones."""
    return [content for content, _ in _seen(kazoo, paths)]


def _seen(kazoo: Any, paths: Iterable[str]) -> list[tuple[dict[str, Any], int]]:
    """Return the content of many znodes, and the transaction that created each."""
    return [_content(answer) for answer in [kazoo.get_async(path) for path in paths]]


def _content(answer: Any) -> tuple[dict[str, Any], int]:
    text, made = _read(answer)
    content: dict[str, Any] = json.loads(text) if text else {}
    return content, made


def _read(answer: Any) -> tuple[bytes, int]:
    """Return what a znode holds, and the transaction that created it; nothing and 0 for a missing one."""
    from kazoo.exceptions import NoNodeError

    try:
        text, stat = answer.get(timeout=SECONDS)
    except NoNodeError:
        return b"", 0
    return text, stat.czxid
