"""Disk drift: the differences between a host's disk and hosts.ini and conf/. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import (
    Data,
    Download,
    FixedKey,
    Members,
    MetadataStore,
    Port,
    Resource,
    RunningConfig,
)
from kafka_fab.cluster.values.unit_names import unit_file
from kafka_fab.operate.status.health import HealthProblem, Level
from kafka_fab.runbook.codes import MoveCode, StatusCode
from kafka_fab.typed_command import FAB

NAMED = 3
# Kinds that differ after an edit of conf/ or hosts.ini alone, until the next install.
WRITTEN = frozenset({"file", "link"})
# The detail of a file or directory that was never installed: its owner and mode only.
NEW = re.compile(r"[^ :]+:[^ :]+ [0-7]+")
ENABLE = "enable "
# What a host says that was never issued a certificate.
NOT_ISSUED = "issue a certificate: no certificate yet"
CONNECTS_BY = "connects-by"

# Reported by other parts of the status, or by a plan; the version is asked, since files of another one are left alone.
REPORTED_ELSEWHERE = (Port, RunningConfig, Download, Data, MetadataStore, FixedKey, Members)
VERSION = "version"


def compared(desired: Iterable[Resource]) -> list[Resource]:
    """Return the resources of a host that a status compares with its disk."""
    return [item for item in desired if not isinstance(item, REPORTED_ELSEWHERE)]


def problems(host: str, changes: Iterable[Change]) -> Iterator[HealthProblem]:
    """Yield what was changed on a host since its last install, as one problem; listeners that are to change, as one."""
    changes = list(changes)
    differing = [change for change in _differing(changes) if change.kind != CONNECTS_BY]
    new = _new_files(differing)
    found = [_described(change) for change in differing if not _is_pending(change, new)]
    moving = [change.detail.partition(":")[0] for change in changes if change.kind == CONNECTS_BY and _is_off(change)]
    if moving:
        text = f"{host}: {few(moving)}: change the listeners while services run ({FAB} security.move)"
        yield HealthProblem(Level.DEGRADED, MoveCode.MOVE_NEEDED, text, (host,))
    if found:
        text = f"{host}: changed since the last install: {few(found)} ({FAB} plan)"
        yield HealthProblem(Level.DEGRADED, StatusCode.DRIFT, text, (host,))


def pending(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the changes of conf/ and hosts.ini that are not installed on a host yet."""
    differing = _differing(changes)
    new = _new_files(differing)
    return tuple(f"{change.kind} {change.name}" for change in differing if _is_pending(change, new))


def few(items: Sequence[str]) -> str:
    """Return the first items, and the number of the others."""
    more = f"; and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return "; ".join(items[:NAMED]) + more


def _differing(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.status in ("would", "foreign") and change.kind != VERSION]


def _is_off(change: Change) -> bool:
    # Here a refusal is reported as foreign: status.sh.
    return change.status in ("would", "failed", "foreign")


def _new_files(differing: Iterable[Change]) -> frozenset[str]:
    return frozenset(change.name for change in differing if change.kind == "file" and NEW.fullmatch(change.detail))


def _is_pending(change: Change, new: Collection[str]) -> bool:
    if change.status == "foreign":
        return False
    if change.kind == "units" and change.detail.startswith(ENABLE):
        # A unit that has never been installed cannot have been disabled by anybody.
        return all(unit_file(name) in new for name in change.detail.removeprefix(ENABLE).partition(",")[0].split())
    if change.kind in ("file", "directory") and NEW.fullmatch(change.detail):
        return True
    if change.kind == "node-store":
        return change.detail == NOT_ISSUED
    # The detail is empty where only the content differs and nobody edited the file by hand.
    written = change.kind in WRITTEN and (not change.detail or change.kind == "link")
    return written or change.kind == "manifest" or (change.kind == "tree" and change.detail.startswith("from "))


def _described(change: Change) -> str:
    return f"{change.kind} {change.name}" + (f", {change.detail}" if change.detail else "")
