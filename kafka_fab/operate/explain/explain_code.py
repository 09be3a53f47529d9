"""Explain code: one entry of the runbook, or the list of all."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from textwrap import fill
from typing import Any

from invoke.exceptions import Exit

from kafka_fab.output.json_document import document
from kafka_fab.runbook import catalogue
from kafka_fab.runbook.entry import PAGE, Entry
from kafka_fab.typed_command import FAB, as_typed

WIDTH = 80
UNKNOWN = 2


def explain(typed: str, json: bool = False) -> None:
    """Print the entry of a code, or without one all codes; exit with 2 where there is no such code."""
    entries = [_entry(typed)] if typed else list(catalogue.ENTRIES.values())
    if json:
        print(document("explain", None, {"entries": [as_dict(one) for one in entries]}))
    else:
        print(text(entries[0]) if typed else overview(entries))


def _entry(typed: str) -> Entry:
    found = catalogue.find(typed)
    if found is None:
        raise Exit("\n".join(_suggestion(typed)), code=UNKNOWN)
    return found


def _suggestion(typed: str) -> Iterator[str]:
    near = catalogue.similar(typed)
    yield f"there is no code {typed}: " + ("did you mean" if near else f"`{FAB} explain` lists all")
    yield from (f"  {one.code:<4}  {one.title}" for one in near)


def text(entry: Entry) -> str:
    """Return an entry for a terminal."""
    lines = [f"{entry.code}: {entry.title}", "", _wrapped(as_typed(entry.meaning)), "", "likely causes:"]
    lines += [_wrapped(as_typed(cause), "  - ", "    ") for cause in entry.causes]
    lines += ["", "commands:"]
    for command in entry.commands:
        lines += [f"  {as_typed(command.command)}", _wrapped(as_typed(command.purpose), "      ", "      ")]
    return "\n".join([*lines, "", f"page: {entry.anchor}"])


def _wrapped(words: str, first: str = "", others: str = "") -> str:
    return fill(words, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def overview(entries: Iterable[Entry]) -> str:
    """Return all codes with their titles, area by area."""
    lines: list[str] = []
    for area, members in catalogue.by_area(entries):
        lines += [area, *(f"  {one.code:<4}  {one.title}" for one in members), ""]
    return "\n".join([*lines, f"`{FAB} explain CODE` shows causes and commands; all on one page: {PAGE}"])


def as_dict(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON has it."""
    return asdict(entry) | {"page": entry.anchor}
