"""Rolling restart: what is to be restarted, the locks, the roll itself, and how it ended."""

import json as json_text
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from kafka_fab.canary.notes import Notes
from kafka_fab.locking import journal
from kafka_fab.locking.host_locks import Locks
from kafka_fab.locking.journal import Outcome
from kafka_fab.locking.operation_error import CANARY, DONE, INTERRUPTED, PREFLIGHT, OperationError
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
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import NEW, RESUME
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

# Shows a roll as long as it lasts.
Show = Callable[[Engine, CanaryRun], AbstractContextManager[object]]


def unseen(_engine: Engine, _proof: CanaryRun) -> AbstractContextManager[object]:
    """Show nothing of a roll."""
    return nullcontext()


def roll(  # noqa: PLR0913, PLR0917 - its terms
    hosts: Fleet,
    run: Run,
    options: Options,
    listeners: Sequence[Listener] = (),
    resume: bool = False,
    show: Show = unseen,
) -> Record:
    """Restart a run's targets one after the other and return how it went; the record tells also of a failure."""
    tale, file = RollEvents(*listeners), hosts.cluster.folder / runs.JOURNALS / f"{run.id}.jsonl"
    before = outages_of(file) if resume else {}
    began = began_of(run) if resume else time.time()
    tale.listeners.append(Journal(file))
    held = Locks(hosts, run, journal.begun(run, run.targets))
    # The cluster is read from now on, while the locks are taken.
    context = begin(hosts, run, options, held, tale)
    context.watch.begin_with(before, resume)
    leaders = Leaders(context)
    _lock(context, RESUME if resume else NEW)
    runs.forget_others(hosts.cluster, run)
    notes = Notes(runs.notes_file(hosts.cluster, run))
    proof = CanaryRun(hosts.cluster, options.canary, tale, context.board, notes)
    proof.unjudged = _unjudged(run, notes, options) if resume else ""
    consumers = LagLimits(hosts.cluster, options.lags, tale)
    engine = Engine(context, leaders, proof.begin, consumers.hold)

    def go() -> None:
        with _asked_to_stop(context):
            begun, left, done = _begun(engine) if resume else ((), runs.named(hosts.cluster, run.targets), ())
            engine.go(left, begun, done)

    with show(engine, proof):
        code, reason, verdict = _outcome(engine, proof, go)
    consumers.close()
    record = engine.record(began, code, reason, verdict)
    if code in (DONE, CANARY):
        held.end(json_text.dumps(_summary(record)), _entry(record))
    elif not (resume or engine.touched):
        # Nothing was begun: there is nothing to go on with, and the next one may begin anew.
        held.end("", _entry(record))
    if code == DONE or not (resume or engine.touched):
        notes.remove()
    held.release()
    tale.tell("", "end", reason or "done", **record.as_dict())
    return record


def _entry(record: Record) -> str:
    how = Outcome(record.code, record.reason or "done", record.ended - record.began, len(record.steps))
    return journal.ended(record.run, record.run.targets, how)


def _lock(context: RollContext, mode: str) -> None:
    """Take the locks of a roll; look no more at the cluster where they are not to be had."""
    try:
        runs.take(context.fleet, context.locks, mode)
    except OperationError:
        context.watch.close()
        raise


def _outcome(engine: Engine, proof: CanaryRun, go: Callable[[], None]) -> tuple[int, str, dict[str, Any] | None]:
    """Carry a roll out, and return its exit code, the reason, and the canary's verdict."""
    code, reason = DONE, ""
    try:
        try:
            go()
        except OperationError as ended:
            code, reason = ended.exit_code, ended.text
        finally:
            engine.close()
        over = code == DONE or not (engine.resumed or engine.touched)
        verdict = proof.end(engine.steps, over)
    except KeyboardInterrupt:
        proof.abort()
        return (
            INTERRUPTED,
            coded(f"interrupted at once: go on by `{FAB} rolling-restart --resume`", RollCode.INTERRUPTED),
            None,
        )
    if code == DONE and verdict and not verdict["ok"]:
        words = ["the canary has not proven it", *verdict["reasons"], f"topic {verdict['topic']} is kept"]
        code, reason = CANARY, coded("; ".join(words), RollCode.CANARY_LOSS)
    return code, reason, verdict


def _begun(engine: Engine) -> tuple[Group, Group, Group]:
    """Return what is on its way on its host at this moment, all that is not done yet, and what is done."""
    context, run = engine.context, engine.context.run
    found, under_way = runs.progress(context.fleet, run), context.locks.under_way()
    engine.goes_on(found.back, found.started)
    active = tuple(one for one in found.under_way if one.unit in under_way.get(one.host, ()))
    todo = runs.named(context.cluster, run.targets)
    # One whose step has ended half-way (its host was switched off meanwhile) is done again, through the gate.
    return active, tuple(one for one in todo if one not in found.done), found.done


def _unjudged(run: Run, notes: Notes, options: Options) -> str:
    """Return in a sentence what a canary of before has written that nobody here can judge."""
    if not run.canary:
        return ""
    if not options.canary:
        return "no canary was at work after the roll was gone on with: --no-canary"
    if notes.earlier or run.machine == new_run("", ()).machine:
        return ""
    return (
        f"what the canary wrote before the roll was gone on with was not judged: its notes are on {run.machine}, "
        f"in {runs.JOURNALS}/{run.id}.canary"
    )


def began_of(run: Run) -> float:
    """Return when a run began, in seconds since 1970; now where that is not known."""
    try:
        return datetime.fromisoformat(run.since).timestamp()
    except ValueError:
        return time.time()


def outages_of(file: Path) -> dict[str, float]:
    """Return the outages that this machine's journal tells of the earlier part of a roll."""
    told = [json_text.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    return next((event["details"]["outages"] for event in reversed(told) if "outages" in event["details"]), {})


def _summary(record: Record) -> dict[str, Any]:
    steps = [{"host": s.target.host, "unit": s.target.unit, "total": round(s.total, 2)} for s in record.steps]
    run = record.run
    return {"run": run.id, "task": run.task, "by": f"{run.user}@{run.machine}", "ended": stamp(), "steps": steps}


@contextmanager
def _asked_to_stop(context: RollContext) -> Iterator[None]:
    """Take the first Ctrl-C for the wish to end after the step that is under way; the second one ends at once."""

    def asked(_signal: int, _frame: object) -> None:
        if context.stop.asked:
            raise KeyboardInterrupt
        context.stop.ask()
        context.tale.tell("", "interrupt", "the step under way is finished first; Ctrl-C again leaves it to its host")
        context.board.tell()

    try:
        before = signal.signal(signal.SIGINT, asked)
    except ValueError:  # not in the main thread: there is no Ctrl-C to take
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def report_file(path: str) -> Path | None:
    """Return the file that a report goes to, if one is wanted; raise OperationError where it cannot be written."""
    if not path:
        return None
    file = Path(path)
    if file.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        text = f"--report {path}: no such file can be written in {file.parent}"
        raise OperationError(PREFLIGHT, text, RollCode.WRONG_SWITCH)
    return file
