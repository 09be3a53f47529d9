"""Log lines as events, and the events of several logs merged by time. Pure functions."""

import heapq
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

# `[2025-01-31 12:00:00,123]` of Kafka's layout, `[2025-01-31T12:00:00.123+0000]` of the JVM's.
STAMP = re.compile(r"\[(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[.,](\d{3})")


@dataclass(frozen=True)
class Source:
    """A log: a service's on a host."""

    host: str
    service: str


@dataclass(frozen=True)
class LogEvent:
    """An event of a log: a line with those that belong to it, such as a stack trace."""

    source: Source
    time: str
    lines: tuple[str, ...]


def time_of(line: str) -> str:
    """Return the time at the beginning of a line in a sortable form, or nothing."""
    found = STAMP.match(line)
    return f"{found[1]} {found[2]}.{found[3]}" if found else ""


def events(source: Source, lines: Iterable[str]) -> list[LogEvent]:
    """Return a log's lines as events; a line without a time belongs to the one before it."""
    gathered: list[list[str]] = []
    for line in lines:
        if gathered and not time_of(line):
            gathered[-1].append(line)
        else:
            gathered.append([line])
    found = [LogEvent(source, time_of(group[0]), tuple(group)) for group in gathered]
    if len(found) > 1 and not found[0].time:
        # The end of an event that begins before these lines: its time is unknown, but it is the first.
        found[0] = LogEvent(source, found[1].time, found[0].lines)
    return found


def merged(logs: Iterable[Sequence[LogEvent]]) -> list[LogEvent]:
    """Return the events of all logs by time; those of one log keep their order even if its clock went back."""
    timed = (zip(accumulate((event.time for event in log), max), log, strict=True) for log in logs)
    return [event for _, event in heapq.merge(*timed, key=lambda pair: pair[0])]
