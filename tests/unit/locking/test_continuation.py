"""How an interrupted roll is continued, or abandoned."""

import pytest

from kafka_fab.locking.lock_refusal import ROLLS, continuation, how_to_continue


@pytest.mark.parametrize(
    ("task", "command"),
    [
        ("rolling-restart", "fab rolling-restart --resume"),
        ("upgrade", "fab upgrade --resume"),
        ("upgrade.rollback", "fab upgrade --resume"),
        ("finalize", "fab finalize"),
        ("security.move", "fab security.move"),
    ],
)
def test_what_continues_a_roll(task: str, command: str) -> None:
    assert continuation(task) == command
    assert f"`{command}`" in how_to_continue(task)


def test_an_interrupted_upgrade_also_goes_back() -> None:
    assert "go back with `fab upgrade --rollback`" in how_to_continue("upgrade")
    assert "--rollback" not in how_to_continue("upgrade.rollback")


@pytest.mark.parametrize("task", ROLLS)
def test_every_roll_can_be_abandoned(task: str) -> None:
    command = "fab upgrade --abandon" if task.startswith("upgrade") else "fab rolling-restart --abandon"
    assert f"abandon it with `{command}`" in how_to_continue(task)
