"""File task: `plan` and `apply` of one desired file, from its text to an exit code."""

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from invoke.exceptions import Exit

from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.locking.guard import Guard
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet

FAILED, WOULD_CHANGE = 1, 2
# Brokers learn of a change from the controller, or from ZooKeeper.
SECONDS, PAUSE = 20.0, 0.3
Failures = Mapping[str, str]


class Outline(Protocol):
    """What a plan has: the names of what it changes, in order, and whose they are."""

    @property
    def names(self) -> Sequence[str]:
        """Return the name of each change."""

    @property
    def subjects(self) -> Sequence[str]:
        """Return the users that it changes something of, each once, for the journal."""


W = TypeVar("W")
P = TypeVar("P", bound=Outline)


@dataclass(frozen=True)
class FileTask(ABC, Generic[W, P]):
    """A file of what the cluster must have; `name` is the first part of its tasks' names."""

    hosts: Fleet
    name: str

    @abstractmethod
    def wanted(self) -> tuple[W, tuple[Problem, ...]]:
        """Return what the file says, and warnings; raise ConfigError."""

    @abstractmethod
    def plan(self, wanted: W) -> P:
        """Return what would change; raise Unreachable or RequestRejected."""

    def remaining(self, wanted: W) -> Sequence[str]:
        """Return the names of what is not yet as the file says, after it was applied."""
        return self.plan(wanted).names

    @abstractmethod
    def apply(self, plan: P) -> Failures:
        """Change it; return what failed and why, by name; raise Unreachable or RequestRejected."""

    @abstractmethod
    def lines(self, plan: P) -> Iterator[str]:
        """Yield the lines of a plan."""

    @abstractmethod
    def summary(self, plan: P, would: bool) -> str:
        """Return a plan in one line; `would` for one that is only shown."""

    @abstractmethod
    def as_dict(self, plan: P) -> dict[str, Any]:
        """Return a plan as JSON has it."""


def plan(task: FileTask[W, P], check: bool, json: bool) -> None:
    """Show what apply would change; change nothing."""
    began = time.monotonic()
    wanted, warnings = _wanted(task, json)
    found = _planned(task, wanted)
    if json:
        _print_json(task, "plan", found, {}, warnings, began)
    else:
        _print(task, found)
        print(f"{task.summary(found, would=True)} ({time.monotonic() - began:.2f} s); nothing was changed")
    if check and found.names:
        raise Exit(code=WOULD_CHANGE)


def apply(task: FileTask[W, P], json: bool) -> None:
    """Apply the file; exit with 1 where something failed, each with its reason."""
    began = time.monotonic()
    wanted, warnings = _wanted(task, json)
    found = _planned(task, wanted)
    failures: Failures = {}
    if found.names:
        with Guard(task.hosts, f"{task.name}.apply", found.subjects) as guard:
            # Planned again under the lock: another run may have changed something meanwhile.
            found = _planned(task, wanted)
            if not json:
                _print(task, found)
            failures = _applied(task, wanted, found)
            guard.failed("; ".join(failures.values()))
    elif not json:
        _print(task, found)
    if json:
        _print_json(task, "apply", found, failures, warnings, began)
    else:
        _print_outcome(task, found, failures, began)
    if failures:
        raise Exit(code=FAILED)


def _wanted(task: FileTask[W, P], json: bool) -> tuple[W, tuple[str, ...]]:
    wanted, warnings = task.wanted()
    if not json:
        for warning in warnings:
            print(warning, file=sys.stderr)
    return wanted, tuple(map(str, warnings))


def _planned(task: FileTask[W, P], wanted: W) -> P:
    try:
        return task.plan(wanted)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=FAILED) from problem


def _applied(task: FileTask[W, P], wanted: W, found: P) -> Failures:
    try:
        return (task.apply(found) or _unverified(task, wanted)) if found.names else {}
    except (Unreachable, RequestRejected) as problem:
        return {"": f"{problem}; the remaining changes were not started"}


def _unverified(task: FileTask[W, P], wanted: W) -> Failures:
    """Return the changes that the cluster accepted, but does not show after some time."""
    left: list[str] = []

    def shown() -> bool:
        left[:] = task.remaining(wanted)
        return not left

    try:
        until(shown, SECONDS, PAUSE)
    except (Unreachable, RequestRejected) as problem:
        return {"": f"cannot verify the changes: {problem}"}
    text = f"was accepted, but the cluster does not show it after {SECONDS:.0f} s: see {task.name}.plan"
    return dict.fromkeys(left, text)


def _print(task: FileTask[W, P], found: P) -> None:
    for line in task.lines(found):
        print(line, flush=True)


def _print_outcome(task: FileTask[W, P], found: P, failures: Failures, began: float) -> None:
    for name, reason in failures.items():
        print(f"failed: {name + ': ' if name else ''}{reason}")
    done = f"{len(failures)} failed" if failures else "done" if found.names else "nothing was changed"
    print(f"{task.summary(found, would=False)}; {done} ({time.monotonic() - began:.2f} s)")


def _print_json(  # noqa: PLR0913, PLR0917 - a document has all of them
    task: FileTask[W, P], verb: str, found: P, failures: Failures, warnings: Sequence[str], began: float
) -> None:
    print(document(f"{task.name}.{verb}", task.hosts.cluster.name, content(task, found, failures, warnings, began)))


def content(
    task: FileTask[W, P], found: P, failures: Failures, warnings: Sequence[str], began: float
) -> dict[str, Any]:
    """Return a plan and its failures as JSON has them."""
    return {
        "ok": not failures,
        **task.as_dict(found),
        "failures": dict(failures),
        "warnings": list(warnings),
        "seconds": round(time.monotonic() - began, 3),
    }
