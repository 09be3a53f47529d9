"""Disk drift: where a host's disk is not what hosts.ini and conf/ make of it. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import Data, Download, InStep, Members, Metadata, Port, Resource, Unmoved, Version
from kafka_fab.operate.status.health import DEGRADED, HealthProblem

NAMED = 3
# What an edit of conf/ or hosts.ini alone makes differ, until the next install.
WRITTEN = frozenset({"file", "link"})
# What has never been on the host: its owner and mode are all that is said of it.
NEW = re.compile(r"[^ :]+:[^ :]+ [0-7]+")

# Told of by other words of a status, or by a plan.
ELSEWHERE = (Port, InStep, Download, Data, Metadata, Unmoved, Members, Version)


def looked_at(wanted: Iterable[Resource]) -> list[Resource]:
    """Return what of a host's desired state a status looks at: what runs, and what may change, has words of its own."""
    return [item for item in wanted if not isinstance(item, ELSEWHERE)]


def trouble(host: str, changes: Iterable[Change]) -> Iterator[HealthProblem]:
    """Yield what somebody or something has changed on a host since its install, as one trouble."""
    found = [_words(change) for change in changes if _differs(change) and not _is_pending(change)]
    if found:
        yield HealthProblem(DEGRADED, f"{host} is not as installed: {few(found)} (fab plan)", (host,))


def pending(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return what conf/ and hosts.ini have new for a host, which no install has brought there yet."""
    return tuple(f"{change.kind} {change.name}" for change in changes if _differs(change) and _is_pending(change))


def few(words: Sequence[str]) -> str:
    """Return the first of many, and how many more there are."""
    more = f"; and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return "; ".join(words[:NAMED]) + more


def _differs(change: Change) -> bool:
    return change.status in ("would", "foreign")


def _is_pending(change: Change) -> bool:
    if change.status == "foreign":
        return False
    if change.kind in ("file", "directory") and NEW.fullmatch(change.detail):
        return True
    # A file that differs by its content alone, and not by a hand other than ours.
    written = change.kind in WRITTEN and (not change.detail or change.kind == "link")
    return written or change.kind == "manifest" or (change.kind == "tree" and change.detail.startswith("from "))


def _words(change: Change) -> str:
    return f"{change.kind} {change.name}" + (f", {change.detail}" if change.detail else "")
