"""Runs: the services and terms of a roll, its progress, and how an interrupted one is resumed or abandoned."""

from collections.abc import Collection, Iterable, Sequence
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
from kafka_fab.locking.run_record import LeaderElection, Run, run_of
from kafka_fab.locking.run_record import new_run as _new_run
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.canary_run import clean_up
from kafka_fab.operate.roll.candidates import Group
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.roll_record import RestartStep, step_of
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.lease import LockMode
from kafka_fab.remote.node import node_of
from kafka_fab.runbook.codes import LockCode, RollCode

# This machine's journals and notes of rolls, in the cluster's folder.
JOURNALS = ".kafka-fab"
ROLES = (Role.CONTROLLER, Role.BROKER)
WITH_ZOOKEEPER = (Role.ZOOKEEPER, *ROLES)


def selected(hosts: Fleet, zookeeper: bool, changed: bool) -> tuple[ServiceRef, ...]:
    """Return what a roll restarts: all Kafka services on the chosen hosts, or those that need a restart."""
    every = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER if zookeeper or changed else ROLES)
    due = outdated(hosts, every) if changed else every
    return tuple(one for one in every if one in due)


def outdated(hosts: Fleet, every: Sequence[ServiceRef]) -> set[ServiceRef]:
    """Return those that need a restart to run with the configuration and version on disk."""
    cluster = hosts.cluster
    done = require_success(hosts.run(lambda c: services.run(c, services.state_commands(cluster, node_of(c))), "look"))
    due = {
        (progress.host, change.name)
        for progress in done
        for change in progress.changes
        if change.status == "restart" and dynamic_keys.pending_change(cluster, change.name, change.detail).restart
    }
    return {one for one in every if (one.host, one.unit) in due}


def new_run(options: Options, todo: Iterable[ServiceRef]) -> Run:
    """Return a new roll's run."""
    names = tuple(f"{one.host}:{one.role}" for one in todo)
    accepted = tuple(sorted(options.allowed.downtime))
    terms = replace(_new_run(options.task, names), batch=options.batch, accepted=accepted)
    terms = replace(terms, leaders=options.leaders, canary=options.canary)
    return replace(terms, abandoned=options.abandoned, granted=granted(options.allowed))


# What the operator accepts beside topics by name, as a run keeps it.
ONE_REPLICA, REASSIGNING, OUTAGE = "one-replica", "reassigning", "quorum-outage"


def granted(allowed: Waivers) -> tuple[str, ...]:
    """Return the accepted risks as words that a run keeps."""
    words = (
        (ONE_REPLICA, allowed.min_replicas == 1),
        (REASSIGNING, allowed.reassigning),
        (OUTAGE, allowed.quorum_outage),
    )
    return tuple(word for word, is_so in words if is_so)


def resumed(options: Options, run: Run) -> Options:
    """Return the options of a resumed run: its own terms, and the options typed now."""
    typed = options.allowed
    allowed = replace(
        typed,
        downtime=frozenset(run.accepted) | typed.downtime,
        min_replicas=1 if ONE_REPLICA in run.granted else typed.min_replicas,
        reassigning=REASSIGNING in run.granted or typed.reassigning,
        quorum_outage=OUTAGE in run.granted or typed.quorum_outage,
    )
    leaders = run.leaders if options.leaders is LeaderElection.NEVER else options.leaders
    abandoned = tuple(sorted({*run.abandoned, *options.abandoned}))
    return replace(options, batch=run.batch, allowed=allowed, leaders=leaders, abandoned=abandoned)


def named(cluster: Cluster, names: Iterable[str]) -> tuple[ServiceRef, ...]:
    """Return the targets that a run keeps as host:role."""
    pairs = {tuple(name.split(":")) for name in names}
    return tuple(one for one in targets(cluster, cluster.nodes, WITH_ZOOKEEPER) if (one.host, one.role) in pairs)


def unfinished(hosts: Fleet, tasks: Collection[str] = (lock_refusal.ROLLING,)) -> Run:
    """Return the newest interrupted run on the hosts; raise OperationError where there is none of these tasks."""
    newest = interrupted(hosts)
    if newest is None:
        text = "no interrupted operation on these hosts: start a new one without --resume"
        raise OperationError(PREFLIGHT, text, RollCode.NOTHING_TO_RESUME)
    if newest.task not in tasks:
        text = f"{newest.task} {newest.id} was interrupted: {lock_refusal.how_to_continue(newest.task)}"
        raise OperationError(PREFLIGHT, text, LockCode.UNFINISHED)
    return newest


def interrupted(hosts: Fleet) -> Run | None:
    """Return the newest interrupted run on the hosts, of whatever task."""
    found = host_locks.look(hosts, lambda _: [])
    runs = {run.id: run for run in (run_of(o["owner"]) for o in found.values() if o.get("owner", {}).get("run"))}
    return runs[max(runs)] if runs else None


@dataclass(frozen=True)
class RunProgress:
    """The progress of a run: services recorded as in sync, those only started, and those in progress."""

    in_sync: tuple[RestartStep, ...]
    started: tuple[RestartStep, ...]
    in_progress: Group

    @property
    def done(self) -> Group:
        """Return the services that need no second restart."""
        return tuple(step.target for step in (*self.in_sync, *self.started))


def progress(hosts: Fleet, run: Run) -> RunProgress:
    """Return the progress of a run, as its hosts have recorded it; raise OperationError where one does not answer."""
    todo, recorded = named(hosts.cluster, run.targets), lock_refusal.steps(hosts, run)
    mine = {one: recorded.get(f"{one.host}:{one.role}", {}) for one in todo}

    def steps(phase: str) -> tuple[RestartStep, ...]:
        return tuple(step_of(one, words) for one, words in mine.items() if words.get("phase") == phase)

    in_progress = tuple(one for one, words in mine.items() if words.get("phase") in lock_refusal.IN_PROGRESS)
    return RunProgress(steps(lock_refusal.IN_SYNC), steps(lock_refusal.STARTED), in_progress)


def locked(hosts: Fleet, run: Run, mode: LockMode) -> Locks:
    """Take and return the locks of all hosts; raise OperationError with the holder and its progress."""
    locks = Locks(hosts, run)
    take(hosts, locks, mode)
    return locks


def take(hosts: Fleet, locks: Locks, mode: LockMode) -> None:
    """Take the locks of all hosts; raise OperationError with the holder and its progress."""
    try:
        locks.take(mode)
    except Held as taken:
        raise _refused(hosts, taken) from taken


def refuse_held(hosts: Fleet) -> None:
    """Raise OperationError with the holder and its progress where another operation is in progress."""
    held = host_locks.held(hosts)
    if held and held.code is LockCode.HELD:
        raise _refused(hosts, held) from held


def _refused(hosts: Fleet, taken: Held) -> OperationError:
    return OperationError(taken.exit_code, lock_refusal.refusal(hosts, taken), taken.code)


def abandon(hosts: Fleet) -> str:
    """Abandon the interrupted run, and return its state in a sentence."""
    run = unfinished(hosts, lock_refusal.ROLLS)
    found = progress(hosts, run)
    locks = locked(hosts, run, LockMode.RESUME)
    locks.end(
        "", journal.ended(run, run.targets, Outcome(INTERRUPTED, journal.Unfinished.ABANDONED, done=len(found.in_sync)))
    )
    remains = clean_up(hosts.cluster, Notes(notes_file(hosts.cluster, run))) if run.canary else ""
    unproven = [step.target for step in found.started] + list(found.in_progress)
    at = f"; check {', '.join(one.host for one in unproven)}: started, not seen in sync" if unproven else ""
    return "\n".join(
        filter(
            None,
            [
                f"{run.task} {run.id} interrupted; abandoned: {len(found.in_sync)} of {len(run.targets)} restarted{at}",
                remains,
            ],
        )
    )


def notes_file(cluster: Cluster, run: Run) -> Path:
    """Return the file of this machine with the acknowledgements of a run's canary."""
    return cluster.folder / JOURNALS / f"{run.id}.canary"


def remove_other_notes(cluster: Cluster, run: Run) -> None:
    """Remove the notes of all other runs: while this run holds the locks, they are over."""
    mine = notes_file(cluster, run)
    for file in mine.parent.glob("*.canary"):
        if file != mine:
            file.unlink(missing_ok=True)
