"""Rolling restart: what is to be restarted, the locks, the roll itself, and how it ended."""

import getpass
import json as json_text
import re
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tasks.cluster.model import Cluster
from tasks.operate import services
from tasks.operate.roll import locks
from tasks.operate.roll.engine import Engine
from tasks.operate.roll.choice import Group
from tasks.operate.roll.locks import Held, Locks
from tasks.operate.roll.options import Options
from tasks.operate.roll.proof import Proof
from tasks.operate.roll.record import CANARY, DONE, INTERRUPTED, PREFLIGHT, Ended, Record, Run, run_of, stamp
from tasks.operate.roll.tale import Journal, Listener, Tale
from tasks.operate.roll.target import Target, targets
from tasks.remote.fleet import Fleet, finished

ROLES = ("controller", "kafka")
WITH_ZOOKEEPER = ("zookeeper", *ROLES)
JOURNALS = ".kafka-fab"
# Shows a roll as long as it lasts.
Show = Callable[[Engine, Proof], AbstractContextManager[object]]


def unseen(_engine: Engine, _proof: Proof) -> AbstractContextManager[object]:
    """Show nothing of a roll."""
    return nullcontext()


def wanted(hosts: Fleet, zookeeper: bool, changed: bool) -> tuple[Target, ...]:
    """Return what a roll restarts: all Kafka services on the chosen hosts, or those that run on an older state."""
    every = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER if zookeeper or changed else ROLES)
    return tuple(one for one in every if one in outdated(hosts, every)) if changed else every


def outdated(hosts: Fleet, every: Sequence[Target]) -> set[Target]:
    """Return those that run with another configuration or version than the one on disk."""
    cluster = hosts.cluster
    done = finished(hosts.run(lambda c: services.say(c, services.state_commands(cluster, services.node_of(c))), "look"))
    due = {(p.host, change.name) for p in done for change in p.changes if change.status == "restart"}
    return {one for one in every if (one.host, one.unit) in due}


def new_run(options: Options, todo: Iterable[Target]) -> Run:
    """Return a new run with a name of its own, by this user of this machine."""
    user, machine = (re.sub(r"[^\w.@-]", "_", name) for name in (getpass.getuser(), socket.gethostname()))
    names = tuple(f"{one.host}:{one.role}" for one in todo)
    identity = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    accepted = tuple(sorted(options.allowed.downtime))
    return Run(identity, user, machine, stamp(), options.task, names, options.batch, accepted)


def named(cluster: Cluster, names: Iterable[str]) -> tuple[Target, ...]:
    """Return the targets that a run has written down as host:role."""
    pairs = {tuple(name.split(":")) for name in names}
    return tuple(one for one in targets(cluster, cluster.nodes, WITH_ZOOKEEPER) if (one.host, one.role) in pairs)


def unfinished(hosts: Fleet) -> Run:
    """Return the newest run that has not come to its end on the hosts; raise Ended where there is none."""
    found = locks.look(hosts, lambda _: [])
    runs = {run.id: run for run in (run_of(o["owner"]) for o in found.values() if o.get("owner", {}).get("run"))}
    if not runs:
        raise Ended(PREFLIGHT, "no operation is unfinished on these hosts: begin a new one without --resume")
    return runs[max(runs)]


def progress(hosts: Fleet, run: Run) -> tuple[tuple[Target, ...], tuple[Target, ...]]:
    """Return which of a run's targets are done, and which are on their way, as their hosts have written down."""
    todo = named(hosts.cluster, run.targets)
    found = locks.look(hosts, lambda host: [one.unit for one in todo if one.host == host])
    steps = {one: found[one.host].get(one.unit, {}) for one in todo}
    mine = {one: words.get("phase", "") for one, words in steps.items() if words.get("run") == run.id}
    done = tuple(one for one in todo if mine.get(one) == "started")
    begun = tuple(one for one in todo if mine.get(one) in ("triggered", "stopping", "stopped", "starting"))
    return done, begun


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
    todo = named(hosts.cluster, run.targets)
    held = _locked(hosts, run, new=not resume)
    engine = Engine(hosts, run, options, held, tale)
    proof = Proof(hosts.cluster, options.canary, tale)

    def go() -> None:
        with _asked_to_stop(engine, tale):
            begun, left, done = _begun(hosts, run, todo, held) if resume else ((), todo, ())
            engine.before_step = proof.begin
            engine.go(left, begun, done)

    with show(engine, proof):
        code, reason, verdict = _outcome(engine, proof, go)
    outages, steps = dict(engine.watch.outages), tuple(engine.steps)
    record = Record(run, began, time.time(), code, reason, steps, tuple(engine.todo), outages, verdict)
    if code in (DONE, CANARY):
        held.end(json_text.dumps(_summary(record)))
    held.release()
    tale.tell("", "end", reason or "done", **record.as_dict())
    return record


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
        code, reason = CANARY, f"the canary lost or reordered messages: topic {verdict['topic']} is kept"
    return code, reason, verdict


def _locked(hosts: Fleet, run: Run, new: bool) -> Locks:
    held = Locks(hosts, run)
    try:
        held.take(new)
    except Held as taken:
        raise Ended(taken.code, refusal(hosts, taken)) from taken
    return held


def refusal(hosts: Fleet, taken: Held) -> str:
    """Return who holds the locks, since when, how far that run is, and what to do."""
    run = taken.run
    done, under_way = progress(hosts, run)
    at = f", now at {', '.join(one.host for one in under_way)}" if under_way else ""
    who = f"{run.task} {run.id} of {run.user}@{run.machine}, since {run.since}: {len(done)} of {len(run.targets)} done"
    if taken.how == "held":
        return f"another operation is under way: {who}{at}. Wait for its end"
    return (
        f"an earlier operation has not come to its end: {who}{at}. Go on with it by `fab rolling-restart --resume`, "
        "or give it up by `fab rolling-restart --abandon`"
    )


def abandon(hosts: Fleet) -> str:
    """Give up the run that has not come to its end, and return what became of it in a sentence."""
    run = unfinished(hosts)
    done, under_way = progress(hosts, run)
    held = _locked(hosts, run, new=False)
    held.end(json_text.dumps({"run": run.id, "task": run.task, "abandoned": stamp(), "steps": []}))
    at = f"; look after {', '.join(one.host for one in under_way)}, where a step had begun" if under_way else ""
    return f"{run.task} {run.id} is given up after {len(done)} of {len(run.targets)} services{at}"


def _begun(hosts: Fleet, run: Run, todo: Sequence[Target], held: Locks) -> tuple[Group, Group, Group]:
    """Return what is on its way on its host at this moment, all that is not done yet, and what is done."""
    done, begun = progress(hosts, run)
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
    if not file.parent.is_dir():
        raise Ended(PREFLIGHT, f"--report {path}: {file.parent} is not a folder")
    return file
