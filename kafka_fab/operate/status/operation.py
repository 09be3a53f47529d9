"""Operation: the one that is under way, was cut off and is to be gone on with, or came to its end last. Pure."""

from collections.abc import Iterable

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.journal import ABANDONED, JournalEntry, merged
from kafka_fab.locking.lock_refusal import ROLLING, way_on
from kafka_fab.locking.run_record import Run, run_of
from kafka_fab.operate.status.health import DEGRADED, HealthProblem

UNDER_WAY, LEFT, DONE, FAILED, GIVEN_UP = "under way", "left half-way", "done", "failed", "given up"
# What was planned is counted in these.
NOUNS = {ROLLING: "service", "elect-leaders": "topic"}


@dataclass(frozen=True)
class Operation:
    """One operation: `how` it is or has ended; `when` is its beginning, or its end if it has ended.

    `services` is how many services, hosts or topics were planned, `done` how many of them are proven, where that is
    counted; `throttle` is in bytes/s, of a move that was cut off.
    """

    run: str
    task: str
    by: str
    how: str
    when: str
    services: int
    done: int | None = None
    throttle: int = 0

    def __str__(self) -> str:
        noun = NOUNS.get(self.task, "topic" if self.task.startswith("topics.") else "host")
        part = f"{self.done} of " if self.done is not None and self.done != self.services else ""
        number = f"{part}{self.services} {noun}{'s' * (self.services != 1)}"
        since = "since" if self.how in (UNDER_WAY, LEFT) else "ended"
        return f"{self.task} {self.run} by {self.by}, {number}, {self.how}, {since} {self.when}"


def newest(said: Iterable[Change]) -> Operation | None:
    """Return the newest operation of which any host knows; one that has not come to its end before all others."""
    told = [change for change in said if change.kind == "operation" and change.detail]
    holders = [_run(change) for change in told if change.name == "holder" and _held(change)]
    owners = [_run(change) for change in told if change.name == "owner"]
    at_work = {run.id for run in holders}
    left = [run for run in owners if run.id not in at_work]
    lasts = merged({"": [change.detail for change in told if change.name == "last"]})
    # Under way comes first, then what is to be gone on with.
    for found in ([_open(run, UNDER_WAY) for run in holders], [_open(run, LEFT) for run in left], map(_ended, lasts)):
        first = max(found, key=lambda one: one.run, default=None)
        if first:
            return first
    return None


def trouble(operation: Operation | None) -> tuple[HealthProblem, ...]:
    """Return what is wrong with an operation that was left half-way."""
    if operation is None or operation.how != LEFT:
        return ()
    who = f"{operation.task} {operation.run} of {operation.by}"
    return (HealthProblem(DEGRADED, f"{who} was left half-way: {way_on(operation.task)}"),)


def _held(change: Change) -> bool:
    return key_values(change.detail).get("held") == "1"


def _run(change: Change) -> Run:
    return run_of({"run": "?"} | key_values(change.detail))


def _open(run: Run, how: str) -> Operation:
    throttle = int(next(iter(run.accepted), "0")) if run.task == "topics.apply" else 0
    return Operation(run.id, run.task, run.by, how, run.since, len(run.targets), throttle=throttle)


def _ended(entry: JournalEntry) -> Operation:
    how = GIVEN_UP if entry.result == ABANDONED else FAILED if entry.exit else DONE
    return Operation(entry.run, entry.task, entry.by, how, entry.ended, entry.of, entry.done)
