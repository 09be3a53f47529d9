"""The catalogue: every code has an entry, every entry is worth reading, and every code is said somewhere."""

import ast
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from kafka_fab.cluster.folder import HOME
from kafka_fab.runbook import catalogue
from kafka_fab.runbook.codes import (
    AccessCode,
    CertificateCode,
    Code,
    ConfigCode,
    HostCode,
    LockCode,
    MoveCode,
    PreflightCode,
    RollCode,
    StatusCode,
    UpgradeCode,
    ValidateCode,
    coded,
)
from kafka_fab.runbook.entry import Entry
from tools.pages.commands import problems

AREAS = {
    "R": RollCode,
    "S": StatusCode,
    "V": ValidateCode,
    "P": PreflightCode,
    "L": LockCode,
    "H": HostCode,
    "A": AccessCode,
    "T": CertificateCode,
    "M": MoveCode,
    "U": UpgradeCode,
    "C": ConfigCode,
}
TYPED = ("fab", "ssh", "ssh-add", "ssh-keygen", "getent", "ping", "git", "ls", "openssl")
ATTACHED = tuple(AREAS.values())
EVERY = tuple(code for area in AREAS.values() for code in area)
LIBRARY = HOME / "kafka_fab"


@cache
def used() -> frozenset[str]:
    """Return each code that the library names outside of the runbook, as Area.NAME."""
    files = (file for file in LIBRARY.rglob("*.py") if file.parent != LIBRARY / "runbook")
    return frozenset(name for file in files for name in _named(file))


def _named(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def test_every_code_that_the_library_names_is_there() -> None:
    there = {f"{type(code).__name__}.{code.name}" for code in EVERY}
    areas = tuple(f"{area.__name__}." for area in AREAS.values())
    assert {name for name in used() if name.startswith(areas)} <= there


@pytest.mark.parametrize("area", ATTACHED)
def test_every_code_is_said_by_a_message(area: type[Code]) -> None:
    named = used()
    assert [code for code in area if f"{area.__name__}.{code.name}" not in named] == []


def test_each_area_is_known_here() -> None:
    assert set(AREAS.values()) == set(Code.__subclasses__())


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert list(catalogue.ENTRIES) == list(EVERY)


@pytest.mark.parametrize("code", EVERY)
def test_a_code_is_its_area_s_letter_and_a_number_that_is_its_own(code: Code) -> None:
    letter = next(letter for letter, area in AREAS.items() if isinstance(code, area))
    assert re.fullmatch(letter + "[1-9][0-9]*", code)
    assert Counter(EVERY)[code] == 1


@pytest.mark.parametrize("entry", catalogue.ENTRIES.values(), ids=list(catalogue.ENTRIES))
def test_an_entry_is_worth_reading_at_night(entry: Entry) -> None:
    assert 10 <= len(entry.title) <= 70
    assert not entry.title.endswith(".")
    assert entry.meaning.endswith(".")
    assert len(entry.meaning) >= 60
    assert entry.causes
    assert all(cause.endswith((".", ")")) for cause in entry.causes)
    assert entry.commands
    assert all(command.purpose and not command.purpose.endswith(".") for command in entry.commands)


@pytest.mark.parametrize("entry", catalogue.ENTRIES.values(), ids=list(catalogue.ENTRIES))
def test_the_commands_of_an_entry_can_be_typed(entry: Entry) -> None:
    commands = [command.command for command in entry.commands]
    assert len(set(commands)) == len(commands)
    assert all(shlex.split(command)[0] in TYPED for command in commands)
    text = "\n".join(f"    {command}" for command in commands)
    assert list(problems(text)) == []


@pytest.mark.parametrize("entry", catalogue.ENTRIES.values(), ids=list(catalogue.ENTRIES))
def test_an_entry_refers_to_entries_that_are_there(entry: Entry) -> None:
    words = " ".join((entry.title, entry.meaning, *entry.causes))
    named = set(re.findall(r"\b[A-Z][0-9]+\b", words))
    assert named <= set(catalogue.ENTRIES) | set(re.findall(r"\b(?:KIP|PID)[0-9]+\b", words))


def test_what_is_named_by_a_line_is_found() -> None:
    for typed in ("R4", "r4", "[R4]", " [r4] "):
        assert catalogue.find(typed) is catalogue.ENTRIES["R4"]
    assert catalogue.find("R") is None


def test_what_may_be_meant() -> None:
    assert [entry.code for entry in catalogue.similar("min isr")] == ["R5", "S2", "S3"]
    assert "R4" in {entry.code for entry in catalogue.similar("R444")}
    assert catalogue.similar("no such thing") == ()


def test_areas_are_listed_in_their_order() -> None:
    listed = list(catalogue.by_area(catalogue.ENTRIES.values()))
    assert [title[:2] for title, _ in listed] == [f"{letter}:" for letter in AREAS]
    assert list(chain.from_iterable(members for _, members in listed)) == list(catalogue.ENTRIES.values())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("broker 2 is down", "broker 2 is down [R4]"),
        ("not safe to stop:\n    orders-1 ...", "not safe to stop [R4]:\n    orders-1 ..."),
        ("one\ntwo", "one [R4]\ntwo"),
    ],
)
def test_a_code_stands_at_the_end_of_the_first_line(text: str, shown: str) -> None:
    assert coded(text, RollCode.NO_SPARE_REPLICA) == shown
