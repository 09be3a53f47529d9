"""Catalogue: every entry by its code, in the order of areas and numbers."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import groupby

from kafka_fab.runbook import (
    access_entries,
    certificate_entries,
    config_entries,
    host_entries,
    lock_entries,
    move_entries,
    preflight_entries,
    roll_entries,
    status_entries,
    upgrade_entries,
    validate_entries,
)
from kafka_fab.runbook.entry import Entry

AREAS = (
    roll_entries,
    status_entries,
    validate_entries,
    preflight_entries,
    lock_entries,
    host_entries,
    access_entries,
    certificate_entries,
    move_entries,
    upgrade_entries,
    config_entries,
)
ENTRIES: dict[str, Entry] = {entry.code: entry for area in AREAS for entry in area.ENTRIES}


def find(typed: str) -> Entry | None:
    """Return the entry of a code as it was typed or copied: R4, r4, [R4]."""
    return ENTRIES.get(_bare(typed))


def similar(typed: str) -> tuple[Entry, ...]:
    """Return the entries that may be meant: with all typed words in the title, else with a similar code."""
    words = typed.lower().split()
    titled = tuple(one for one in ENTRIES.values() if all(word in one.title.lower() for word in words))
    return titled or tuple(ENTRIES[code] for code in get_close_matches(_bare(typed), ENTRIES, n=3, cutoff=0.5))


def by_area(entries: Iterable[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield entries by area, after what the area is in a line: `R: the safety check ...`."""
    for kind, members in groupby(entries, key=lambda entry: type(entry.code)):
        yield (kind.__doc__ or "").rstrip("."), list(members)


def _bare(typed: str) -> str:
    return typed.strip("[] ").upper()
