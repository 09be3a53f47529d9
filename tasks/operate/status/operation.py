"""Operation: the rolling operation that is under way, was left half-way, or came to its end last. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.operate import services
from tasks.operate.roll.record import run_of
from tasks.operate.roll.runs import way_on
from tasks.operate.status.health import DEGRADED, Trouble
from tasks.remote.change import Change


@dataclass(frozen=True)
class Operation:
    """One operation: `how` is under way, left half-way or done; `when` is its beginning, or its end if it is done."""

    run: str
    task: str
    by: str
    how: str
    when: str
    services: int

    def __str__(self) -> str:
        number = f"{self.services} service{'s' * (self.services != 1)}"
        since = "ended" if self.how == "done" else "since"
        return f"{self.task} {self.run} by {self.by}, {number}, {self.how}, {since} {self.when}"


def newest(said: Iterable[Change]) -> Operation | None:
    """Return the newest operation of which any host knows; one that has not come to its end before all others."""
    found = [_operation(change) for change in said if change.kind == "operation"]
    open_first = sorted(found, key=lambda one: (one.how in ("under way", "left half-way"), one.run))
    return open_first[-1] if open_first else None


def trouble(operation: Operation | None) -> tuple[Trouble, ...]:
    """Return what is wrong with an operation that was left half-way."""
    if operation is None or operation.how != "left half-way":
        return ()
    who = f"{operation.task} {operation.run} of {operation.by}"
    return (Trouble(DEGRADED, f"{who} was left half-way: {way_on(operation.task)}"),)


def _operation(change: Change) -> Operation:
    if change.name == "last":
        last = json.loads(change.detail)
        when = str(last.get("ended") or last.get("abandoned", "?"))
        how = "done" if "ended" in last else "given up"
        return Operation(last["run"], last["task"], last.get("by", "?"), how, when, len(last["steps"]))
    words = services.words(change.detail)
    run = run_of({"run": "?"} | words)
    how = "under way" if words.get("held") == "1" else "left half-way"
    return Operation(run.id, run.task, f"{run.user}@{run.machine}", how, run.since, len(run.targets))
