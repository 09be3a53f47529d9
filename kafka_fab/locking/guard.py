"""Guard: the lock of a task that changes a live cluster, from before the gate is asked until the change is proven."""

import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType

from invoke.exceptions import Exit

from kafka_fab.locking import journal
from kafka_fab.locking.host_locks import Held, Locks
from kafka_fab.locking.journal import Outcome
from kafka_fab.locking.lock_refusal import refusal, way_on
from kafka_fab.locking.operation_error import INTERRUPTED, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run, new_run
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import PASS
from kafka_fab.runbook.codes import LockCode, coded


class Guard:
    """The lock of all hosts while a task is at work, and its entry in their journals.

    A task that nobody needs to go on with: its lock ends with it, also where it is killed. `planned` is what it is
    about to change. With `force` also where no more than half of the hosts can be locked.
    """

    def __init__(self, hosts: Fleet, task: str, planned: Iterable[str], force: bool = False) -> None:
        self.run = new_run(task, ())
        self._planned, self._force, self._began = tuple(planned), force, time.monotonic()
        self._locks = Locks(hosts, self.run, journal.begun(self.run, self._planned))
        self.left: Run | None = None
        self._failure = ""

    def __enter__(self) -> "Guard":
        """Take the locks; raise Exit that tells who holds them, since when, and how far that is."""
        try:
            self._take()
        except OperationError as ended:
            self._locks.release()
            raise Exit(ended.text, code=ended.exit_code) from ended
        return self

    def _take(self) -> None:
        try:
            self._locks.take(PASS)
        except Held as taken:
            raise OperationError(taken.exit_code, refusal(self._locks.hosts, taken), taken.code) from taken
        self._refuse_minority()
        self.left = self._locks.left()
        self._refuse_steps()
        if self.left:
            words = f"{self.left.name} has not come to its end: {way_on(self.left.task)}"
            print(coded(f"note: {words}", LockCode.UNFINISHED), file=sys.stderr)

    def _refuse_minority(self) -> None:
        absent = "; ".join(f"{host}: {reason}" for host, reason in self._locks.absent.items())
        if self._locks.has_majority:
            return
        text = f"no more than half of the hosts can be locked, so that another operation may be under way: {absent}"
        if not self._force:
            raise OperationError(PREFLIGHT, text, LockCode.MINORITY)
        print(coded(f"note: {text}", LockCode.MINORITY), file=sys.stderr)

    def _refuse_steps(self) -> None:
        busy = self._locks.under_way()
        if busy:
            who = f"{self.left.name} was cut off, and its" if self.left else "a"
            text = f"{who} step is still at work on {', '.join(sorted(busy))}: wait for its end"
            raise OperationError(PREFLIGHT, text, LockCode.STEP_AT_WORK)
        # What a killed task has begun to stop stops all the same; until then the gate may take it for one that is up.
        stopping = [f"{units} on {host}" for host, units in sorted(self._locks.stopping().items())]
        if stopping and not self._force:
            text = f"{', '.join(stopping)} is stopping: wait for its end"
            raise OperationError(PREFLIGHT, text, LockCode.SERVICE_STOPPING)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Write down how the task has ended, and give the locks back."""
        how = outcome(error) if error or not self._failure else Outcome(1, self._failure)
        how = replace(how, seconds=time.monotonic() - self._began)
        try:
            self._locks.end_task(journal.ended(self.run, self._planned, how))
        except OperationError as ended:
            print(f"note: {ended.text}", file=sys.stderr)

    def failed(self, reason: str) -> None:
        """Have the journal tell why the task has failed, if it has, where that is no exception."""
        self._failure = reason

    def tell(self, far: str) -> None:
        """Write down how far the task is, for whoever is refused meanwhile."""
        self._locks.tell(far)

    def own(self, run: Run) -> None:
        """From now on a kill leaves a run that somebody must go on with; raise OperationError."""
        self._locks.own(run)

    def disown(self, run: Run) -> None:
        """Write down that such a run has come to its end; raise OperationError."""
        self._locks.disown(run)


def outcome(error: BaseException | None) -> Outcome:
    """Return how a task has ended: without an error, or by one."""
    if error is None:
        return Outcome()
    if isinstance(error, KeyboardInterrupt):
        return Outcome(INTERRUPTED, "interrupted")
    if isinstance(error, Exit):
        return Outcome(error.code, str(error.message or "failed"))
    return Outcome(1, str(error) or type(error).__name__)
