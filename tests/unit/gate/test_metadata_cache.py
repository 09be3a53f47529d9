"""Metadata caches: empty, other and stale ones by example, and any by what a broker must have missed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.metadata_cache import ExpectedMetadata, MetadataCache, by_most, compared, in_zookeeper
from kafka_fab.gate.state import NO_EPOCH, NOBODY
from tests.unit.gate.clusters import dice, rarely, subset

A0, A1, B0 = TopicPartition("a", 0), TopicPartition("a", 1), TopicPartition("b", 0)
EPOCHS = {A0: 4, A1: 7, B0: 2}
IN_ZOOKEEPER = in_zookeeper(EPOCHS, 3)


def text(cache: MetadataCache, expected: ExpectedMetadata = IN_ZOOKEEPER) -> str:
    return "; ".join(f"{one.text} [{one.code}]" for one in compared({2: cache}, expected))


FALSE = {
    "broker 2 is registered but serves no topics: its metadata is empty, the cluster has 3 partitions of 2 topics. "
    "Wait until the controller has sent its metadata; if that lasts, see the broker's log [R53]": MetadataCache({}),
    "broker 2 has metadata of 2 partitions of 2 topics, the cluster has 3 partitions of 2 topics (a-1 missing): it "
    "does not follow the controller. Wait until it does; if that lasts, restart it alone [R54]": (
        MetadataCache({A0: 4, B0: 2}, 3)
    ),
    "(a-0 and 1 more missing, c-0 added): it does not": MetadataCache({B0: 2, TopicPartition("c", 0): 0}, 3),
    "broker 2 has metadata of 1 partition of 1 topic, ": MetadataCache({A0: 4}),
    "broker 2 has stale metadata: leader epoch 3 of a-0 and 1 more, the newest is 4. What it reports as in sync may "
    "not be in sync [R55]": MetadataCache({A0: 3, A1: 5, B0: 2}, 3),
    ": broker 1 as the controller, which is broker 3. What": MetadataCache(EPOCHS, 1),
    ": no broker as the controller, which is broker 3. What": MetadataCache(EPOCHS, NOBODY),
    "broker 2 has stale metadata: 12 records, 8 s behind. What": MetadataCache(EPOCHS, 3, "12 records, 8 s behind"),
}


@pytest.mark.parametrize(("words", "cache"), FALSE.items(), ids=FALSE)
def test_what_an_operator_reads(words: str, cache: MetadataCache) -> None:
    assert words in text(cache)


@pytest.mark.parametrize("epochs", [EPOCHS, EPOCHS | {A0: 5}, EPOCHS | {A1: NO_EPOCH}])
def test_metadata_that_is_the_clusters_or_newer_than_the_reading(epochs: dict[TopicPartition, int]) -> None:
    assert not text(MetadataCache(epochs, 3))


def test_a_cluster_without_topics_is_not_empty() -> None:
    assert not compared({1: MetadataCache({}, 3), 2: MetadataCache({}, 3)}, in_zookeeper({}, 3))
    assert not compared({1: MetadataCache({}), 2: MetadataCache({})}, by_most({1: MetadataCache({})}))


OWN = TopicPartition("__kafka_fab_canary", 0)


@pytest.mark.parametrize("having", [(1,), (1, 2), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("others", [EPOCHS, {}])
def test_a_topic_of_our_own_that_is_just_made_or_deleted_may_be_there_or_not(
    having: tuple[int, ...], others: dict[TopicPartition, int]
) -> None:
    caches = {n: MetadataCache(others | ({OWN: 0} if n in having else {})) for n in (1, 2, 3)}
    assert not compared(caches, by_most(caches, OWN.topic[:12]))
    assert not compared(caches, in_zookeeper(others | {OWN: 0}, own=OWN.topic[:12]))


def test_a_topic_of_others_counts_beside_our_own_and_alone_is_counted() -> None:
    caches = {n: MetadataCache(EPOCHS | ({OWN: 0} if n < 3 else {})) for n in (1, 2)} | {
        3: MetadataCache({A0: 4, OWN: 0})
    }
    [found] = compared(caches, by_most(caches, OWN.topic[:12]))
    assert "broker 3 has metadata of 1 partition of 1 topic, the cluster has 3 partitions of 2 topics" in found.text


@pytest.mark.parametrize("epoch", [2, NO_EPOCH])
def test_a_partition_that_is_just_made_or_deleted_may_be_there_or_not(epoch: int) -> None:
    deleting = () if epoch == NO_EPOCH else ("b",)
    expected = in_zookeeper(EPOCHS | {B0: epoch}, deleting=deleting)
    assert not text(MetadataCache({A0: 4, A1: 7}), expected)
    assert not text(MetadataCache(EPOCHS), expected)
    assert "[R54]" in text(MetadataCache({A0: 4, B0: 2}), expected)


def test_without_zookeeper_the_controller_is_not_compared() -> None:
    caches = {number: MetadataCache(EPOCHS, number) for number in (1, 2, 3)}
    assert not compared(caches, by_most(caches))


def test_without_zookeeper_most_are_right_and_an_empty_one_never_is() -> None:
    full, fewer, nothing = MetadataCache(EPOCHS), MetadataCache({A0: 4}), MetadataCache({})

    def wrong(*caches: MetadataCache) -> list[tuple[int, str]]:
        asked = dict(enumerate(caches, 1))
        return [(one.broker, one.code) for one in compared(asked, by_most(asked))]

    assert wrong(nothing, nothing, full) == [(1, "R53"), (2, "R53")]
    assert wrong(fewer, full, full) == [(1, "R54")]
    assert wrong(fewer, fewer, full) == [(3, "R54")]
    assert wrong(full, fewer) == [(2, "R54")]
    assert wrong(full, MetadataCache({A0: 4, A1: 6, B0: 2})) == [(2, "R55")]
    assert wrong(nothing, nothing) == []


@given(dice())
def test_a_broker_is_named_if_and_only_if_it_has_missed_something(dice: Random) -> None:
    """Play changes through: each reaches the brokers that the controller reaches."""
    brokers, made = range(1, dice.randint(2, 5)), dict[TopicPartition, int]()
    caches: dict[int, dict[TopicPartition, int]] = {broker: {} for broker in brokers}
    missed: set[int] = set()
    for number in range(dice.randint(1, 8)):
        changed = dice.choice([TopicPartition("new", number), *made])
        made[changed] = made.get(changed, -1) + 1
        unreached = subset(dice, brokers) if rarely(dice) else frozenset[int]()
        for broker in brokers:
            if broker in missed | unreached:
                missed.add(broker)
            else:
                caches[broker][changed] = made[changed]
    found = compared({n: MetadataCache(epochs) for n, epochs in caches.items()}, in_zookeeper(made))
    assert {one.broker for one in found} == missed
    assert all((one.code == "R53") == (not caches[one.broker]) for one in found)
