"""How a task ends: with the exit code of its operation, and the reason where that ended early."""

import pytest
from invoke.exceptions import Exit

from kafka_fab.locking.operation_error import GATE, NOT_BACK, OperationError
from kafka_fab.operate import ending
from kafka_fab.runbook.codes import LockCode


def test_what_is_done_ends_with_nothing() -> None:
    ending.finish(lambda: 0)


def test_an_exit_code_has_been_explained_already() -> None:
    with pytest.raises(Exit) as raised:
        ending.finish(lambda: NOT_BACK)
    assert (raised.value.code, raised.value.message) == (NOT_BACK, None)


def test_what_ended_early_says_why() -> None:
    def refused() -> int:
        raise OperationError(GATE, "it is not safe", LockCode.UNFINISHED)

    with pytest.raises(Exit, match=r"^it is not safe \[") as raised:
        ending.finish(refused)
    assert raised.value.code == GATE
