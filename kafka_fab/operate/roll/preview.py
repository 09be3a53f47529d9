"""Preview: the steps of a roll in order, whether the safety check passes now, and the estimated duration."""

import json as json_text
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate import gate
from kafka_fab.gate.id_lists import summarized
from kafka_fab.gate.state import Blocker, State
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.cluster_state import settled, source
from kafka_fab.locking import host_locks, lock_refusal
from kafka_fab.locking.operation_error import DONE, GATE, PREFLIGHT, OperationError
from kafka_fab.operate.roll import presence
from kafka_fab.operate.roll.candidates import Group, blockers, groups, is_up, refuse_unknown_topics
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.remote.fleet import Fleet
from kafka_fab.runbook.codes import RollCode, coded


@dataclass(frozen=True)
class PreviewStep:
    """One step of the roll, as if it were taken now."""

    group: Group
    is_controller: bool
    down: bool
    blockers: tuple[Blocker, ...]
    unavailable: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """All steps, and the seconds that they took in the last roll, if known."""

    stages: tuple[PreviewStep, ...]
    seconds: float | None
    last: str
    # Why a roll could not begin now.
    refused: str = ""

    @property
    def code(self) -> int:
        """Return the exit code of the roll itself: 2 where it could not begin, 3 where a step's safety check fails."""
        if self.refused:
            return PREFLIGHT
        return GATE if any(stage.blockers for stage in self.stages) else DONE


def preview(hosts: Fleet, todo: Sequence[ServiceRef], options: Options) -> Preview:
    """Read the cluster once and return what a roll of these targets would do; change nothing."""
    try:
        with source(hosts.cluster) as read:
            state = settled(read)
    except Unreachable as failure:
        raise OperationError(PREFLIGHT, str(failure), RollCode.METADATA_UNREADABLE) from failure
    refuse_unknown_topics(state, options.allowed)
    away = [one for one in todo if not is_up(one, state)]
    stopped = presence.look(hosts, away, options.task).stopped if away else {}
    ordered = groups(todo, state, options, stopped)
    stages = tuple(_step(hosts.cluster, group, state, options, stopped) for group in ordered)
    recorded = host_locks.look(hosts, lambda _: [])
    took, last = _last_durations(recorded)
    taken = host_locks.taken(recorded)
    taken_over = taken and taken.how == "unfinished" and lock_refusal.takes_over(options.task, taken.run)
    refused = coded(lock_refusal.refusal(hosts, taken), taken.code) if taken and not taken_over else ""
    return Preview(stages, _estimate(ordered, took), last, refused)


def _step(
    cluster: Cluster, group: Group, state: State, options: Options, stopped: Collection[ServiceRef]
) -> PreviewStep:
    away = leaving(group)
    down = all(one in stopped for one in group)
    # What is down already is started without a safety check.
    blocked = () if down else blockers(cluster, group, state, options)
    leader = state.quorum.leader if state.quorum else state.controller
    is_controller = any(
        leader == one.id and (one.voter or not state.quorum) and one.role != Role.ZOOKEEPER for one in group
    )
    return PreviewStep(group, is_controller, down, blocked, gate.unavailable(state, away))


def _last_durations(found: Mapping[str, host_locks.HostRecord]) -> tuple[dict[tuple[str, str], float], str]:
    """Return the duration of each service's last restart, and the name of that roll."""
    lasts = [json_text.loads(words["last"][""]) for words in found.values() if words.get("last", {}).get("")]
    newest: Mapping[str, Any] = max(lasts, key=lambda last: last["run"], default={})
    steps = newest.get("steps", [])
    name = f"{newest['task']} {newest['run']}" if steps else ""
    return {(step["host"], step["unit"]): step["total"] for step in steps}, name


def _estimate(ordered: Sequence[Group], took: Mapping[tuple[str, str], float]) -> float | None:
    if not took:
        return None
    usual = sum(took.values()) / len(took)
    return sum(max(took.get((one.host, one.unit), usual) for one in group) for group in ordered)


def text(found: Preview) -> str:
    """Return the preview as a table, with the reasons that block and what would be unavailable."""
    rows: list[tuple[object, ...]] = [("step", "host", "service", "safety check now")]
    rows += [
        (number, ", ".join(one.host for one in stage.group), stage.group[0].role + _rank(stage), _check(stage))
        for number, stage in enumerate(found.stages, 1)
    ]
    refused = [found.refused] if found.refused else []
    return "\n".join([report.table(rows), *_reasons(found), *_outages(found), *refused, _summary(found)])


def _rank(stage: PreviewStep) -> str:
    return " (active controller)" if stage.is_controller else ""


def _check(stage: PreviewStep) -> str:
    if stage.down:
        return "down: started first"
    return f"fails: {len(stage.blockers)}" if stage.blockers else "passes"


def _reasons(found: Preview) -> Iterator[str]:
    lines = summarized(one for stage in found.stages for one in stage.blockers)
    if lines:
        yield "the safety check fails:"
        yield from (f"  {line}" for line in lines)


def _outages(found: Preview) -> Iterator[str]:
    outages = dict.fromkeys(f"  {sentence}" for stage in found.stages for sentence in stage.unavailable)
    if outages:
        yield "unavailable during the roll:"
        yield from outages


def _summary(found: Preview) -> str:
    number = sum(len(stage.group) for stage in found.stages)
    if not number:
        return "nothing to restart"
    last = (
        f", about {found.seconds:.0f} s (as in {found.last})"
        if found.seconds
        else ", no estimate before the first roll"
    )
    return f"{counted(number, 'service')} in {counted(len(found.stages), 'step')}{last}; nothing was changed"


def as_dict(found: Preview) -> dict[str, Any]:
    """Return the preview for JSON."""
    stages = [
        {
            "services": [{"host": one.host, "service": one.role, "id": one.id} for one in stage.group],
            "down": stage.down,
            "active_controller": stage.is_controller,
            "blockers": [{"code": b.code, "where": b.where, "text": b.text} for b in stage.blockers],
            "unavailable": list(stage.unavailable),
        }
        for stage in found.stages
    ]
    return {"steps": stages, "seconds": found.seconds, "last": found.last, "refused": found.refused}
