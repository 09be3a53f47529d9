"""Ending: how a task ends whose operation has exit codes of its own."""

from collections.abc import Callable

from invoke.exceptions import Exit

from kafka_fab.locking.operation_error import OperationError


def finish(carry_out: Callable[[], int]) -> None:
    """Carry out an operation; raise Exit with its exit code, and with the reason where it ended early."""
    try:
        code = carry_out()
    except OperationError as ended:
        raise Exit(ended.text, code=ended.exit_code) from ended
    if code:
        raise Exit(code=code)
