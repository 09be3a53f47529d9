"""Commands: whether each task and switch that a page names exists."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

from fabric.main import program
from invoke.tasks import Task

import fabfile
from lab.machine import CHECKOUT
from tools.pages import markdown, page

SWITCH = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Programs of this checkout, beside fab, with the files that say which switches they take.
OURS = {"./demo": "demo", "./check": "check", "docs/refresh": "docs/refresh", "pytest": "tests/infra/conftest.py"}


def _flags(task: Task[Any]) -> set[str]:
    # By its signature: Invoke's own parser takes the help texts out of a task when it reads them.
    _, *parameters = signature(task.body).parameters.values()
    names = {parameter.name.strip("_").replace("_", "-"): parameter.default is True for parameter in parameters}
    return {f"--{name}" for name in names} | {f"--no-{name}" for name, is_on in names.items() if is_on}


TASKS = {name: _flags(fabfile.namespace[name]) for name in fabfile.namespace.task_names}
CORE = {f"--{name}" for argument in program.core_args() for name in argument.names if len(name) > 1}


@cache
def known() -> set[str]:
    """Return every switch of every program."""
    scripts = [set(SWITCH.findall((CHECKOUT / file).read_text())) for file in OURS.values()]
    return CORE.union(*TASKS.values(), *scripts, {"--hosts"})


def problems(text: str) -> Iterator[str]:
    """Yield the tasks and switches of a page that are not there."""
    rest = page.without_outputs(text)
    shown = ((block.line, line) for block in page.blocks(text) for line in (*block.before, *block.shown, *block.after))
    for number, command in (*shown, *markdown.commands(rest)):
        yield from (f"{number}: `{command}`: {what}" for what in _of_command(command))
    for number, line in markdown.prose(rest):
        named = SWITCH.findall(markdown.SPAN.sub("", line))
        yield from (f"{number}: no program has the switch {word}" for word in named if word not in known())


def _of_command(command: str) -> Iterator[str]:
    first, *words = _words(command) or [""]
    if first in ("fab", "kafka-fab"):
        yield from _of_fab(words)
    elif first in OURS or first.startswith("--"):
        yield from (f"nothing has the switch {word}" for word in SWITCH.findall(command) if word not in known())


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # an apostrophe in a sentence
        return command.split()


def _of_fab(words: list[str]) -> Iterator[str]:
    flags: set[str] = set()
    before = ""
    # In a fabfile of the user's ours have a prefix: docs/templates.md.
    for word in (word.removeprefix("kafka.") for word in words):
        if word in ("--", "|", "&&", ";", ">"):
            return
        if word in TASKS:
            flags = TASKS[word]
        elif SWITCH.match(word) and word.partition("=")[0] not in flags | CORE:
            yield f"there is no {word} there"
        elif not flags and re.fullmatch(r"[a-z][a-z.-]*", word) and not before.startswith("-"):
            yield f"there is no task {word}"
        before = word


def in_table(readme: Path) -> Iterator[str]:
    """Yield the tasks that the README's table lacks, and those that it has too many."""
    section = readme.read_text().partition("\n## The tasks\n")[2].partition("\n## ")[0]
    cells = (line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `"))
    named = {span.split()[0] for cell in cells for span in markdown.SPAN.findall(cell)}
    yield from (f"the table of tasks lacks {name}" for name in sorted(set(TASKS) - named))
    yield from (f"the table of tasks has {name}, which is no task" for name in sorted(named - set(TASKS)))
