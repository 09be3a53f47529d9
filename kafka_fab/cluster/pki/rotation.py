"""Rotation: how far a CA has been replaced, from what every listener and every process shows; nothing is remembered."""

from collections.abc import Iterable
from enum import IntEnum

from kafka_fab.frozen_value import dataclass


class Pass(IntEnum):
    """A pass of a rotation, each complete everywhere before the next one begins."""

    TRUST = 1
    ISSUE = 2
    DISTRUST = 3
    DONE = 4


@dataclass(frozen=True)
class ListenerProbe:
    """What a listener has shown; of one that asks clients for no certificate only the issuer of its own is known."""

    where: str
    serves_new: bool
    trusts_new: bool | None = None
    trusts_old: bool | None = None


@dataclass(frozen=True)
class ProcessProbe:
    """What a process has started with: who issued its certificate, and which CAs it trusts until a restart."""

    where: str
    holds_new: bool
    trusts_new: bool
    trusts_old: bool


Probe = ListenerProbe | ProcessProbe


def due(probes: Iterable[Probe]) -> Pass:
    """Return the first pass that is not complete everywhere."""
    every = tuple(probes)
    return next((step for step in (Pass.TRUST, Pass.ISSUE, Pass.DISTRUST) if incomplete(every, step)), Pass.DONE)


def incomplete(probes: Iterable[Probe], step: Pass) -> tuple[str, ...]:
    """Return where a pass is not complete."""
    return tuple(one.where for one in probes if not _has_passed(one, step))


def _has_passed(probe: Probe, step: Pass) -> bool:
    if step is Pass.TRUST:
        return probe.trusts_new is not False
    if step is Pass.ISSUE:
        return probe.holds_new if isinstance(probe, ProcessProbe) else probe.serves_new
    return not probe.trusts_old
