"""Operation: the one that is running, was interrupted, or ended last. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.journal import JournalEntry, Unfinished, merged
from kafka_fab.locking.lock_refusal import FINALIZING, ROLLS, how_to_continue
from kafka_fab.locking.run_record import Run, run_of
from kafka_fab.operate.status.health import HealthProblem, Level
from kafka_fab.output.counted import counted
from kafka_fab.runbook.codes import StatusCode


class OperationState(StrEnum):
    """Where an operation is, or how it has ended."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


# What the targets of a task are; of other tasks they are hosts.
NOUNS = dict.fromkeys(ROLLS, "service") | {"elect-leaders": "topic"}


@dataclass(frozen=True)
class LastOperation:
    """One operation: `time` is its end if it has ended, else its beginning.

    `planned` is the number of services, hosts or topics, `done` how many of them are finished, where that is counted;
    `throttle` is in bytes/s, of a reassignment that was interrupted.
    """

    run: str
    task: str
    by: str
    state: OperationState
    time: str
    planned: int
    done: int | None = None
    throttle: int = 0
    # What is planned: service, host, topic, or the levels that finalize raises in KRaft.
    noun: str = "host"

    def __str__(self) -> str:
        part = f"{self.done} of " if self.done is not None and self.done != self.planned else ""
        number = f"{part}{counted(self.planned, self.noun)}"
        since = "since" if self.state in (OperationState.RUNNING, OperationState.INTERRUPTED) else "ended"
        return f"{self.task} {self.run} by {self.by}, {number}, {self.state}, {since} {self.time}"


def newest(reported: Iterable[Change]) -> LastOperation | None:
    """Return the newest operation that any host reports; one that has not ended comes before all others."""
    changes = [change for change in reported if change.kind == "operation" and change.detail]
    holders = [_run(change) for change in changes if change.name == "holder" and _is_held(change)]
    owners = [_run(change) for change in changes if change.name == "owner"]
    running = {run.id for run in holders}
    interrupted = [run for run in owners if run.id not in running]
    lasts = merged({"": [change.detail for change in changes if change.name == "last"]})
    # A running operation comes first, then one that must be resumed.
    for found in (
        [_open(run, OperationState.RUNNING) for run in holders],
        [_open(run, OperationState.INTERRUPTED) for run in interrupted],
        map(_ended, lasts),
    ):
        first = max(found, key=lambda one: one.run, default=None)
        if first:
            return first
    return None


def problems(operation: LastOperation | None) -> tuple[HealthProblem, ...]:
    """Return the problem of an operation that was interrupted."""
    if operation is None or operation.state != OperationState.INTERRUPTED:
        return ()
    name = f"{operation.task} {operation.run} of {operation.by}"
    text = f"{name} was interrupted: {how_to_continue(operation.task)}"
    return (HealthProblem(Level.DEGRADED, StatusCode.OPERATION_INTERRUPTED, text),)


def _is_held(change: Change) -> bool:
    return key_values(change.detail).get("held") == "1"


def _run(change: Change) -> Run:
    return run_of({"run": "?"} | key_values(change.detail))


def _open(run: Run, state: OperationState) -> LastOperation:
    throttle = int(next(iter(run.accepted), "0")) if run.task == "topics.apply" else 0
    noun = _noun(run.task, run.targets)
    return LastOperation(run.id, run.task, run.by, state, run.since, len(run.targets), throttle=throttle, noun=noun)


def _ended(entry: JournalEntry) -> LastOperation:
    state = OperationState.FAILED if entry.exit else OperationState.DONE
    if entry.result == Unfinished.ABANDONED:
        state = OperationState.ABANDONED
    noun = _noun(entry.task, entry.planned)
    return LastOperation(entry.run, entry.task, entry.by, state, entry.ended, entry.of, entry.done, noun=noun)


def _noun(task: str, planned: Iterable[str]) -> str:
    """Return what a task's planned items are; a roll names its services HOST:ROLE."""
    if task == FINALIZING and not all(":" in one for one in planned):
        return "feature"
    return NOUNS.get(task, "topic" if task.startswith("topics.") else "host")
