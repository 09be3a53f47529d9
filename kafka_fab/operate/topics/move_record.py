"""Move record: what is written on all hosts while partitions move, so that a kill leaves word of what to clear."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from kafka_fab.live.topic import RequestRejected
from kafka_fab.locking.guard import Guard
from kafka_fab.locking.lock_refusal import MOVING, ROLLING, way_on
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.topics.defer_signals import uncut, undisturbed


class Unfinished(RequestRejected):
    """A run that could not clear its throttles."""


@contextmanager
def noted(guard: Guard, topics: Iterable[str], throttle: int) -> Iterator[None]:
    """Have a name on every host while some topics move; raise RequestRejected where a roll has not come to its end.

    Topics and throttle stand in it, so that whoever comes after a kill knows what to clear.
    """
    left = guard.left
    if left and left.task == ROLLING:
        raise RequestRejected(f"no partition is moved while {left.name} has not come to its end: {way_on(left.task)}")
    run = replace(guard.run, targets=tuple(topics), accepted=(str(throttle),))
    with uncut():
        _ask(lambda: guard.own(run))
    with taken_over(guard, run):
        yield


@contextmanager
def taken_over(guard: Guard, run: Run) -> Iterator[None]:
    """Take the name that a run of ours has on the hosts from them at the end, but where something is left to clear."""
    try:
        yield
    except Unfinished:
        # The next run finds its name on the hosts, and clears what is left.
        raise
    except BaseException:
        _disown(guard, run)
        raise
    _disown(guard, run)


def left_behind(guard: Guard) -> Run | None:
    """Return the move of ours that was cut off; None if there is none."""
    return guard.left if guard.left and guard.left.task == MOVING else None


def throttle_of(run: Run) -> int:
    """Return a run's throttle in bytes/s."""
    return int(next(iter(run.accepted), "0"))


def _disown(guard: Guard, run: Run) -> None:
    with undisturbed():
        _ask(lambda: guard.disown(run))


def _ask(work: Callable[[], None]) -> None:
    try:
        work()
    except OperationError as ended:
        raise RequestRejected(ended.text) from ended
