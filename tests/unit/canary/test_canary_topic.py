"""The canary's topic: each broker leads a partition, replicas lie across racks, nobody holds more than others."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.canary.canary_topic import PARTITIONS, LeaderAndReplicas, assignment, complete

calm = settings(deadline=None)  # other work on the machine is no failure
CLUSTERS = st.dictionaries(st.integers(0, 1000), st.sampled_from(["", "a", "b", "c", "d"]), min_size=1, max_size=40)


@calm
@given(CLUSTERS)
def test_each_broker_leads_one_and_has_its_replicas_elsewhere(racks: dict[int, str]) -> None:
    assigned = assignment(racks)
    assert sorted(replicas[0] for replicas in assigned.values()) == sorted(racks)
    for replicas in assigned.values():
        assert len(set(replicas)) == len(replicas) == min(3, len(racks))
        assert len({racks[number] for number in replicas}) == min(len(replicas), len(set(racks.values())))


@pytest.mark.parametrize(("count", "names"), [(3, "abc"), (6, "ab"), (9, "abc"), (12, "abcd"), (7, "a")])
def test_replicas_are_shared_out_evenly(count: int, names: str) -> None:
    assigned = assignment({number: names[number % len(names)] for number in range(count)})
    held = Counter(number for replicas in assigned.values() for number in replicas)
    assert set(held.values()) == {min(3, count)}


def test_of_many_brokers_some_that_lie_evenly_lead() -> None:
    assigned = assignment({number: f"r{number % 3}" for number in range(100)})
    assert PARTITIONS / 2 < len(assigned) <= PARTITIONS
    assert len({replicas[0] for replicas in assigned.values()}) == len(assigned)


def placed(*replicas: tuple[int, ...]) -> dict[int, LeaderAndReplicas]:
    return {number: LeaderAndReplicas(each[0], each) for number, each in enumerate(replicas)}


@pytest.mark.parametrize(
    ("there", "serves"),
    [
        (placed((1, 2, 3), (2, 3, 1), (3, 1, 2)), True),
        (placed((3, 1, 2), (1, 2, 3), (2, 1, 3)), True),
        (placed((1, 2, 3), (2, 3, 1)), False),
        (placed((1, 2), (2, 3), (3, 1)), False),
        (placed((1, 2, 9), (2, 3, 1), (3, 1, 2)), False),
        (placed((1, 2, 3), (2, 3, 1), (3, 1, 2), (4, 1, 2)), True),
    ],
)
def test_one_that_is_there_serves_or_not(there: dict[int, LeaderAndReplicas], serves: bool) -> None:
    wanted = assignment({1: "a", 2: "b", 3: "c"})
    assert complete(there, wanted, frozenset({1, 2, 3, 4})) == serves
