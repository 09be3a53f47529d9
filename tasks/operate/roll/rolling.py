"""Rolling restart: what is to be restarted, the locks, the roll itself, and how it ended."""

import json as json_text
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tasks.operate.roll import runs
from tasks.operate.roll.choice import Group
from tasks.operate.roll.consumers import Consumers
from tasks.operate.roll.engine import Engine
from tasks.operate.roll.locks import Locks
from tasks.operate.roll.options import Options
from tasks.operate.roll.proof import Proof
from tasks.operate.roll.record import CANARY, DONE, INTERRUPTED, PREFLIGHT, Ended, Record, Run, stamp
from tasks.operate.roll.tale import Journal, Listener, Tale
from tasks.operate.roll.target import Target
from tasks.remote.fleet import Fleet

JOURNALS = ".kafka-fab"
# Shows a roll as long as it lasts.
Show = Callable[[Engine, Proof], AbstractContextManager[object]]


def unseen(_engine: Engine, _proof: Proof) -> AbstractContextManager[object]:
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
    began, tale = time.time(), Tale(*listeners)
    tale.listeners.append(Journal(hosts.cluster.folder / JOURNALS / f"{run.id}.jsonl"))
    todo = runs.named(hosts.cluster, run.targets)
    held = Locks(hosts, run)
    # It reads the cluster from now on, while the locks are taken.
    engine = Engine(hosts, run, options, held, tale)
    _lock(engine, new=not resume)
    proof = Proof(hosts.cluster, options.canary, tale, engine.board)
    consumers = Consumers(hosts.cluster, options.lags, tale)

    def go() -> None:
        with _asked_to_stop(engine, tale):
            begun, left, done = _begun(hosts, run, todo, held) if resume else ((), todo, ())
            engine.before_step, engine.holds = proof.begin, consumers.hold
            engine.go(left, begun, done)

    with show(engine, proof):
        code, reason, verdict = _outcome(engine, proof, go)
    consumers.close()
    record = engine.record(began, code, reason, verdict)
    if code in (DONE, CANARY):
        held.end(json_text.dumps(_summary(record)))
    elif not (resume or engine.touched):
        # Nothing was begun: there is nothing to go on with, and the next one may begin anew.
        held.end("")
    held.release()
    tale.tell("", "end", reason or "done", **record.as_dict())
    return record


def _lock(engine: Engine, new: bool) -> None:
    """Take the locks of a roll; look no more at the cluster where they are not to be had."""
    try:
        runs.take(engine.hosts, engine.locks, new)
    except Ended:
        engine.close()
        raise


def _outcome(engine: Engine, proof: Proof, go: Callable[[], None]) -> tuple[int, str, dict[str, Any] | None]:
    """Carry a roll out, and return its exit code, the reason, and the canary's verdict."""
    code, reason = DONE, ""
    try:
        try:
            go()
        except Ended as ended:
            code, reason = ended.code, ended.text
        finally:
            engine.close()
        verdict = proof.end(engine.steps)
    except KeyboardInterrupt:
        proof.abort()
        return INTERRUPTED, "interrupted at once: go on by `fab rolling-restart --resume`", None
    if code == DONE and verdict and not verdict["ok"]:
        code, reason = (
            CANARY,
            "; ".join(["the canary has not proven it", *verdict["reasons"], f"topic {verdict['topic']} is kept"]),
        )
    return code, reason, verdict


def _begun(hosts: Fleet, run: Run, todo: Sequence[Target], held: Locks) -> tuple[Group, Group, Group]:
    """Return what is on its way on its host at this moment, all that is not done yet, and what is done."""
    done, begun = runs.progress(hosts, run)
    under_way = held.under_way()
    active = tuple(one for one in begun if one.unit in under_way.get(one.host, ()))
    # One whose step has ended half-way (its host was switched off meanwhile) is done again, through the gate.
    return active, tuple(one for one in todo if one not in done), done


def _summary(record: Record) -> dict[str, Any]:
    steps = [{"host": s.target.host, "unit": s.target.unit, "total": round(s.total, 2)} for s in record.steps]
    run = record.run
    return {"run": run.id, "task": run.task, "by": f"{run.user}@{run.machine}", "ended": stamp(), "steps": steps}


@contextmanager
def _asked_to_stop(engine: Engine, tale: Tale) -> Iterator[None]:
    """Take the first Ctrl-C for the wish to end after the step that is under way; the second one ends at once."""

    def asked(_signal: int, _frame: object) -> None:
        if engine.stop_asked:
            raise KeyboardInterrupt
        engine.stop_asked = True
        tale.tell("", "interrupt", "the step under way is finished first; Ctrl-C again leaves it to its host")
        engine.board.tell()

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
    """Return the file that a report goes to, if one is wanted; raise Ended where it cannot be written."""
    if not path:
        return None
    file = Path(path)
    if file.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        raise Ended(PREFLIGHT, f"--report {path}: no such file can be written in {file.parent}")
    return file
