"""A part of the services stopped by hand: what refuses it, and whether it is worth waiting that it passes."""

from __future__ import annotations

import pytest

from kafka_fab.gate.state import Blocker
from kafka_fab.operate.lifecycle.partial_stop import decided, refusing

NOBODY: frozenset[str] = frozenset()


def of(*rules: str) -> tuple[Blocker, ...]:
    return tuple(Blocker(rule, "orders-0", "a reason", lasting=rule == "R4") for rule in rules)


@pytest.mark.parametrize(
    ("rules", "force", "may_lose", "refused"),
    [
        (("R4", "R6"), False, NOBODY, ("R4", "R6")),
        (("R4", "R6", "C1"), True, NOBODY, ()),
        (("R2", "R6"), True, NOBODY, ("R2",)),
        (("R2", "R6"), True, frozenset({"orders"}), ()),
        (("R2",), False, frozenset({"orders"}), ("R2",)),
    ],
)
def test_by_force_only_a_loss_that_was_not_accepted_refuses(
    rules: tuple[str, ...], force: bool, may_lose: frozenset[str], refused: tuple[str, ...]
) -> None:
    assert tuple(one.rule for one in refusing(of(*rules), force, may_lose)) == refused


@pytest.mark.parametrize(
    ("rules", "at_once"),
    [((), True), (("R6",), False), (("R2",), False), (("unknown",), False), (("C1",), True), (("R6", "R4"), True)],
)
def test_what_does_not_pass_by_itself_is_not_waited_for(rules: tuple[str, ...], at_once: bool) -> None:
    assert decided(of(*rules)) is at_once


def test_nothing_that_force_ignores_is_waited_for() -> None:
    assert decided(refusing(of("R6", "C3", "unknown"), force=True, may_lose=NOBODY))
