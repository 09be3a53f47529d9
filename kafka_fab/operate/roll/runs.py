"""Runs: what a roll is to restart, its name and terms, how far it is, and what becomes of one left half-way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kafka_fab.canary.notes import Notes
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Waivers
from kafka_fab.locking import host_locks, journal, lock_refusal
from kafka_fab.locking.host_locks import Held, Locks
from kafka_fab.locking.journal import Outcome
from kafka_fab.locking.operation_error import INTERRUPTED, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import NEVER, Run, run_of
from kafka_fab.locking.run_record import new_run as _new_run
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.canary_run import sweep
from kafka_fab.operate.roll.candidates import Group
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.roll_record import RestartStep, step_of
from kafka_fab.operate.roll.roll_service import Target, targets
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.lease import RESUME
from kafka_fab.remote.node import node_of
from kafka_fab.runbook.codes import LockCode, RollCode

# This machine's own notes of rolls, in the cluster's folder.
JOURNALS = ".kafka-fab"
ROLES = (Role.CONTROLLER, Role.BROKER)
WITH_ZOOKEEPER = (Role.ZOOKEEPER, *ROLES)


def wanted(hosts: Fleet, zookeeper: bool, changed: bool) -> tuple[Target, ...]:
    """Return what a roll restarts: all Kafka services on the chosen hosts, or those that run on an older state."""
    every = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER if zookeeper or changed else ROLES)
    due = outdated(hosts, every) if changed else every
    return tuple(one for one in every if one in due)


def outdated(hosts: Fleet, every: Sequence[Target]) -> set[Target]:
    """Return those that need a restart to run with the configuration and version on disk."""
    cluster = hosts.cluster
    done = require_success(hosts.run(lambda c: services.run(c, services.state_commands(cluster, node_of(c))), "look"))
    due = {
        (progress.host, change.name)
        for progress in done
        for change in progress.changes
        if change.status == "restart" and dynamic_keys.due(cluster, change.name, change.detail).restart
    }
    return {one for one in every if (one.host, one.unit) in due}


def new_run(options: Options, todo: Iterable[Target]) -> Run:
    """Return a new roll's run."""
    names = tuple(f"{one.host}:{one.role}" for one in todo)
    accepted = tuple(sorted(options.allowed.downtime))
    terms = replace(_new_run(options.task, names), batch=options.batch, accepted=accepted)
    terms = replace(terms, leaders=options.leaders, canary=options.canary)
    return replace(terms, abandoned=options.abandoned, granted=granted(options.allowed))


# What an operator lets the gate pass, beside topics by name, as a run keeps it.
ONE_COPY, REASSIGNING, OUTAGE = "one-copy", "reassigning", "controller-outage"


def granted(allowed: Waivers) -> tuple[str, ...]:
    """Return what the gate may let pass in words that a run keeps."""
    words = ((ONE_COPY, allowed.min_copies == 1), (REASSIGNING, allowed.reassigning), (OUTAGE, allowed.quorum_outage))
    return tuple(word for word, is_so in words if is_so)


def resumed(options: Options, run: Run) -> Options:
    """Return the options of a run that is gone on with: its own terms, and what is typed now."""
    typed = options.allowed
    allowed = replace(
        typed,
        downtime=frozenset(run.accepted) | typed.downtime,
        min_copies=1 if ONE_COPY in run.granted else typed.min_copies,
        reassigning=REASSIGNING in run.granted or typed.reassigning,
        quorum_outage=OUTAGE in run.granted or typed.quorum_outage,
    )
    leaders = run.leaders if options.leaders == NEVER else options.leaders
    abandoned = tuple(sorted({*run.abandoned, *options.abandoned}))
    return replace(options, batch=run.batch, allowed=allowed, leaders=leaders, abandoned=abandoned)


def named(cluster: Cluster, names: Iterable[str]) -> tuple[Target, ...]:
    """Return the targets that a run has written down as host:role."""
    pairs = {tuple(name.split(":")) for name in names}
    return tuple(one for one in targets(cluster, cluster.nodes, WITH_ZOOKEEPER) if (one.host, one.role) in pairs)


def unfinished(hosts: Fleet) -> Run:
    """Return the newest run that has not come to its end on the hosts; raise OperationError where there is none."""
    found = host_locks.look(hosts, lambda _: [])
    runs = {run.id: run for run in (run_of(o["owner"]) for o in found.values() if o.get("owner", {}).get("run"))}
    if not runs:
        text = "no operation is unfinished on these hosts: begin a new one without --resume"
        raise OperationError(PREFLIGHT, text, RollCode.NOTHING_TO_RESUME)
    newest = runs[max(runs)]
    if newest.task != lock_refusal.ROLLING:
        text = f"{newest.task} {newest.id} has not come to its end: {lock_refusal.way_on(newest.task)}"
        raise OperationError(PREFLIGHT, text, LockCode.UNFINISHED)
    return newest


@dataclass(frozen=True)
class RunProgress:
    """How far a run is: what is proven to be back, what has only started, and what is on its way."""

    back: tuple[RestartStep, ...]
    started: tuple[RestartStep, ...]
    under_way: Group

    @property
    def done(self) -> Group:
        """Return what needs no second restart."""
        return tuple(step.target for step in (*self.back, *self.started))


def progress(hosts: Fleet, run: Run) -> RunProgress:
    """Return how far a run is, as its hosts have written down; raise OperationError where one does not tell."""
    todo, told = named(hosts.cluster, run.targets), lock_refusal.steps(hosts, run)
    mine = {one: told.get(f"{one.host}:{one.role}", {}) for one in todo}

    def steps(phase: str) -> tuple[RestartStep, ...]:
        return tuple(step_of(one, words) for one, words in mine.items() if words.get("phase") == phase)

    under_way = tuple(one for one, words in mine.items() if words.get("phase") in lock_refusal.ON_THEIR_WAY)
    return RunProgress(steps(lock_refusal.BACK), steps(lock_refusal.STARTED), under_way)


def locked(hosts: Fleet, run: Run, mode: str) -> Locks:
    """Return the locks of all hosts; raise OperationError that tells who holds them, and how far that run is."""
    held = Locks(hosts, run)
    take(hosts, held, mode)
    return held


def take(hosts: Fleet, locks: Locks, mode: str) -> None:
    """Take the locks of all hosts; raise OperationError that tells who holds them, and how far that run is."""
    try:
        locks.take(mode)
    except Held as taken:
        raise OperationError(taken.exit_code, lock_refusal.refusal(hosts, taken), taken.code) from taken


def abandon(hosts: Fleet) -> str:
    """Give up the run that has not come to its end, and return what became of it in a sentence."""
    run = unfinished(hosts)
    found = progress(hosts, run)
    held = locked(hosts, run, RESUME)
    held.end("", journal.ended(run, run.targets, Outcome(INTERRUPTED, journal.ABANDONED, done=len(found.back))))
    stays = sweep(hosts.cluster, Notes(notes_file(hosts.cluster, run))) if run.canary else ""
    unproven = [step.target for step in found.started] + list(found.under_way)
    at = f"; look after {', '.join(one.host for one in unproven)}, not seen to be back" if unproven else ""
    return "\n".join(
        filter(None, [f"{run.task} {run.id} is given up: {len(found.back)} of {len(run.targets)} restarted{at}", stays])
    )


def notes_file(cluster: Cluster, run: Run) -> Path:
    """Return the file in which a run's canary notes what was acknowledged, on this machine."""
    return cluster.folder / JOURNALS / f"{run.id}.canary"


def forget_others(cluster: Cluster, run: Run) -> None:
    """Remove the notes of all other runs: who holds the locks knows that those are over, however they have ended."""
    mine = notes_file(cluster, run)
    for file in mine.parent.glob("*.canary"):
        if file != mine:
            file.unlink(missing_ok=True)
