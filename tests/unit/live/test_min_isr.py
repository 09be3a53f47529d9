"""What a partition requires in sync: its topic's min.insync.replicas, or all of its replicas where it has fewer."""

from __future__ import annotations

import pytest

from kafka_fab.cluster.release import release
from kafka_fab.gate.state import Partition
from kafka_fab.live.topic_min_isr import TopicMinIsr, with_min_isr

ONE = Partition("t", 0, 1, (1,), frozenset({1}))
THREE = Partition("t", 1, 1, (1, 2, 3), frozenset({1, 2}))


@pytest.mark.parametrize(
    ("version", "required"), [("2.8.2", [2, 2]), ("3.6.0", [2, 2]), ("3.9.1", [1, 2]), ("4.3.1", [1, 2])]
)
def test_no_more_than_its_replicas_from_3_9_on(version: str, required: list[int]) -> None:
    line = release.of(version)
    assert line
    found = with_min_isr([ONE, THREE], {"t": TopicMinIsr(2, False)}, line.caps_min_isr)
    assert [one.min_isr for one in found] == required
