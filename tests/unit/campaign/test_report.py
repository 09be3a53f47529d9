"""Reports: the table, the totals, and what ends a campaign with an error."""

from typing import Any

import pytest

from tests.campaign.report import Report, Row
from tests.outside_verdict import verdict

FINE: dict[str, Any] = {
    "acknowledged": 100, "lost": [], "lost_messages": 0, "late": [], "reordered": 0, "duplicates": 0,
    "errors": [], "all_errors": 0, "longest_stall": 1.5,
}  # fmt: skip


def test_a_table_has_a_line_for_each_step_the_totals_and_the_seed() -> None:
    rows = [Row(1, "roll", "tool killed at 3 s", 2, 61.0, 60, 1.5), Row(2, "upgrade", "", 1, 70.2, 40, 0.5)]
    assert Report(17, "kraft", rows, FINE).text().splitlines() == [
        "step  operation  faults              tries  seconds  acknowledged  longest stall  result",
        "   1  roll       tool killed at 3 s      2    61.00            60           1.50  ok",
        "   2  upgrade    none                    1    70.20            40           0.50  ok",
        "100 messages acknowledged, 0 lost, 0 reordered, 0 duplicates, 0 errors",
        "longest stall 1.50 s; 2 operations",
        "seed 17, kraft",
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"lost": [7], "lost_messages": 1}, "1 messages lost, such as [7]"),
        ({"late": [7, 8], "reordered": 2}, "2 messages reordered, such as [7, 8]"),
    ],
)
def test_a_message_that_is_lost_or_reordered_is_a_failure(found: dict[str, Any], said: str) -> None:
    report = Report(17, "kraft", [], FINE | found)
    assert report.failures == [said]
    assert f"FAILED: {said}" in report.text()


def test_a_duplicate_or_a_message_that_was_not_acknowledged_is_none() -> None:
    assert Report(17, "kraft", [], FINE | {"duplicates": 1}).failures == []
    assert Report(17, "kraft", [], FINE | {"errors": ["no"], "all_errors": 1}).failures == []


def test_what_is_wrong_after_a_step_is_a_failure() -> None:
    report = Report(17, "kraft", [Row(3, "roll", "", problems=("a lock is held",))], FINE)
    assert report.failures == ["step 3, roll: a lock is held"]


def test_the_report_counts_what_the_client_counts() -> None:
    assert FINE.keys() == verdict({}, {}, [], 0.0).keys()


def test_a_campaign_without_a_message_proves_nothing() -> None:
    assert Report(17, "kraft", []).failures == ["no message was acknowledged"]
