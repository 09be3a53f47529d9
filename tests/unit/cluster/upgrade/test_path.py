"""The path between two versions: each hop is one upgrade, or the migration, and none is skipped."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.upgrade import path
from kafka_fab.cluster.upgrade.path import Mode, NoPath, Stage

ZOOKEEPER = (
    "0.8.0",
    "0.8.2.2",
    "0.11.0.3",
    "1.1.1",
    "2.3.1",
    "2.4.0",
    "2.8.2",
    "3.0.2",
    "3.5.2",
    "3.6.0",
    "3.9.0",
    "3.9.1",
)
KRAFT = ("3.0.2", "3.3.2", "3.6.0", "3.9.1", "3.9.2", "4.0.0", "4.3.1")
STAGES = st.one_of(
    st.builds(Stage, st.sampled_from(ZOOKEEPER), st.just(Mode.ZOOKEEPER)),
    st.builds(Stage, st.sampled_from(KRAFT), st.just(Mode.KRAFT)),
)


def zookeeper(version: str) -> Stage:
    return Stage(version, Mode.ZOOKEEPER)


def kraft(version: str) -> Stage:
    return Stage(version, Mode.KRAFT)


@pytest.mark.parametrize(
    ("start", "end", "line"),
    [
        (zookeeper("2.8.2"), kraft("4.3.1"), "2.8.2 -> 3.9.1 -> KRaft -> 4.3.1"),
        (zookeeper("0.8.0"), kraft("4.3.1"), "0.8.0 -> 2.8.2 -> 3.9.1 -> KRaft -> 4.3.1"),
        (zookeeper("0.8.0"), zookeeper("2.8.2"), "0.8.0 -> 2.8.2"),
        (zookeeper("0.8.0"), zookeeper("3.9.1"), "0.8.0 -> 2.8.2 -> 3.9.1"),
        (zookeeper("2.3.1"), zookeeper("3.5.2"), "2.3.1 -> 3.5.2"),
        (zookeeper("2.8.2"), zookeeper("3.9.1"), "2.8.2 -> 3.9.1"),
        (zookeeper("3.9.0"), kraft("4.3.1"), "3.9.0 -> KRaft -> 4.3.1"),
        (zookeeper("3.6.0"), kraft("3.9.2"), "3.6.0 -> 3.9.2 -> KRaft"),
        (kraft("3.9.1"), kraft("4.3.1"), "3.9.1 -> 4.3.1"),
        (kraft("3.3.2"), kraft("4.3.1"), "3.3.2 -> 4.3.1"),
        (kraft("3.0.2"), kraft("4.3.1"), "3.0.2 -> 3.9.1 -> 4.3.1"),
        (kraft("4.3.1"), kraft("4.3.1"), "4.3.1"),
    ],
)
def test_the_hops_in_a_line(start: Stage, end: Stage, line: str) -> None:
    assert path.text(path.path(start, end)) == line


@given(STAGES, STAGES)
def test_a_path_goes_forward_hop_by_hop_and_never_to_what_does_not_exist(start: Stage, end: Stage) -> None:
    try:
        stages = path.path(start, end)
    except NoPath:
        return
    assert (stages[0], stages[-1]) == (start, end)
    assert len(set(stages)) == len(stages) <= 5
    for before, after in pairwise(stages):
        # One hop changes the version or the mode, never both, and is a path of its own.
        assert (before.mode is after.mode) == (before.numbers < after.numbers)
        assert path.path(before, after) == (before, after)
        assert (after.mode is Mode.KRAFT) or (before.mode is Mode.ZOOKEEPER and after.numbers < (4,))
    if start.mode is not end.mode:
        migrated = next(stage for stage in stages if stage.mode is Mode.KRAFT)
        assert migrated.numbers[:2] == (3, 9)


@given(STAGES, STAGES)
def test_what_cannot_be_done_at_once_says_what_to_write(start: Stage, end: Stage) -> None:
    reason = path.refusal(start, end)
    try:
        stages = path.path(start, end)
    except NoPath:
        assert reason
        return
    assert (reason == "") == (len(stages) <= 2 and start.mode is end.mode)
    assert not reason or f"version: {stages[1].version}" in reason


@given(STAGES, STAGES)
def test_an_older_version_is_no_upgrade(start: Stage, end: Stage) -> None:
    if end.numbers < start.numbers:
        assert "a downgrade is not possible" in path.refusal(start, end)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (zookeeper("2.8.2"), kraft("4.3.1"), "Write `version: 3.9.1` and [zookeeper] in hosts.ini first"),
        (zookeeper("0.8.0"), zookeeper("3.9.1"), "0.8.0 -> 2.8.2 -> 3.9.1. Write `version: 2.8.2` first"),
        (zookeeper("3.9.1"), kraft("4.3.1"), "the next step is the migration of 3.9.1 from ZooKeeper to KRaft"),
        (zookeeper("2.8.2"), kraft("3.6.0"), "the way to KRaft leads through 3.9.1"),
        (kraft("3.9.1"), zookeeper("3.9.1"), "cannot go back to ZooKeeper"),
        (zookeeper("3.9.1"), zookeeper("4.3.1"), "4.3.1 has no ZooKeeper mode"),
        (kraft("4.3.1"), kraft("3.9.1"), "3.9.1 is older than 4.3.1"),
    ],
)
def test_refusals(start: Stage, end: Stage, words: str) -> None:
    assert words in path.refusal(start, end)
