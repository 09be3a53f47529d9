"""Move record: what the hosts keep while partitions move, so that the next run knows what a killed one has left."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking.guard import Guard
from kafka_fab.locking.lock_refusal import MOVING, ROLLS, how_to_continue
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.topics.defer_signals import defer_signals, ignore_signals


class MoveUnfinished(RequestRejected):
    """A run that could not remove its throttles."""


@contextmanager
def noted(guard: Guard, topics: Iterable[str], throttle: int) -> Iterator[None]:
    """Keep a record on every host while topics move; raise RequestRejected where a roll is unfinished.

    It has the topics and the throttle, for a run that comes after a kill.
    """
    left = guard.left
    if left and left.task in ROLLS:
        raise RequestRejected(f"cannot move partitions while {left.name} is unfinished: {how_to_continue(left.task)}")
    run = replace(guard.run, targets=tuple(topics), accepted=(str(throttle),))
    with defer_signals():
        _as_rejection(lambda: guard.begin_resumable(run))
    with taken_over(guard, run):
        yield


@contextmanager
def taken_over(guard: Guard, run: Run) -> Iterator[None]:
    """Remove the record from the hosts at the end, unless throttles are left."""
    try:
        yield
    except MoveUnfinished:
        # The next run finds the record, and removes what is left.
        raise
    except BaseException:
        _end_resumable(guard, run)
        raise
    _end_resumable(guard, run)


def left_behind(guard: Guard) -> Run | None:
    """Return the move that a killed run has left; None if there is none."""
    return guard.left if guard.left and guard.left.task == MOVING else None


def throttle_of(run: Run) -> int:
    """Return a run's throttle in bytes/s."""
    return int(next(iter(run.accepted), "0"))


def _end_resumable(guard: Guard, run: Run) -> None:
    with ignore_signals():
        _as_rejection(lambda: guard.end_resumable(run))


def _as_rejection(work: Callable[[], None]) -> None:
    try:
        work()
    except OperationError as ended:
        raise RequestRejected(ended.text) from ended
