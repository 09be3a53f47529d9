"""help: every task has examples that can be typed, every line fits 80 columns, and a misspelt name is suggested."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fabric.main import Fab

import fabfile
from kafka_fab import task_help
from kafka_fab.cluster.folder import HOME
from kafka_fab.operate.explain import explain_code
from kafka_fab.output import fitted_text
from kafka_fab.runbook import catalogue
from kafka_fab.task_names import equip
from tasks.examples import EXAMPLES
from tasks.namespace import GROUPS, collection, examples

WIDTH = 80
NAMES = sorted(name for name in fabfile.namespace.task_names if not name.startswith("lab."))


def run(*words: str) -> int:
    """Run the program in this process, without a task."""
    program = Fab(name="kafka-fab", binary="kafka-fab", binary_names=["kafka-fab"], namespace=collection())
    task_help.equip(program, examples)
    equip(program, GROUPS)
    with pytest.raises(SystemExit) as ended:
        program.run(["kafka-fab", *words])
    return int(ended.value.code or 0)


def parsed(words: str) -> list[str]:
    """Return the tasks that a command line names, as the program reads it."""
    program = Fab(name="kafka-fab", namespace=collection())
    program.create_config()
    program.parse_core(["kafka-fab", *shlex.split(words)])
    program.parse_collection()
    program.parse_tasks()
    return [context.name for context in program.tasks]


def test_every_task_has_a_page_and_examples() -> None:
    assert sorted(EXAMPLES) == NAMES
    for name, (page, uses) in EXAMPLES.items():
        assert (HOME / "docs" / page).is_file(), name
        assert uses, name


# Which positional arguments a task takes depends on what is typed: tasks/optional.py.
OPTIONAL = ("init", "explain", "help", "elect-leaders")
TYPED = [use for name, (_, uses) in EXAMPLES.items() if name not in OPTIONAL for use, _ in uses]


@pytest.mark.parametrize("words", TYPED)
def test_an_example_can_be_typed(words: str) -> None:
    name = next(name for name, (_, uses) in EXAMPLES.items() if words in [use for use, _ in uses])
    assert name in parsed(words)


@pytest.mark.parametrize("words", [("--list",), ("--help",), *((("--help", name)) for name in NAMES)])
def test_a_help_fits_80_columns(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoke.program.pty_size", lambda: (WIDTH, 24))
    assert run(*words) == 0
    said = capsys.readouterr().out
    assert not [line for line in said.splitlines() if len(line) > WIDTH]
    assert words[0] == "--list" or len(words) == 1 or "\nExamples:\n  kafka-fab " in said


@pytest.mark.parametrize("code", catalogue.ENTRIES)
def test_an_explanation_fits_80_columns_but_for_what_is_copied(code: str) -> None:
    entry = catalogue.ENTRIES[code]
    commands = {f"  {one.command}" for one in entry.commands}
    lines = explain_code.text(entry).splitlines()
    assert not [line for line in lines if len(line) > WIDTH and line not in commands and not line.startswith("page: ")]


def test_help_is_a_task_and_a_switch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help", "rolling-restart") == 0
    by_switch = capsys.readouterr().out
    assert by_switch.startswith("Usage: kafka-fab rolling-restart [--options]")
    assert "  kafka-fab rolling-restart --changed\n      only services" in by_switch
    assert run("help", "--task", "rolling-restart") == 0
    assert capsys.readouterr().out == by_switch
    assert run("help") == 0
    assert "Core options:" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("help", "--task", "instal"), ("--help", "instal")])
def test_a_misspelt_task_is_suggested(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 1
    assert capsys.readouterr().err == "No idea what 'instal' is! Did you mean install?\n"


def test_help_takes_its_task_as_the_next_word() -> None:
    fab = Path(sys.executable).with_name("fab")
    ended = subprocess.run([fab, "help", "plan"], cwd=HOME, capture_output=True, text=True, timeout=300, check=False)
    assert ended.stdout.startswith("Usage: fab plan [--options]")


WORDS = " ".join(["partition orders-1 is under-replicated"] * 9)
LONG = f"kafka1: {WORDS}: `fab status` (/a/very/long/path/of/a/file)"


@pytest.mark.parametrize("text", [LONG, f"    {LONG}", "short", "a\n\n  b", "x" * 200, f"first\n{LONG}\nlast"])
def test_a_message_fits_a_terminal_and_loses_no_word(text: str) -> None:
    fitted = fitted_text.to_width(text, WIDTH)
    assert fitted.split() == text.split()
    assert all(len(line) <= WIDTH or len(line.split()) == 1 for line in fitted.splitlines())
    assert fitted.splitlines()[0][:4] == text.splitlines()[0][:4]


def test_only_a_terminal_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream: Any = type("Stream", (), {"isatty": lambda _: False})()
    monkeypatch.setattr(sys, "stderr", stream)
    assert fitted_text.fitted(LONG) == LONG
    stream.isatty = lambda: True
    monkeypatch.setattr("shutil.get_terminal_size", lambda: type("Size", (), {"columns": 60}))
    assert all(len(line) <= 60 for line in fitted_text.fitted(LONG).splitlines())
