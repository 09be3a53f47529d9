"""Roll operation: a roll with its locks, canary and record, from the first lock to the last event."""

import json as json_text
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from kafka_fab.canary.notes import Notes
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking import journal
from kafka_fab.locking.host_locks import Locks
from kafka_fab.locking.journal import Outcome
from kafka_fab.locking.lock_refusal import continuation
from kafka_fab.locking.operation_error import CANARY, DONE, GATE, INTERRUPTED, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run, new_run, stamp
from kafka_fab.operate.roll import runs
from kafka_fab.operate.roll.canary_run import CanaryRun
from kafka_fab.operate.roll.candidates import Group
from kafka_fab.operate.roll.engine import Engine
from kafka_fab.operate.roll.lag_limit import LagLimits
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.return_leaders import Leaders
from kafka_fab.operate.roll.roll_context import RollContext, begin
from kafka_fab.operate.roll.roll_events import Journal, Listener, RollEvents
from kafka_fab.operate.roll.roll_record import Record
from kafka_fab.output.signal_handlers import handled
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import LockMode
from kafka_fab.runbook.codes import RollCode

# Shows a roll while it runs.
Show = Callable[[Engine, CanaryRun], AbstractContextManager[object]]


def hidden(_engine: Engine, _canary_run: CanaryRun) -> AbstractContextManager[object]:
    """Show nothing of a roll."""
    return nullcontext()


def roll(  # noqa: PLR0913, PLR0917 - its terms
    hosts: Fleet,
    run: Run,
    options: Options,
    listeners: Sequence[Listener] = (),
    resume: bool = False,
    show: Show = hidden,
) -> Record:
    """Restart a run's targets one after the other and return the record, also of a failure."""
    events, file = RollEvents(*listeners), hosts.cluster.folder / runs.JOURNALS / f"{run.id}.jsonl"
    before = outages_of(file) if resume else {}
    began = began_of(run) if resume else time.time()
    events.listeners.append(Journal(file))
    locks = Locks(hosts, run, journal.begun(run, run.targets))
    # Reading the cluster begins while the locks are taken.
    context = begin(hosts, run, options, locks, events)
    # However the roll ends, also by a signal: nothing reads the cluster when the process does.
    with closing(context.watch):
        context.watch.begin_with(before, resume)
        return _locked_roll(context, began, resume, show)


def _locked_roll(context: RollContext, began: float, resume: bool, show: Show) -> Record:
    """Take the locks, restart, and release them; return the record."""
    hosts, run, options, locks, events = context.fleet, context.run, context.options, context.locks, context.events
    leaders = Leaders(context)
    runs.take(hosts, locks, LockMode.RESUME if resume else LockMode.NEW)
    runs.remove_other_notes(hosts.cluster, run)
    notes = Notes(runs.notes_file(hosts.cluster, run))
    canary_run = CanaryRun(hosts.cluster, options.canary, events, context.board, notes)
    canary_run.unchecked = _unchecked(run, notes, options) if resume else ""
    consumers = LagLimits(hosts.cluster, options.lags, events)
    engine = Engine(context, leaders, canary_run.begin, consumers.hold, hosts.cluster.settings.hooks)

    def restart_all() -> None:
        with _stop_on_interrupt(context):
            begun, left, done = (
                _earlier_progress(engine) if resume else ((), runs.named(hosts.cluster, run.targets), ())
            )
            for text in _said_first(canary_run, options, any(one not in begun for one in left)):
                events.emit("", "canary", text)
            engine.go(left, begun, done)

    with show(engine, canary_run):
        failure, verdict = _outcome(engine, canary_run, restart_all)
    consumers.close()
    record = engine.record(began, failure, verdict)
    record = record if verdict else replace(record, no_canary=canary_run.absent)
    code = record.code
    if code in (DONE, CANARY):
        locks.end(json_text.dumps(_summary(record)), _entry(record))
    elif not (resume or engine.touched):
        # Nothing was restarted: there is nothing to resume, and the next roll may begin.
        locks.end("", _entry(record))
    if code == DONE or not (resume or engine.touched):
        notes.remove()
    locks.release()
    events.emit("", "end", record.reason or "done", **record.as_dict())
    return record


def _said_first(canary_run: CanaryRun, options: Options, left: bool) -> Iterator[str]:
    """Yield what the canary will not prove, before the first step; `left` is whether a restart is to be begun."""
    if options.canary and canary_run.unchecked:
        yield canary_run.unchecked
    if missing := canary_run.missing(left):
        yield missing


def _entry(record: Record) -> str:
    how = Outcome(record.code, record.reason or "done", record.ended - record.began, len(record.steps))
    return journal.ended(record.run, record.run.targets, how)


def _outcome(
    engine: Engine, canary_run: CanaryRun, restart_all: Callable[[], None]
) -> tuple[OperationError | None, dict[str, Any] | None]:
    """Carry out a roll, and return why it failed, if it did, and the canary's verdict."""
    failure: OperationError | None = None
    try:
        try:
            restart_all()
        except OperationError as ended:
            failure = ended
        finally:
            engine.close()
        over = failure is None or not (engine.resumed or engine.touched)
        try:
            verdict = canary_run.end(engine.steps, over)
        except (Unreachable, RequestRejected) as error:
            return failure or _unread(engine.context.run, error), None
    except KeyboardInterrupt:
        canary_run.abort(resumable=engine.resumed or engine.touched)
        how = continuation(engine.context.run.task)
        text = f"interrupted; the current step continues on its host. Continue with `{how}`"
        return OperationError(INTERRUPTED, text, RollCode.INTERRUPTED), None
    if failure is None and verdict and not verdict["ok"]:
        words = ["canary failed", *verdict["reasons"], f"topic {verdict['topic']} is kept as evidence"]
        failure = OperationError(CANARY, "; ".join(words), RollCode.CANARY_LOSS)
    return failure, verdict


def _unread(run: Run, error: Exception) -> OperationError:
    text = (
        f"the messages of the earlier canary could not be read back: {error}; fix that, then "
        f"`{continuation(run.task)}`, or accept with --no-canary that their loss is not checked"
    )
    return OperationError(GATE, text, RollCode.CANARY_UNPROVEN)


def _earlier_progress(engine: Engine) -> tuple[Group, Group, Group]:
    """Return the services whose step runs now, all that are not done, and those that are done."""
    context, run = engine.context, engine.context.run
    found, running = runs.progress(context.fleet, run), context.locks.running_steps()
    engine.resume(found.in_sync, found.started)
    active = tuple(one for one in found.in_progress if one.unit in running.get(one.host, ()))
    todo = runs.named(context.cluster, run.targets)
    # A step that was interrupted (its host was switched off) is taken again, after a safety check.
    return active, tuple(one for one in todo if one not in found.done), found.done


def _unchecked(run: Run, notes: Notes, options: Options) -> str:
    """Return why messages of an earlier canary cannot be checked here, an empty string if they can."""
    if not run.canary:
        return ""
    if not options.canary:
        return "canary did not run after the resume (--no-canary)"
    if notes.earlier or run.machine == new_run("", ()).machine:
        return ""
    return (
        f"canary messages written before the resume were not checked: their notes are on {run.machine}, "
        f"in {runs.JOURNALS}/{run.id}.canary"
    )


def began_of(run: Run) -> float:
    """Return when a run began, in seconds since 1970; now where that is unknown."""
    try:
        return datetime.fromisoformat(run.since).timestamp()
    except ValueError:
        return time.time()


def outages_of(file: Path) -> dict[str, float]:
    """Return the outages of the earlier part of a roll, from this machine's journal."""
    events = [json_text.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    return next((event["details"]["outages"] for event in reversed(events) if "outages" in event["details"]), {})


def _summary(record: Record) -> dict[str, Any]:
    steps = [{"host": s.target.host, "unit": s.target.unit, "total": round(s.total, 2)} for s in record.steps]
    run = record.run
    return {"run": run.id, "task": run.task, "by": f"{run.user}@{run.machine}", "ended": stamp(), "steps": steps}


@contextmanager
def _stop_on_interrupt(context: RollContext) -> Iterator[None]:
    """End after the current step at the first Ctrl-C, and at once at the second one."""

    def interrupted(_signal: int, _frame: object) -> None:
        if context.stop.asked:
            raise KeyboardInterrupt
        context.stop.ask()
        # In a thread: this one may be in the middle of a write to the same stream, which cannot be entered twice.
        threading.Thread(target=announce, daemon=True).start()

    def announce() -> None:
        text = "finishing the current step first; press Ctrl-C again to end now (the step continues on its host)"
        context.events.emit("", "interrupt", text)
        context.board.notify()

    with handled(interrupted, (signal.SIGINT,)):
        yield


def report_file(path: str) -> Path | None:
    """Return the file of a report, if any; raise OperationError where it cannot be written."""
    if not path:
        return None
    file = Path(path)
    if file.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        text = f"--report {path}: cannot write a file in {file.parent}"
        raise OperationError(PREFLIGHT, text, RollCode.WRONG_SWITCH)
    return file
