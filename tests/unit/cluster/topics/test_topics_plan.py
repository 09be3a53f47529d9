"""The planner of topics: from what is there to what the file says, by the fewest moves, and then nothing more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.topics.config_diff import same
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Quota, Topic, entity_of
from kafka_fab.cluster.topics.quota_changes import plan as plan_limits
from kafka_fab.cluster.topics.replica_assignment import assign, resize
from kafka_fab.cluster.topics.topic_change import (
    AddPartitions,
    Change,
    Configure,
    Create,
    Delete,
    MoveReplicas,
    Note,
    QuotaChange,
    RejectedChange,
    ValueChange,
)
from kafka_fab.cluster.topics.topic_rules import THROTTLES
from kafka_fab.cluster.topics.topics_plan import plan
from kafka_fab.cluster.topics.topics_state import ReplicaCount, Replicas, TopicsState, TopicState
from tests.unit.cluster.topics.topics_model import applied

RACKS = {1: "a", 2: "b", 3: "c"}
NAMES = ("a", "b.c", "orders", "__consumer_offsets")


def live(*topics: TopicState, racks: dict[int, str] = RACKS) -> TopicsState:
    return TopicsState(racks, {topic.name: topic for topic in topics})


def planned(found: TopicsState, *topics: Topic, delete: bool = False, ours: bool = False) -> list[object]:
    return list(plan(DesiredTopics(topics), found, delete, ours))


def refused(found: TopicsState, *topics: Topic) -> str:
    [step] = planned(found, *topics)
    assert isinstance(step, RejectedChange)
    return step.text


# What it does


def test_a_new_topic_is_left_to_the_controller_s_placing() -> None:
    topic = Topic("t", 3, 2, {"retention.ms": "1"})
    assert planned(live(), topic) == [Create("t", 3, 2, {"retention.ms": "1"})]


def test_a_new_topic_without_numbers_gets_the_brokers_defaults() -> None:
    assert planned(live(), Topic("t")) == [Create("t")]


def test_a_topic_as_it_should_be_needs_nothing() -> None:
    found = live(TopicState("t", ((1, 2), (2, 3)), config={"retention.ms": "1"}))
    assert planned(found, Topic("t", 2, 2, {"retention.ms": "1"})) == []
    assert planned(found, Topic("t", config={"retention.ms": "1"})) == []


def test_what_the_file_does_not_name_is_left_alone() -> None:
    assert planned(live(TopicState("other", ((1,),), config={"retention.ms": "1"}))) == []


def test_a_config_that_the_file_does_not_name_is_reset_and_a_default_that_it_names_is_set() -> None:
    found = live(TopicState("t", ((1,),), config={"retention.ms": "1"}))
    wanted = Topic("t", config={"cleanup.policy": "delete"})
    turns = {"cleanup.policy": ValueChange(None, "delete"), "retention.ms": ValueChange("1", None)}
    assert planned(found, wanted) == [Configure("t", turns)]


def test_throttles_are_no_drift() -> None:
    found = live(TopicState("t", ((1,),), config=dict.fromkeys(THROTTLES, "0:1")))
    assert planned(found, Topic("t")) == []


def test_what_the_brokers_have_set_of_their_own_topics_stays() -> None:
    found = live(TopicState("__consumer_offsets", ((1,),), config={"cleanup.policy": "compact"}))
    assert planned(found, Topic("__consumer_offsets")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("0.50", "0.5"), ("compact, delete", "compact,delete"), ("TRUE", "true"), ("1e3", "1000"), ("1", "1")],
)
def test_spellings_of_one_value(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), [("9223372036854775807", "9223372036854775806"), ("lz4", "zstd")])
def test_values_that_differ(one: str, other: str) -> None:
    assert not same(one, other)


def test_more_partitions_come_with_a_word_on_keys() -> None:
    grow, note = planned(live(TopicState("t", ((1,), (2,)))), Topic("t", 3))
    assert grow == AddPartitions("t", 2, 3)
    assert isinstance(note, Note)
    assert "keys, if its messages have any, map to other partitions" in note.text


def test_a_compacted_topic_has_keys() -> None:
    found = live(TopicState("t", ((1,),), config={"cleanup.policy": "compact"}))
    *_, note = planned(found, Topic("t", 2, config={"cleanup.policy": "compact"}))
    assert isinstance(note, Note)
    assert "its keys (it is compacted) map to other partitions" in note.text


def test_fewer_partitions_are_refused_with_the_way_out() -> None:
    assert "Set 2, or create a new topic" in refused(live(TopicState("t", ((1,), (2,)))), Topic("t", 1))


def test_more_replicas_than_brokers_that_are_up_are_refused() -> None:
    found = live(TopicState("t", ((1,),)), racks={1: "", 2: ""})
    assert "2 are up" in refused(found, Topic("t", 1, 3))
    assert "2 are up" in refused(found, Topic("new", 1, 3))
    assert "broker 3 of its placement is down" in refused(found, Topic("t", placement=((1, 3),)))


def test_a_name_that_metrics_cannot_tell_from_another_is_refused() -> None:
    assert "collides with topic a_b" in refused(live(TopicState("a_b", ((1,),))), Topic("a.b", 1, 1))


def test_partitions_of_the_brokers_own_topics_are_not_added() -> None:
    found = live(TopicState("__transaction_state", ((1,),)))
    assert "remove `partitions`" in refused(found, Topic("__transaction_state", 2))


def test_nothing_is_moved_while_others_move() -> None:
    found = live(TopicState("t", ((1,),)), TopicState("u", ((1,), (2,)), moving=frozenset({1})))
    assert "while u-1 are being reassigned" in refused(found, Topic("t", 1, 2))
    assert planned(found, Topic("u", 2, 1)) == []


def test_a_topic_goes_only_where_that_is_asked_for_twice() -> None:
    found = live(TopicState("t", ((1,),)))
    [note] = planned(found, Topic("t", absent=True))
    assert isinstance(note, Note)
    assert planned(found, Topic("t", absent=True), delete=True) == [Delete("t")]
    assert planned(live(), Topic("t", absent=True), delete=True) == []


def test_more_in_sync_replicas_are_asked_for_only_when_they_are_there() -> None:
    found = live(TopicState("t", ((1,),)))
    steps = planned(found, Topic("t", 2, 3, {"min.insync.replicas": "2"}))
    assert [type(step) for step in steps] == [MoveReplicas, Configure, AddPartitions, Note]


def test_fewer_in_sync_replicas_are_asked_for_before_they_go() -> None:
    found = live(TopicState("t", ((1, 2, 3),), config={"min.insync.replicas": "2"}))
    steps = planned(found, Topic("t", 1, 1, {"min.insync.replicas": "1"}))
    assert [type(step) for step in steps] == [Configure, MoveReplicas]


def test_explicit_placement_wins_and_its_order_counts() -> None:
    found = live(TopicState("t", ((1, 2), (2, 3))))
    [move] = planned(found, Topic("t", placement=((2, 1), (2, 3))))
    assert move == MoveReplicas("t", {0: ValueChange((1, 2), (2, 1))})
    assert isinstance(move, MoveReplicas)
    assert move.added_replicas == 0


def test_who_is_behind_goes_first_and_the_preferred_leader_stays() -> None:
    topic = TopicState("t", ((1, 2, 3),), (frozenset({1, 2}),))
    assert resize(topic, 2, RACKS, ReplicaCount()) == {0: (1, 2)}
    topic = TopicState("t", ((1, 2, 3),), (frozenset({2, 3}),))
    assert resize(topic, 2, RACKS, ReplicaCount()) == {0: (2, 3)}


def test_the_rack_that_is_there_twice_gives() -> None:
    assert resize(TopicState("t", ((1, 2, 3),)), 2, {1: "a", 2: "a", 3: "b"}, ReplicaCount()) == {0: (1, 3)}


# Quotas


def test_quotas_are_set_changed_and_ended() -> None:
    alice, nightly = entity_of("alice", ""), entity_of("alice", "nightly")
    wanted = DesiredTopics(quotas=(Quota(alice, {"producer_byte_rate": 5.0}), Quota(nightly, absent=True)))
    found = {alice: {"consumer_byte_rate": 7.0, "SCRAM-SHA-512": 1.0}, nightly: {"request_percentage": 1.0}}
    limit, note = plan_limits(wanted, found)
    assert limit == QuotaChange(
        "user alice",
        alice,
        {"producer_byte_rate": ValueChange(None, 5.0), "consumer_byte_rate": ValueChange(7.0, None)},
    )
    assert isinstance(note, Note)
    *_, end = plan_limits(wanted, found, delete=True)
    assert end == QuotaChange(
        "user alice client-id nightly", nightly, {"request_percentage": ValueChange(1.0, None)}, removes=True
    )
    assert plan_limits(DesiredTopics(quotas=(Quota(alice, {"a": 1.0}),)), {}) == ()


# For any cluster and any file


@st.composite
def clusters(draw: st.DrawFn) -> TopicsState:
    """Brokers, some of them without a rack of their own, and topics of any placement."""
    count = draw(st.integers(1, 6))
    racks = {number: draw(st.sampled_from(("", "a", "b", "c"))) for number in range(1, count + 1)}
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    return live(*(draw(topics_of(name, sorted(racks))) for name in names), racks=racks)


@st.composite
def topics_of(draw: st.DrawFn, name: str, brokers: list[int]) -> TopicState:
    copies = draw(st.integers(1, len(brokers)))
    partition = st.permutations(brokers).map(lambda order: tuple(order[:copies]))
    replicas = tuple(draw(st.lists(partition, min_size=1, max_size=5)))
    return TopicState(name, replicas, config=draw(configs))


configs = st.dictionaries(st.sampled_from(("retention.ms", "min.insync.replicas", "x")), st.sampled_from("12"))


@st.composite
def files(draw: st.DrawFn, brokers: int) -> DesiredTopics:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return DesiredTopics(tuple(draw(wants(name, brokers)) for name in names))


@st.composite
def wants(draw: st.DrawFn, name: str, brokers: int) -> Topic:
    config = draw(configs)
    if draw(st.integers(0, 3)) == 0:
        return Topic(name, absent=True)
    if draw(st.integers(0, 2)) == 0:
        copies = draw(st.integers(1, brokers))
        placed = st.permutations(range(1, brokers + 1)).map(lambda order: tuple(order[:copies]))
        return Topic(name, config=config, placement=tuple(draw(st.lists(placed, min_size=1, max_size=6))))
    return Topic(name, draw(st.integers(0, 6)), draw(st.integers(0, brokers)), config)


@st.composite
def cases(draw: st.DrawFn) -> tuple[TopicsState, DesiredTopics, bool, bool]:
    found = draw(clusters())
    return found, draw(files(len(found.brokers))), draw(st.booleans()), draw(st.booleans())


@given(cases())
def test_the_plan_brings_what_the_file_says_and_then_there_is_none(
    case: tuple[TopicsState, DesiredTopics, bool, bool],
) -> None:
    found, wanted, delete, ours = case
    wanted = replace(wanted, topics=tuple(_said(topic) for topic in wanted.topics)) if ours else wanted
    steps = plan(wanted, found, delete, ours)
    refusals = {step.name for step in steps if isinstance(step, RejectedChange)}
    after = applied(found, steps)
    assert not [step for step in plan(wanted, after, delete, ours) if isinstance(step, Change)]
    for topic in wanted.topics:
        if topic.name not in refusals:
            _holds(topic, found, after, delete)
    for name in after.topics.keys() - {topic.name for topic in wanted.topics}:
        assert after.topics[name] == found.topics[name]


def _said(topic: Topic) -> Topic:
    if topic.absent or topic.placement:
        return topic
    return replace(topic, partitions=topic.partitions or 1, replication=topic.replication or 1)


def _holds(topic: Topic, before: TopicsState, after: TopicsState, delete: bool) -> None:
    if topic.absent:
        assert (topic.name in after.topics) == (topic.name in before.topics and not delete)
        return
    found = after.topics[topic.name]
    assert not topic.partition_count or len(found.replicas) == topic.partition_count
    assert not topic.replica_count or {len(replicas) for replicas in found.replicas} == {topic.replica_count}
    assert not topic.placement or found.replicas == topic.placement
    assert topic.config.items() <= found.config.items()
    assert topic.name.startswith("__") or found.config == topic.config


@given(cases())
def test_no_replica_moves_that_need_not(case: tuple[TopicsState, DesiredTopics, bool, bool]) -> None:
    found, wanted, delete, ours = case
    placed = {topic.name for topic in wanted.topics if topic.placement}
    for step in plan(wanted, found, delete, ours):
        if isinstance(step, MoveReplicas) and step.name not in placed:
            for before, after in step.changes.values():
                grown = len(after) > len(before)
                assert after[: len(before)] == before if grown else set(after) < set(before)
                assert after[0] == before[0], "the preferred leader stays"


@given(clusters(), st.integers(1, 6))
def test_racks_are_used_as_far_as_the_copies_reach(found: TopicsState, copies: int) -> None:
    if copies > len(found.brokers):
        return
    racks = found.brokers
    for topic in found.topics.values():
        for number, after in resize(topic, copies, racks, found.load()).items():
            before = topic.replicas[number]
            there, most = len({racks[n] for n in before}), len(set(racks.values()))
            reached = min(most, there + copies - len(before)) if len(after) > len(before) else min(there, copies)
            assert len({racks[n] for n in after}) == reached


@given(clusters(), st.integers(1, 30), st.integers(1, 6))
def test_our_placing_spreads_leaders_and_racks(found: TopicsState, count: int, copies: int) -> None:
    racks = found.brokers
    copies = min(copies, len(racks))
    placed = assign(count, copies, racks, found.load())
    leaders = Counter(replicas[0] for replicas in placed)
    assert max(leaders.values()) - min(leaders[number] for number in racks) <= 1
    for replicas in placed:
        assert len(set(replicas)) == copies
        assert len({racks[number] for number in replicas}) == min(copies, len(set(racks.values())))


@given(st.integers(1, 8), st.integers(1, 40), st.integers(1, 3))
def test_copies_lie_evenly_where_no_rack_stands_in_the_way(brokers: int, count: int, copies: int) -> None:
    copies = min(copies, brokers)
    placed: tuple[Replicas, ...] = assign(count, copies, dict.fromkeys(range(brokers), ""), ReplicaCount())
    load = Counter(number for replicas in placed for number in replicas)
    assert max(load.values()) - min(load[number] for number in range(brokers)) <= 1
