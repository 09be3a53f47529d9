"""The canary's start beside the gate's wait: since when it is there, said once where it is not, never left alone."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.canary import canary, canary_topic
from kafka_fab.canary.notes import Notes
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.roll import runs
from kafka_fab.operate.roll.canary_run import CanaryRun, clean_up
from kafka_fab.operate.roll.roll_events import RollEvent, RollEvents
from kafka_fab.operate.roll.signal_board import Signal


class Bird:
    """A canary of which only the end is of interest."""

    def __init__(self) -> None:
        self.aborted = threading.Event()
        self.made = time.monotonic()

    def abort(self) -> None:
        self.aborted.set()


def proof(
    monkeypatch: pytest.MonkeyPatch, start: Callable[[], Any], told: list[RollEvent], wanted: bool = True
) -> CanaryRun:
    monkeypatch.setattr(canary, "start", lambda _, notes: start())
    return CanaryRun(object(), wanted, RollEvents(told.append), Signal(), Notes(Path("/nonexistent")))  # type: ignore[arg-type]


def settled(one: CanaryRun) -> float:
    """Ask until it is not starting any more; the work itself is done at once."""
    ready = one.begin()
    while math.isinf(ready):
        ready = one.begin()
    return ready


def test_it_starts_in_the_background_and_is_there_from_a_moment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    go, told = threading.Event(), list[RollEvent]()

    def start() -> Bird:
        go.wait(10)
        return Bird()

    one = proof(monkeypatch, start, told)
    assert math.isinf(one.begin())
    assert math.isinf(one.begin())
    go.set()
    ready = settled(one)
    assert 0 < ready < math.inf
    assert one.begin() == ready
    assert [event.kind for event in told] == ["canary"]


def test_one_that_cannot_start_is_said_once_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, told = list[int](), list[RollEvent]()

    def start() -> Bird:
        tries.append(1)
        raise Unreachable("k1:9092 timed out")

    one = proof(monkeypatch, start, told)
    assert [settled(one), settled(one)] == [0.0, 0.0]
    assert len(tries) == 2
    assert [event.text for event in told] == [
        "canary not started: k1:9092 timed out; trying again before the next step [R38]"
    ]


def test_where_none_is_wanted_none_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proof(monkeypatch, pytest.fail, [], wanted=False).begin() == 0.0


def test_one_that_was_still_starting_when_all_ended_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    go, bird = threading.Event(), Bird()

    def start() -> Bird:
        go.wait(10)
        return bird

    one = proof(monkeypatch, start, [])
    one.begin()
    one.abort(resumable=False)
    go.set()
    assert bird.aborted.wait(10)
    assert one.absent == "canary interrupted while it was starting; message loss is not checked"


def test_why_there_is_no_canary_is_said_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, unwanted = (proof(monkeypatch, Bird, [], one) for one in (True, False))
    assert wanted.missing(left=True) == ""
    assert wanted.missing(left=False).startswith("no canary: every restart was begun before; ")
    assert [unwanted.missing(left) for left in (True, False)] == [
        "no canary (--no-canary); message loss is not checked"
    ] * 2


def test_why_there_is_no_verdict_is_said_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> Bird:
        raise Unreachable("k1:9092 timed out")

    wanted, unwanted = (proof(monkeypatch, Bird, [], one) for one in (True, False))
    assert wanted.absent == "canary did not run: no restart was begun; message loss is not checked"
    assert unwanted.absent == "canary did not run (--no-canary); message loss is not checked"
    failed = proof(monkeypatch, unreachable, [])
    settled(failed)
    assert failed.absent == "canary did not run: k1:9092 timed out; message loss is not checked"
    # One did run, in an earlier part of the roll.
    monkeypatch.setattr(wanted._notes, "earlier", ("one",))
    assert wanted.absent == (
        "canary did not run: no restart was begun; messages of the earlier canary are checked when the roll has ended"
    )
    unwanted.unchecked = "their notes are on desk"
    assert unwanted.absent.startswith("their notes are on desk; ")


def test_a_canary_that_was_interrupted_did_run(monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for resumable in (True, False):
        bird = Bird()
        one = proof(monkeypatch, lambda bird=bird: bird, [])  # type: ignore[misc]
        settled(one)
        one.abort(resumable)
        assert bird.aborted.is_set()
        said.append(one.absent)
    assert said == [
        "canary interrupted: its messages are checked at the end of the resumed roll",
        "canary interrupted: no restart was begun",
    ]


def test_where_no_canary_runs_those_of_before_are_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, unwanted = (proof(monkeypatch, Bird, [], one) for one in (True, False))
    for one in (wanted, unwanted):
        monkeypatch.setattr(one._notes, "earlier", ("one",))
        said = one.missing(left=False)
        assert said.endswith("; messages of the earlier canary are checked when the roll has ended")
        assert one.absent.endswith("; messages of the earlier canary are checked when the roll has ended")
    assert wanted.absent.startswith("canary did not run: every restart was begun before; ")

    def unread(*_: object) -> None:
        raise Unreachable("a cannot be resolved")

    monkeypatch.setattr(canary, "judge_earlier", unread)
    assert unwanted.end((), over=True) is None
    assert unwanted.absent.endswith("; message loss is not checked")


# Notes of what is over


def noted(folder: Path, run: str) -> Path:
    """Leave notes as a canary that was killed does."""
    (folder / runs.JOURNALS).mkdir(exist_ok=True)
    file = folder / runs.JOURNALS / f"{run}.canary"
    Notes(file).begin(b"12345678", {0: 0}, 1.0)
    return file


def test_a_roll_that_is_given_up_leaves_no_notes_where_no_broker_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: object) -> None:
        raise Unreachable("no broker answers: start them first (fab start)")

    monkeypatch.setattr(canary_topic, "remove", silent)
    file = noted(tmp_path, "r1")
    assert clean_up(object(), Notes(file)).startswith("topic __kafka_fab_canary was not deleted: no broker answers")  # type: ignore[arg-type]
    assert not file.exists()


def test_who_holds_the_locks_removes_the_notes_of_all_other_runs(tmp_path: Path) -> None:
    mine, other = noted(tmp_path, "r2"), noted(tmp_path, "r1")
    cluster, run = SimpleNamespace(folder=tmp_path), replace(new_run("rolling-restart", ()), id="r2")
    runs.remove_other_notes(cluster, run)  # type: ignore[arg-type]
    assert (mine.exists(), other.exists()) == (True, False)


def test_a_canary_that_comes_too_late_writes_no_notes(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "r1.canary")
    notes.remove()
    notes.begin(b"12345678", {0: 0}, 1.0)
    notes.measured(2.0)
    assert not notes.file.exists()


@pytest.mark.parametrize("wanted", [True, False])
def test_messages_of_an_earlier_canary_that_cannot_be_read_are_no_fault_of_ours(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> None:
        raise Unreachable("a cannot be resolved")

    monkeypatch.setattr(canary, "judge_earlier", unread)
    one = proof(monkeypatch, Bird, [], wanted)
    monkeypatch.setattr(one._notes, "earlier", ("one",))
    with pytest.raises(Unreachable) if wanted else nullcontext():
        assert one.end((), over=True) is None
