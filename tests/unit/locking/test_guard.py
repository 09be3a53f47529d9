"""Guard: what a task does about its lock: hosts that are gone, steps at work, and what the journal is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.locking import guard as guarding
from kafka_fab.locking.guard import Guard
from kafka_fab.locking.host_locks import Held
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.runbook.codes import LockCode

LEFT = Run("20260101-120000-ab12", "bo", "lap", "2026-01-01T12:00:00+0000", "rolling-restart", ("k1:kafka",))


@dataclass
class Locks:
    """Locks of no hosts, as a test wants them."""

    hosts: Any = None
    run: Run = LEFT
    has_majority: bool = True
    absent: dict[str, str] = field(default_factory=dict)
    steps: dict[str, set[str]] = field(default_factory=dict)
    going: dict[str, str] = field(default_factory=dict)
    cut_off: Run | None = None
    error: OperationError | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)
    released: bool = False

    def take(self, _mode: str) -> None:
        if self.error:
            raise self.error

    def running_steps(self) -> dict[str, set[str]]:
        return self.steps

    def stopping(self) -> dict[str, str]:
        return self.going

    def left(self) -> Run | None:
        return self.cut_off

    def release(self) -> None:
        self.released = True

    def end_task(self, entry: str) -> None:
        self.entries.append(json.loads(entry))


def guard(monkeypatch: pytest.MonkeyPatch, locks: Locks, force: bool = False) -> Guard:
    monkeypatch.setattr(guarding, "Locks", lambda *_: locks)
    return Guard(None, "stop", ["k1"], force)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("locks", "forced", "said"),
    [
        (Locks(has_majority=False, absent={"k2": "no answer"}), True, "no more than half of the hosts can be locked"),
        (Locks(going={"k1": "kafka"}), True, "kafka on k1 is stopping: wait until it has stopped"),
        (Locks(steps={"k1": {"kafka"}}, cut_off=LEFT), False, "its step is still running on k1: wait until it ends"),
        (Locks(error=OperationError(PREFLIGHT, "the disk is full", LockCode.NOT_WRITTEN)), False, "the disk is full"),
    ],
)
def test_a_task_does_not_begin_where_another_may_be_at_work(
    locks: Locks, forced: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exit) as refused, guard(monkeypatch, locks):
        pytest.fail("it has begun")
    assert (refused.value.code, locks.released, locks.entries) == (2, True, [])
    assert said in str(refused.value.message)
    if forced:
        with guard(monkeypatch, locks, force=True):
            pass
    else:
        with pytest.raises(Exit), guard(monkeypatch, locks, force=True):
            pass


def test_an_interrupted_run_is_reported_and_passed_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with guard(monkeypatch, Locks(cut_off=LEFT)) as held:
        assert held.left == LEFT
    assert "rolling-restart 20260101-120000-ab12 by bo@lap" in capsys.readouterr().err


def test_who_holds_the_lock_is_told_also_where_nobody_tells_how_far_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Run("20260101-120000-ab12", "bo", "lap", "ten", "stop", (), progress="1 of 3 brokers stopped")
    with pytest.raises(Exit) as refused, guard(monkeypatch, Locks(error=Held("held", other))):
        pytest.fail("it has begun")
    assert refused.value.message == (
        "another operation is in progress: stop 20260101-120000-ab12 by bo@lap, since ten: 1 of 3 brokers stopped. "
        "Wait until it ends [L1]"
    )


@pytest.mark.parametrize("error", [Exit("not safe\n    R4 ...", code=3), KeyboardInterrupt(), RuntimeError("odd")])
def test_however_a_task_ends_the_journal_has_it(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = Locks()
    with pytest.raises(type(error)), guard(monkeypatch, locks):
        raise error
    [entry] = locks.entries
    wanted = {Exit: (3, "not safe"), KeyboardInterrupt: (130, "interrupted"), RuntimeError: (1, "odd")}
    assert (entry["exit"], entry["result"]) == wanted[type(error)]


def test_a_failure_that_is_no_exception_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    locks = Locks()
    with guard(monkeypatch, locks) as held:
        held.failed("k1: the broker refuses")
    assert [(entry["exit"], entry["result"]) for entry in locks.entries] == [(1, "k1: the broker refuses")]
