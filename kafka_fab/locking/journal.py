"""Journal: what was done to a cluster, an operation an entry; its hosts keep it, a line of JSON each. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from typing import Any

from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.run_record import Run, stamp

# So many of what was planned are named; the journal is bounded, and a cluster may be large.
NAMED = 20
LONGEST = 200
UNDER_WAY, CUT_OFF, ABANDONED = "under way", "cut off", "abandoned"


@dataclass(frozen=True)
class JournalEntry:
    """An operation: who began it, from where and when, what was planned, and how it has ended, if it has."""

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
    result: str = CUT_OFF
    hosts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Outcome:
    """How an operation has ended: its exit code, in words, after how long, how many of what was planned are done."""

    code: int = 0
    result: str = "done"
    seconds: float = 0.0
    done: int | None = None


def begun(run: Run, planned: Iterable[str]) -> str:
    """Return the line with which an operation begins."""
    return _line(_beginning(run, tuple(planned)))


def ended(run: Run, planned: Iterable[str], how: Outcome) -> str:
    """Return the line with which an operation ends; it tells all of it, also where the first one is gone."""
    seconds, result = round(how.seconds, 2), _brief(how.result)
    end = {"ended": stamp(), "seconds": seconds, "exit": how.code, "result": result, "done": how.done}
    return _line(_beginning(run, tuple(planned)) | end)


def merged(lines: Mapping[str, Iterable[str]], at_work: str = "") -> list[JournalEntry]:
    """Return the operations that hosts' journals tell of, the newest first; `at_work` is the one under way."""
    found: dict[str, dict[str, Any]] = {}
    hosts: dict[str, list[str]] = {}
    for host, told in lines.items():
        for words in filter(None, map(_read, told)):
            known = found.setdefault(words["run"], {})
            known |= {key: value for key, value in words.items() if value is not None}
            hosts.setdefault(words["run"], []).append(host)
    entries = [_entry(words, tuple(dict.fromkeys(hosts[run])), run == at_work) for run, words in found.items()]
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
    """Return what a line tells, or nothing where a power cut has left a part of it."""
    try:
        words = json.loads(line)
    except ValueError:
        return None
    return words if isinstance(words, dict) and isinstance(words.get("run"), str) else None


def _entry(words: Mapping[str, Any], hosts: tuple[str, ...], at_work: bool) -> JournalEntry:
    known = {key: value for key, value in words.items() if key in JournalEntry.__dataclass_fields__}
    known |= {"planned": tuple(words.get("planned", ())), "hosts": hosts}
    if at_work and not known.get("ended"):
        known["result"] = UNDER_WAY
    return JournalEntry(**known)


def as_dict(entry: JournalEntry) -> dict[str, Any]:
    """Return an entry as JSON has it."""
    shown = asdict(entry)
    # As in status, where `planned` is a number.
    targets, planned = shown.pop("planned"), shown.pop("of")
    return {**shown, "targets": targets, "planned": planned}
