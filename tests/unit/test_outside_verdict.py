"""Outside load: what counts as lost, reordered and duplicate, and the total of a whole run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import outside_total, outside_verdict

ROOT = Path(__file__).resolve().parents[2]
TEST = """
from tests import outside_total

def test_it():
    outside_total.note({"acknowledged": %d, "lost_messages": 1, "reordered": 2, "duplicates": 3, "longest_stall": %s})
"""


def verdict(acknowledged: dict[int, list[int]], found: dict[int, list[int]]) -> dict[str, Any]:
    return outside_verdict.verdict(acknowledged, found, [], 0.25)


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
    said = verdict({0: [1, 3, 5]}, {0: found})
    assert {name: said[name] for name in expected} == expected
    assert said["lost_messages"] == len(expected["lost"])


def test_a_message_in_another_partition_is_lost_in_its_own() -> None:
    assert verdict({0: [1], 1: [2]}, {1: [1, 2]})["lost"] == [1]


def test_lost_messages_are_all_counted_and_some_named() -> None:
    said = verdict({0: list(range(100))}, {})
    assert (said["lost_messages"], said["lost"]) == (100, list(range(20)))


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
