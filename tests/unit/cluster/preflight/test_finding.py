"""A check of preflight: its code."""

import ast
import re
from pathlib import Path

import pytest

from kafka_fab.cluster.preflight import finding
from kafka_fab.cluster.preflight.finding import CODES, ERROR, Finding
from kafka_fab.cluster.preflight.host_check import EXPECTED
from kafka_fab.cluster.preflight.install_drift import KINDS
from kafka_fab.runbook.codes import PreflightCode

ROOM = Path(finding.__file__).parent
LIBRARY = ROOM.parents[1] / "remote/scripts/library"


def named() -> set[str]:
    """The checks that the room's code names where it makes a finding."""
    trees = [ast.parse(file.read_text()) for file in ROOM.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    first = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]
    return {str(word.value) for word in first if isinstance(word, ast.Constant)}


def foreign() -> set[str]:
    """What the library's scripts call foreign."""
    return {kind for file in LIBRARY.glob("*.sh") for kind in re.findall(r"say foreign ([\w-]+)", file.read_text())}


def test_every_check_has_a_code_of_its_own() -> None:
    assert len(named()) > 20
    assert named() <= set(CODES)


def test_every_kind_that_a_host_reports_has_one() -> None:
    assert set(EXPECTED) | foreign() | (KINDS - {"in-place"}) <= set(CODES)


def test_what_a_script_failed_at_otherwise_has_the_code_for_that() -> None:
    assert Finding("record", "k1", ERROR, "No space left on device").code is PreflightCode.OTHER


@pytest.mark.parametrize("what", ["disk", "clocks", "tree"])
def test_a_finding_has_the_code_of_its_check(what: str) -> None:
    assert Finding(what, "k1", ERROR, "x").code is CODES[what]
