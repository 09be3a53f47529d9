"""Metadata cache: what one broker answers to clients, compared with the cluster's: is it empty, other, or stale? Pure.

A broker can be registered and serve no topic, and one that the controller does not reach keeps old answers: in both
cases it calls nothing under-replicated.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NO_EPOCH, NOBODY, FalseMetadata
from kafka_fab.runbook.codes import RollCode

Epochs = Mapping[TopicPartition, int]


@dataclass(frozen=True)
class MetadataCache:
    """What one broker answers: the leader epoch of each partition, and with ZooKeeper the controller.

    `behind` is how far it is behind the quorum's leader, as that one says; an empty string where it keeps up.
    """

    epochs: Epochs
    controller: int = NOBODY
    behind: str = ""


@dataclass(frozen=True)
class ExpectedMetadata:
    """What each broker should answer: the partitions with their newest leader epochs, and the controller.

    A broker may have the `optional` partitions or not. Without a controller here its answer does not matter.
    """

    partitions: frozenset[TopicPartition]
    epochs: Epochs
    optional: frozenset[TopicPartition] = frozenset()
    controller: int = NOBODY


def in_zookeeper(
    epochs: Epochs, controller: int = NOBODY, deleting: Collection[str] = (), own: str = ""
) -> ExpectedMetadata:
    """Return what brokers should answer by what ZooKeeper holds; `own` is the name prefix of the tool's own topics.

    A partition that has never had a leader, or whose topic is being deleted or is the tool's own, is optional.
    """
    optional = _own(epochs, own) | {one for one, epoch in epochs.items() if epoch == NO_EPOCH or one.topic in deleting}
    return ExpectedMetadata(frozenset(epochs) - optional, epochs, optional, controller)


def by_most(caches: Mapping[int, MetadataCache], own: str = "") -> ExpectedMetadata:
    """Return what brokers should answer: the partitions that most of them have, each with its newest leader epoch.

    An empty cache is never right; of as many brokers, those with more partitions are. Those of the tool's `own` topics,
    which it makes and deletes all the time, are optional.
    """
    optional = frozenset(one for cache in caches.values() for one in _own(cache.epochs, own))
    found = Counter(frozenset(cache.epochs) - optional for cache in caches.values())
    usual = max(found, key=lambda one: (bool(one), found[one], len(one)), default=frozenset[TopicPartition]())
    newest: dict[TopicPartition, int] = {}
    for cache in caches.values():
        for one, epoch in cache.epochs.items():
            newest[one] = max(epoch, newest.get(one, NO_EPOCH))
    return ExpectedMetadata(usual, newest, optional)


def _own(epochs: Epochs, prefix: str) -> frozenset[TopicPartition]:
    return frozenset(one for one in epochs if prefix and one.topic.startswith(prefix))


def compared(caches: Mapping[int, MetadataCache], expected: ExpectedMetadata) -> tuple[FalseMetadata, ...]:
    """Return the brokers whose metadata is not the cluster's, and how it differs."""
    return tuple(
        FalseMetadata(broker, code, f"broker {broker} {text}")
        for broker, cache in sorted(caches.items())
        for code, text in _differences(cache, expected)
    )


def _differences(cache: MetadataCache, expected: ExpectedMetadata) -> Iterator[tuple[RollCode, str]]:
    """Yield the first of: empty, other, stale."""
    here = frozenset(cache.epochs) - expected.optional
    if expected.partitions and not here:
        yield RollCode.EMPTY_METADATA, _empty(expected)
    elif here != expected.partitions:
        yield RollCode.OTHER_METADATA, _other(here, expected)
    elif why := _old_epoch(cache, expected) or _other_controller(cache, expected) or cache.behind:
        yield RollCode.STALE_METADATA, f"has stale metadata: {why}. What it reports as in sync may not be in sync"


def _empty(expected: ExpectedMetadata) -> str:
    return (
        f"is registered but serves no topics: its metadata is empty, the cluster has {_counted(expected.partitions)}. "
        "Wait until the controller has sent its metadata; if that lasts, see the broker's log"
    )


def _other(here: frozenset[TopicPartition], expected: ExpectedMetadata) -> str:
    missing, added = expected.partitions - here, here - expected.partitions
    differs = [f"{_named(missing)} missing"] if missing else []
    differs += [f"{_named(added)} added"] if added else []
    return (
        f"has metadata of {_counted(here)}, the cluster has {_counted(expected.partitions)} ({', '.join(differs)}): "
        "it does not follow the controller. Wait until it does; if that lasts, restart it alone"
    )


def _old_epoch(cache: MetadataCache, expected: ExpectedMetadata) -> str:
    if cache.epochs == expected.epochs:
        return ""
    old = [one for one, epoch in cache.epochs.items() if NO_EPOCH < epoch < expected.epochs.get(one, epoch)]
    if not old:
        return ""
    first = min(old)
    return f"leader epoch {cache.epochs[first]} of {_named(old)}, the newest is {expected.epochs[first]}"


def _other_controller(cache: MetadataCache, expected: ExpectedMetadata) -> str:
    if expected.controller in (NOBODY, cache.controller):
        return ""
    named = "no broker" if cache.controller == NOBODY else f"broker {cache.controller}"
    return f"{named} as the controller, which is broker {expected.controller}"


def _counted(partitions: Collection[TopicPartition]) -> str:
    number, topics = len(partitions), len({one.topic for one in partitions})
    return f"{number} partition{'s' * (number != 1)} of {topics} topic{'s' * (topics != 1)}"


def _named(partitions: Collection[TopicPartition]) -> str:
    more = f" and {len(partitions) - 1} more" if len(partitions) > 1 else ""
    return f"{min(partitions)}{more}"
