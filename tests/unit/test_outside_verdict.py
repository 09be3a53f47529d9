"""Outside load: what counts as lost, reordered and duplicate, and the total of a whole run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import outside_total, outside_verdict
from tests.outside_verdict import Messages, Place

ROOT = Path(__file__).resolve().parents[2]
TEST = """
from tests import outside_total

def test_it():
    outside_total.note({"acknowledged": %d, "lost_messages": 1, "reordered": 2, "duplicates": 3, "longest_stall": %s})
"""


def at(partition: int = 0, topic: str = "orders") -> Place:
    return Place(topic, partition)


def verdict(acknowledged: dict[Place, list[int]], found: dict[Place, list[int]]) -> dict[str, Any]:
    """Return the verdict on messages whose offsets no broker has said."""
    return outside_verdict.verdict(
        {place: Messages((number, -1) for number in numbers) for place, numbers in acknowledged.items()},
        {
            place: Messages((number, offset) for offset, number in enumerate(numbers))
            for place, numbers in found.items()
        },
        [],
        0.25,
    )


def offsets(acknowledged: dict[Place, list[tuple[int, int]]], *found: int) -> dict[str, Any]:
    """Return the verdict on messages with offsets, and on those that the first partition holds."""
    there = Messages((number, offset) for offset, number in enumerate(found))
    return outside_verdict.verdict(
        {place: Messages(pairs) for place, pairs in acknowledged.items()}, {at(): there}, [], 0
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([1, 3, 5], {"lost": [], "reordered": 0, "duplicates": 0}),
        ([1, 5], {"lost": [3], "reordered": 0, "duplicates": 0}),
        ([], {"lost": [1, 3, 5], "reordered": 0, "duplicates": 0}),
        ([1, 5, 3], {"lost": [], "reordered": 1, "duplicates": 0}),
        ([1, 3, 5, 3, 5], {"lost": [], "reordered": 0, "duplicates": 2}),
        # In the log without an acknowledgement: that is allowed.
        ([1, 3, 5, 7], {"lost": [], "reordered": 0, "duplicates": 0}),
    ],
)
def test_what_was_acknowledged_must_be_found_once_and_in_order(found: list[int], expected: dict[str, Any]) -> None:
    said = verdict({at(): [1, 3, 5]}, {at(): found})
    assert {name: said[name] for name in expected} == expected
    assert said["lost_messages"] == len(expected["lost"])


@pytest.mark.parametrize("there", [at(1), at(0, "moved")])
def test_a_message_in_another_partition_or_topic_is_lost_in_its_own(there: Place) -> None:
    assert verdict({at(): [1], there: [2]}, {there: [1, 2]})["lost"] == [1]


def test_what_is_where_it_was_acknowledged_is_not_lost() -> None:
    assert offsets({at(): [(1, 0), (2, 1)]}, 1, 2, 3)["lost"] == []


@pytest.mark.parametrize("offset", [0, 2, 3])
def test_what_is_not_at_the_offset_at_which_it_was_acknowledged_is_lost(offset: int) -> None:
    assert offsets({at(): [(1, 0), (2, offset)]}, 1, 2)["lost"] == [2]


def test_of_what_was_acknowledged_at_an_unknown_offset_the_partition_counts() -> None:
    assert offsets({at(): [(1, -1)], at(1): [(2, -1)]}, 1, 2)["lost"] == [2]


def test_each_partition_and_each_topic_has_an_order_of_its_own() -> None:
    found = {at(): [1, 4], at(1): [2, 5], at(0, "moved"): [0, 3]}
    assert verdict(found, found)["reordered"] == 0


def test_a_late_message_is_named() -> None:
    said = verdict({at(): [1, 2, 3]}, {at(): [1, 3, 2, 4]})
    assert (said["reordered"], said["late"]) == (1, [2])


def test_lost_and_late_messages_and_errors_are_all_counted_and_some_named() -> None:
    said = verdict({at(): list(range(100))}, {})
    assert (said["lost_messages"], said["lost"]) == (100, list(range(20)))
    said = verdict({}, {at(): list(reversed(range(100)))})
    assert (said["reordered"], said["late"]) == (99, list(range(20)))
    said = outside_verdict.verdict({}, {}, ["no"] * 100, 0.25)
    assert (said["all_errors"], said["errors"]) == (100, ["no"] * 20)


def test_a_run_without_outside_clients_has_no_total() -> None:
    assert outside_verdict.total([]) == ""


def test_this_run_tells_it_too(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.is_registered(outside_total)


def test_the_end_of_a_run_tells_the_total_also_of_several_processes(tmp_path: Path) -> None:
    for name, values in {"a": (600_000, 1.5), "b": (500_000, 2.25)}.items():
        (tmp_path / f"test_{name}.py").write_text(TEST % values)
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-p", "tests.outside_total"]
    ended = subprocess.run(
        [*words, "--dist", "loadfile", "--rootdir", tmp_path, tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    line = (
        "1,100,000 messages of 2 outside clients acknowledged, 2 lost, 4 reordered, 6 duplicates, longest stall 2.25 s"
    )
    assert ended.stdout.count(line) == 1, ended.stdout
