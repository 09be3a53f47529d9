"""Plan and apply: `fab topics.plan` and `fab topics.apply`, from their options to an exit code."""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import Note
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.topics import apply_changes as applying
from kafka_fab.operate.topics import compare, leftovers, plan_text
from kafka_fab.operate.topics.compare import Plan
from kafka_fab.operate.topics.work import THROTTLE, Work, silence
from kafka_fab.output.json_document import document

TASK = "topics.apply"
FAILED, WOULD_CHANGE = 1, 2


def plan(c: Context, check: bool = False, delete: bool = False, json: bool = False) -> None:
    """Show what apply would change and what the brokers would reject; change nothing."""
    began, work = time.monotonic(), _work(c, THROTTLE, json)
    wanted, warnings = _wanted(work, json)
    found = compare.checked(work, compare.planned(work, wanted, delete))
    if json:
        content = as_dict(found, {}, warnings, began)
        print(document("topics.plan", work.cluster.name, content))
    else:
        _print(found, wanted)
        summary = plan_text.summary(found.all, wanted, would=True)
        print(f"{summary} ({time.monotonic() - began:.2f} s); nothing was changed")
    if found.rejected:
        raise Exit(code=FAILED)
    if check and found.changes:
        raise Exit(code=WOULD_CHANGE)


def apply(c: Context, delete: bool = False, throttle: int = THROTTLE, json: bool = False) -> None:
    """Apply the file's topics and quotas; exit with 1 where something was rejected or failed, each with its reason."""
    if throttle < 1:
        raise Exit(
            f"--throttle {throttle}: must be at least 1 byte/s, and higher than what producers write", code=FAILED
        )
    began, work = time.monotonic(), _work(c, throttle, json)
    wanted, warnings = _wanted(work, json)
    found = compare.checked(work, compare.planned(work, wanted, delete))
    failures: Mapping[str, str] = {}
    if found.changes or _is_anything_left(work):
        with Guard(work.hosts, TASK, [step.name for _, step in found.changes]) as guard:
            # Planned again under the lock: another run may have changed something meanwhile.
            found, failures = _applied(replace(work, guard=guard), wanted, delete, json)
            guard.failed("; ".join(failures.values()))
    elif not json:
        _print(found, wanted)
    if json:
        print(document(TASK, work.cluster.name, as_dict(found, failures, warnings, began)))
    else:
        print(_outcome(found, wanted, failures, began))
    if failures or found.rejected:
        raise Exit(code=FAILED)


def _is_anything_left(work: Work) -> bool:
    try:
        return leftovers.any_left(work)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=FAILED) from problem


def _applied(work: Work, wanted: DesiredTopics, delete: bool, json: bool) -> tuple[Plan, Mapping[str, str]]:
    """Apply under the lock; return the plan, and what failed and why."""
    try:
        leftovers.adopt(work)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=FAILED) from problem
    found = compare.checked(work, compare.planned(work, wanted, delete))
    if not json:
        _print(found, wanted)
    if found.rejected or not found.changes:
        return found, {}
    return found, applying.apply(work, found) or applying.unverified(work, wanted, delete)


def _work(c: Context, throttle: int, quiet: bool) -> Work:
    hosts = live_fleet(c)
    return Work(hosts, AdminClient(hosts.cluster), throttle, silence if quiet else _say, painted=not quiet)


def _say(line: str) -> None:
    print(line, flush=True)


def _wanted(work: Work, json: bool) -> tuple[DesiredTopics, tuple[str, ...]]:
    wanted, warnings = compare.wanted(work)
    if not json:
        for warning in warnings:
            print(warning, file=sys.stderr)
    return wanted, warnings


def _print(plan: Plan, wanted: DesiredTopics) -> None:
    for line in plan_text.lines(plan.all):
        print(line, flush=True)
    for step in plan.rejected:
        print(f"{wanted.where(step.name)}{step.name}: {step.text}", file=sys.stderr)


def _outcome(plan: Plan, wanted: DesiredTopics, failures: Mapping[str, str], began: float) -> str:
    seconds = f"{time.monotonic() - began:.2f} s"
    if plan.rejected:
        return f"{plan_text.summary(plan.all, wanted, would=False)}: nothing was changed ({seconds})"
    lines = [f"failed: {name + ': ' if name else ''}{reason}" for name, reason in failures.items()]
    done = f"{len(failures)} failed" if failures else "done" if plan.changes else "nothing was changed"
    return "\n".join([*lines, f"{plan_text.summary(plan.all, wanted, would=False)}; {done} ({seconds})"])


def as_dict(plan: Plan, failures: Mapping[str, str], warnings: tuple[str, ...], began: float) -> dict[str, Any]:
    """Return a plan and its failures as JSON has them."""
    return {
        "ok": not failures and not plan.rejected,
        "changes": [{"kind": section.name, **plan_text.as_dict(step)} for section, step in plan.changes],
        "rejections": [{"name": step.name, "text": step.text} for step in plan.rejected],
        "notes": [{"name": step.name, "text": step.text} for step in plan.all if isinstance(step, Note)],
        "failures": dict(failures),
        "warnings": list(warnings),
        "seconds": round(time.monotonic() - began, 3),
    }
