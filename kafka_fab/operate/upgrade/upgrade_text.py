"""Upgrade text: where an upgrade is, as a table, as JSON, and what to do next. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kafka_fab.cluster.upgrade import level
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.upgrade.upgrade_state import Contradiction, Phase, UpgradeState
from kafka_fab.locking.host_locks import Held
from kafka_fab.locking.lock_refusal import how_to_continue
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.runbook.codes import UpgradeCode, coded
from kafka_fab.typed_command import FAB

NONE: Mapping[ServiceRef, str] = MappingProxyType({})


def status(found: UpgradeReading, operation: Held | None = None) -> str:
    """Return the versions of every service, the finalized features, and the phase with what to do."""
    named = any(one.javas - {""} for one in found.services.values())
    rows: list[Sequence[object]] = [
        ("host", "service", "on disk", "running", "pinned", "way back", *(("java",) if named else ()))
    ]
    rows += [
        (ref.host, ref.label, *_versions(one), *((_java(one),) if named else ())) for ref, one in found.services.items()
    ]
    unreachable = [f"{host}: {reason}" for host, reason in found.unknown.items()]
    return "\n".join(
        [
            report.table(rows),
            *_finalized(found.state),
            *unreachable,
            following(found.state, found.not_joined, operation),
        ]
    )


def _versions(one: ServiceVersion) -> tuple[str, ...]:
    return one.version or "-", one.running_version or "-", _pinned(one), one.saved_version or "-"


def _java(one: ServiceVersion) -> str:
    """Return the Java that a service runs with, and the one that it starts with next where that is another."""
    in_force = one.running_java if one.runs else one.java
    following = "" if one.java == in_force else f", starts with {java_named(one.java)}"
    return java_named(in_force) + following


def java_named(home: str) -> str:
    """Return a Java by its home, for a person."""
    return home or "the java in PATH"


def _pinned(one: ServiceVersion) -> str:
    in_force = one.running_pins if one.runs else one.pins
    kept = "" if dict(one.pins) == dict(in_force) else ", in its file " + (", ".join(one.pins.values()) or "nothing")
    return (", ".join(dict.fromkeys(in_force.values())) or "-") + kept


def _finalized(state: UpgradeState) -> Iterator[str]:
    if state.kraft and state.finalized is None:
        yield "finalized features: not known, no broker answers"
    elif state.kraft:
        named = [level.named(name, number) for name, number in sorted((state.finalized or {}).items())]
        yield f"finalized: {', '.join(named) or 'nothing'}"


def following(state: UpgradeState, not_joined: Mapping[ServiceRef, str] = NONE, operation: Held | None = None) -> str:
    """Return the phase in a sentence, and what to do next; `operation` is in progress or was interrupted."""
    try:
        phase = state.phase
    except Contradiction as problem:
        return coded(f"not the state of one upgrade: {problem}{way_out(state)}", UpgradeCode.CONTRADICTION)
    java = " with another Java" if state.is_of_java and state.behind else ""
    counts = _counts(state, not_joined) if _is_counted(phase, not_joined) else ""
    advice = _of_operation(operation) if operation else _advice(phase, bool(not_joined))
    return f"upgrade to {state.wanted}{java}: {phase}; {counts}{advice}"


def _is_counted(phase: Phase, not_joined: Mapping[ServiceRef, str]) -> bool:
    return phase is Phase.IN_PROGRESS or (phase is Phase.SOAKING and bool(not_joined))


def way_out(state: UpgradeState) -> str:
    """Return what to do about a contradiction."""
    if not state.rollback_refusal:
        return f". `{FAB} upgrade --rollback` leads back; or write `version: {state.newest}`"
    return f". Write `version: {state.newest}` in conf/cluster.yaml"


def _counts(state: UpgradeState, not_joined: Mapping[ServiceRef, str]) -> str:
    """Return how many services are done: those that run the wanted version, in sync."""
    at = len(state.services) - len(state.behind) - len(not_joined)
    others = "".join(f", {one.name}: {why}" for one, why in not_joined.items())
    return f"{at} of {counted(len(state.services), 'service')} done{others}. "


def _of_operation(operation: Held) -> str:
    """Return what holds the locks, as whoever asks for them is told."""
    run = operation.run
    if operation.how == "held":
        return f"{run.name} is in progress"
    return f"{run.name} was interrupted: {how_to_continue(run.task)}"


def _advice(phase: Phase, waits: bool) -> str:
    back = f"`{FAB} upgrade --rollback` leads back"
    if waits and phase is Phase.SOAKING:
        return f"`{FAB} status` shows why; {back}"
    words = {
        Phase.NOT_BEGUN: f"`{FAB} upgrade --plan` shows what it would do",
        Phase.IN_PROGRESS: f"`{FAB} upgrade` continues with the others; {back}",
        Phase.SOAKING: f"all run it, nothing is finalized. `{FAB} finalize` ends it and cannot be undone; "
        f"until then {back}",
        Phase.FINALIZING: f"`{FAB} finalize` continues; there is no way back",
        Phase.FINALIZED: "nothing to do",
    }
    return words[phase]


def as_dict(found: UpgradeReading) -> dict[str, Any]:
    """Return where an upgrade is, for JSON."""
    state = found.state
    try:
        phase, contradiction = str(state.phase), None
    except Contradiction as problem:
        phase, contradiction = None, str(problem)
    services = [
        {
            "host": ref.host,
            "service": ref.role,
            "id": ref.id,
            "on_disk": one.version or None,
            "running": one.running_version or None,
            "way_back": one.saved_version or None,
            "pins": dict(one.pins),
            "running_pins": dict(one.running_pins),
            "java": one.java or None,
            "running_java": one.running_java or None,
            "in_sync": None if found.joined is None else ref in found.joined,
        }
        for ref, one in found.services.items()
    ]
    levels: Mapping[str, int] | None = state.finalized if state.kraft else {}
    return {
        "version": state.wanted,
        "phase": phase,
        "contradiction": contradiction,
        "services": services,
        "finalized": None if levels is None else dict(levels),
        "unreachable": dict(found.unknown),
    }
