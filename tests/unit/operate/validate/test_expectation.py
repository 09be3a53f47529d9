"""A check of validate: its code, and where it is shown."""

import ast
from pathlib import Path

import pytest

from kafka_fab.operate.validate import expectation, smoke
from kafka_fab.operate.validate.expectation import CODES, Expectation, same
from kafka_fab.operate.validate.validate import _table
from kafka_fab.runbook.codes import ValidateCode

ROOM = Path(expectation.__file__).parent


def made() -> set[str]:
    """The checks that the room's code names where it makes an expectation."""
    trees = [ast.parse(file.read_text()) for file in ROOM.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    makers = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("Expectation", "same")]
    return {str(call.args[0].value) for call in makers if isinstance(call.args[0], ast.Constant)}


def test_every_check_has_a_code_and_every_code_a_check() -> None:
    assert made() == set(CODES)


def test_a_check_without_a_code_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        Expectation("colour", "k1", "green", "red", ok=False)


def test_a_failed_check_ends_with_its_code() -> None:
    rows = _table((same("myid", "k1", "1", "1"), same("rack", "k1", "a", "b"))).splitlines()
    assert [row.endswith("[V14]") for row in rows] == [False, False, True]


def test_a_broker_without_its_message_is_shown_with_the_code() -> None:
    assert smoke.SmokeResult("k1", 1, "timed out").shown == f"timed out [{ValidateCode.NOT_PRODUCED}]"
    assert smoke.SmokeResult("k1", 1, smoke.OK).shown == smoke.OK
