"""Ownership: the lock of all hosts while partitions move, so that no roll meets them; and a killed run's lock."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tasks.live.topic import Unwilling
from tasks.operate.roll.locks import Held, Locks, look
from tasks.operate.roll.options import Options
from tasks.operate.roll.record import Ended, Run, run_of
from tasks.operate.roll.runs import new_run
from tasks.operate.topics.signals import uncut, undisturbed
from tasks.remote.fleet import Fleet

TASK = "topics.apply"


class Unfinished(Unwilling):
    """A run that could not clear its throttles."""


@contextmanager
def locked(hosts: Fleet, topics: Iterable[str], throttle: int) -> Iterator[None]:
    """Hold the lock of every host while some topics move; raise Unwilling that tells who holds it.

    Topics and throttle stand in it, so that whoever comes after a kill knows what to clear.
    """
    run = new_run(Options(task=TASK), ())
    run = Run(run.id, run.user, run.machine, run.since, TASK, tuple(topics), accepted=(str(throttle),))
    with _held(hosts, run, new=True):
        yield


@contextmanager
def taken_over(hosts: Fleet, run: Run) -> Iterator[None]:
    """Hold the lock that a killed run of ours has left; raise Unwilling where it is at work after all."""
    with _held(hosts, run, new=False):
        yield


def left_behind(hosts: Fleet) -> Run | None:
    """Return the run of ours that was killed, or that is at work; None if there is none; raise Unwilling."""
    try:
        with uncut():
            owners = [found.get("owner", {}) for found in look(hosts, lambda _: []).values()]
    except Ended as ended:
        raise Unwilling(ended.text) from ended
    return next((run_of(words) for words in owners if words.get("run") and words.get("task") == TASK), None)


def throttle_of(run: Run) -> int:
    """Return a run's throttle in bytes/s."""
    return int(next(iter(run.accepted), "0"))


@contextmanager
def _held(hosts: Fleet, run: Run, new: bool) -> Iterator[None]:
    locks = Locks(hosts, run)
    try:
        with uncut():
            _take(locks, new)
        yield
    except Unfinished:
        # The next run finds its name on the hosts, and clears what is left.
        locks.release()
        raise
    except BaseException:
        _end(locks)
        raise
    _end(locks)


def _take(locks: Locks, new: bool) -> None:
    try:
        locks.take(new)
    except Held as held:
        raise Unwilling(_refusal(held)) from held
    except Ended as ended:
        raise Unwilling(ended.text) from ended


def _end(locks: Locks) -> None:
    try:
        with undisturbed():
            locks.end("")
    except Ended as ended:
        raise Unwilling(ended.text) from ended


def _refusal(held: Held) -> str:
    run = held.run
    who = f"{run.task} {run.id} of {run.user}@{run.machine}, since {run.since}"
    if held.how == "held":
        return f"no partition is moved while another operation is under way: {who}: wait for its end"
    if run.task == TASK:
        return f"{who} was cut off: run `fab topics.apply` again, which ends what it has begun"
    return (
        f"no partition is moved while {who} has not come to its end: `fab rolling-restart --resume` goes on with it, "
        "`--abandon` gives it up"
    )
