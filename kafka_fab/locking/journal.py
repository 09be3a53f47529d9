"""Journal: the operations on a cluster, kept by its hosts as lines of JSON. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from enum import StrEnum
from typing import Any

from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.run_record import Run, stamp

# At most so many of the planned items are named: the journal's size is limited, and a cluster may be large.
NAMED = 20
LONGEST = 200


class Unfinished(StrEnum):
    """The result of an operation that did not end by itself."""

    IN_PROGRESS = "in progress"
    INTERRUPTED = "interrupted"
    ABANDONED = "abandoned"


@dataclass(frozen=True)
class JournalEntry:
    """An operation: who began it, from where and when, what was planned, and how it ended."""

    run: str
    task: str = "?"
    by: str = "?"
    began: str = "?"
    planned: tuple[str, ...] = ()
    of: int = 0
    done: int | None = None
    ended: str = ""
    seconds: float | None = None
    exit: int | None = None
    result: str = Unfinished.INTERRUPTED
    hosts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Outcome:
    """How an operation ended: exit code, result, seconds, and how many of the planned items are done."""

    code: int = 0
    result: str = "done"
    seconds: float = 0.0
    done: int | None = None


def begun(run: Run, planned: Iterable[str]) -> str:
    """Return the line with which an operation begins."""
    return _line(_beginning(run, tuple(planned)))


def ended(run: Run, planned: Iterable[str], how: Outcome) -> str:
    """Return the line with which an operation ends; it repeats the first line, which may be gone by then."""
    seconds, result = round(how.seconds, 2), _brief(how.result)
    end = {"ended": stamp(), "seconds": seconds, "exit": how.code, "result": result, "done": how.done}
    return _line(_beginning(run, tuple(planned)) | end)


def merged(lines: Mapping[str, Iterable[str]], current: str = "") -> list[JournalEntry]:
    """Return the operations of the hosts' journals, the newest first; `current` is the one in progress."""
    found: dict[str, dict[str, Any]] = {}
    hosts: dict[str, list[str]] = {}
    for host, journal in lines.items():
        for words in filter(None, map(_read, journal)):
            known = found.setdefault(words["run"], {})
            known |= {key: value for key, value in words.items() if value is not None}
            hosts.setdefault(words["run"], []).append(host)
    entries = [_entry(words, tuple(dict.fromkeys(hosts[run])), run == current) for run, words in found.items()]
    return sorted(entries, key=lambda entry: entry.run, reverse=True)


def _beginning(run: Run, planned: tuple[str, ...]) -> dict[str, Any]:
    named = list(planned[:NAMED])
    return {
        "run": run.id, "task": run.task, "by": run.by, "began": run.since, "planned": named, "of": len(planned),
    }  # fmt: skip


def _line(words: Mapping[str, Any]) -> str:
    return json.dumps(words, ensure_ascii=False)


def _brief(text: str) -> str:
    first = next(iter(text.strip().splitlines()), "")
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 3]}..."


def _read(line: str) -> dict[str, Any] | None:
    """Return the words of a line, or None where a power cut has truncated it."""
    try:
        words = json.loads(line)
    except ValueError:
        return None
    return words if isinstance(words, dict) and isinstance(words.get("run"), str) else None


def _entry(words: Mapping[str, Any], hosts: tuple[str, ...], current: bool) -> JournalEntry:
    known = {key: value for key, value in words.items() if key in JournalEntry.__dataclass_fields__}
    known |= {"planned": tuple(words.get("planned", ())), "hosts": hosts}
    if current and not known.get("ended"):
        known["result"] = Unfinished.IN_PROGRESS
    return JournalEntry(**known)


def as_dict(entry: JournalEntry) -> dict[str, Any]:
    """Return an entry for JSON."""
    shown = asdict(entry)
    # As in status, where `planned` is a number.
    targets, planned = shown.pop("planned"), shown.pop("of")
    return {**shown, "targets": targets, "planned": planned}
