"""Messages name the command as it was typed: `fab` in a checkout, `kafka-fab` where it is installed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_fab import typed_command
from kafka_fab.cluster.folder import HOME
from kafka_fab.operate.explain import explain_code
from kafka_fab.runbook import catalogue


@pytest.mark.parametrize(
    ("program", "typed"),
    [
        ("/root/.local/bin/kafka-fab", "kafka-fab"),
        ("kafka-fab", "kafka-fab"),
        ("/srv/kafka-fab/.venv/bin/fab", "fab"),
        ("/usr/lib/python3/dist-packages/pytest/__main__.py", "fab"),
        ("", "fab"),
    ],
)
def test_the_command_is_the_one_that_was_typed(program: str, typed: str) -> None:
    assert typed_command.command(program) == typed


def test_the_runbook_says_what_was_typed_and_nothing_else_changes() -> None:
    text = "Run fab stop, `fab -H a start` or kafka-fab status; ./fab x, fabric.yaml stay"
    assert (
        typed_command.as_typed(text, "kafka-fab")
        == "Run kafka-fab stop, `kafka-fab -H a start` or kafka-fab status; ./fab x, fabric.yaml stay"
    )


def test_explain_prints_commands_as_they_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_code, "as_typed", lambda text: typed_command.as_typed(text, "kafka-fab"))
    for entry in catalogue.ENTRIES.values():
        assert not typed_command.WRITTEN.search(explain_code.text(entry))


def literals(source: str) -> Iterator[str]:
    """Yield the strings of a module that are not docstrings."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("room", [HOME / "kafka_fab", HOME / "tasks"], ids=lambda path: path.name)
def test_no_message_spells_the_command_itself(room: Path) -> None:
    spelt = [
        f"{file.relative_to(HOME)}: {text}"
        for file in room.rglob("*.py")
        if "runbook" not in file.parts
        for text in literals(file.read_text())
        if typed_command.WRITTEN.search(text)
    ]
    assert spelt == []


def test_no_message_of_a_host_spells_the_command_itself() -> None:
    spelt = [
        f"{file.name}: {line}"
        for file in (HOME / "kafka_fab").rglob("*.sh")
        for line in file.read_text().splitlines()
        if not line.lstrip().startswith("#") and typed_command.WRITTEN.search(line)
    ]
    assert spelt == []
