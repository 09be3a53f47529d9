"""The lock's pure parts: the journal of operations, how far another one is, and what a second operator is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.locking import journal, lock_refusal
from kafka_fab.locking.guard import outcome
from kafka_fab.locking.journal import JournalEntry, Outcome, begun, ended, merged
from kafka_fab.locking.run_record import Run, run_of
from kafka_fab.operate.history import show_history

RUN = Run("20260101-120000-ab12", "ana", "desk", "2026-01-01T12:00:00+0000", "stop", ())
ROLL = replace(RUN, task="rolling-restart", targets=("k1:kafka", "k2:kafka", "k3:kafka"))


def test_an_operation_that_has_ended_is_one_entry_with_all_that_is_known() -> None:
    lines = [begun(RUN, ["k1"]), ended(RUN, ["k1"], Outcome(0, "done", 1.239))]
    [entry] = merged({"k1": lines, "k2": lines[:1], "k3": lines[1:]})
    assert (entry.run, entry.task, entry.by, entry.planned, entry.of) == (RUN.id, "stop", "ana@desk", ("k1",), 1)
    assert (entry.exit, entry.result, entry.seconds, entry.hosts) == (0, "done", 1.24, ("k1", "k2", "k3"))


def test_one_without_an_end_was_cut_off_unless_it_is_at_work() -> None:
    lines = {"k1": [begun(RUN, ["k1"])]}
    assert merged(lines)[0].result == "interrupted"
    assert merged(lines, current=RUN.id)[0].result == "in progress"


def test_an_end_tells_all_where_the_beginning_is_gone() -> None:
    [entry] = merged({"k1": [ended(ROLL, ROLL.targets, Outcome(3, "the gate stayed shut\nwith reasons", done=1))]})
    assert (entry.task, entry.of, entry.done, entry.result) == ("rolling-restart", 3, 1, "the gate stayed shut")


def test_the_newest_operation_comes_first() -> None:
    runs = [replace(RUN, id=f"2026010{day}-120000-aaaa") for day in (2, 1, 3)]
    entries = merged({"k1": [begun(run, []) for run in runs]})
    assert [entry.run[7] for entry in entries] == ["3", "2", "1"]


@given(st.lists(st.text()), st.text(max_size=300))
def test_no_line_is_too_broken_to_be_read(lines: list[str], result: str) -> None:
    good = ended(RUN, ["k1"], Outcome(1, result))
    assert "\n" not in good
    found = merged({"k1": [*lines, good, good[: len(good) // 2], "[1]", '{"run": 5}', "null"]})
    assert [entry.run for entry in found if entry.run == RUN.id] == [RUN.id]


def test_what_was_planned_is_bounded() -> None:
    planned = [f"host{number}" for number in range(1000)]
    words = json.loads(ended(RUN, planned, Outcome(1, "x" * 5000)))
    assert (len(words["planned"]), words["of"], len(words["result"])) == (journal.NAMED, 1000, journal.LONGEST)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (None, (0, "done")),
        (Exit("not safe", code=3), (3, "not safe")),
        (Exit(code=1), (1, "failed")),
        (KeyboardInterrupt(), (130, "interrupted")),
        (ValueError("odd"), (1, "odd")),
    ],
)
def test_how_a_task_ends_is_in_its_entry(error: BaseException | None, wanted: tuple[int, str]) -> None:
    how = outcome(error)
    assert (how.code, how.result) == wanted


def test_only_what_is_seen_to_be_back_counts_as_restarted() -> None:
    told = {"k1:kafka": {"phase": "in-sync"}, "k2:kafka": {"phase": "started"}, "k3:kafka": {"phase": "stopping"}}
    assert (
        lock_refusal.progress_text(ROLL, told) == "1 of 3 restarted, 1 started but not seen in sync, now restarting k3"
    )
    assert lock_refusal.progress_text(ROLL, {}) == "0 of 3 restarted"


def test_the_progress_of_a_task_is_in_its_own_words() -> None:
    words = dict(word.split("=", 1) for word in RUN.words().split("\n"))
    assert run_of(words | {"progress": "1_of_3_brokers_stopped"}).progress == "1 of 3 brokers stopped"


def test_the_table_tells_who_did_what_from_where() -> None:
    entry = JournalEntry(
        "r1", "stop", "ana@desk", "ten", ("k1", "k2", "k3", "k4", "k5"), 5, None, "noon", 2.0, 0, "done"
    )
    heading, row = show_history.text([entry]).splitlines()
    assert heading.split() == ["run", "task", "by", "planned", "began", "seconds", "exit", "result"]
    assert " ".join(row.split()) == "r1 stop ana@desk k1, k2, k3, k4, and 1 more ten 2.00 0 done"
    assert show_history.text([]) == "no operations recorded"
