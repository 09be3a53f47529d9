"""Partial stop: the blockers, and which of them may pass after a while."""

from __future__ import annotations

import pytest

from kafka_fab.gate.state import Blocker
from kafka_fab.operate.lifecycle.partial_stop import decided, refusing
from kafka_fab.runbook.codes import RollCode

NOBODY: frozenset[str] = frozenset()


def of(*rules: str) -> tuple[Blocker, ...]:
    return tuple(Blocker(RollCode(rule), "orders-0", "a reason", lasting=rule == "R4") for rule in rules)


@pytest.mark.parametrize(
    ("rules", "force", "may_lose", "refused"),
    [
        (("R4", "R6"), False, NOBODY, ("R4", "R6")),
        (("R4", "R6", "R8"), True, NOBODY, ()),
        (("R2", "R6"), True, NOBODY, ("R2",)),
        (("R2", "R6"), True, frozenset({"orders"}), ()),
        (("R2",), False, frozenset({"orders"}), ("R2",)),
    ],
)
def test_with_force_only_a_loss_that_was_not_accepted_is_a_blocker(
    rules: tuple[str, ...], force: bool, may_lose: frozenset[str], refused: tuple[str, ...]
) -> None:
    assert tuple(one.code for one in refusing(of(*rules), force, may_lose)) == refused


@pytest.mark.parametrize(
    ("rules", "at_once"),
    [((), True), (("R6",), False), (("R2",), False), (("R24",), False), (("R8",), True), (("R6", "R4"), True)],
)
def test_a_blocker_that_does_not_pass_by_itself_ends_the_wait(rules: tuple[str, ...], at_once: bool) -> None:
    assert decided(of(*rules)) is at_once


def test_a_blocker_that_force_ignores_ends_the_wait() -> None:
    assert decided(refusing(of("R6", "R10", "R24"), force=True, may_lose=NOBODY))
