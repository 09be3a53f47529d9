"""Guard: the lock of a task that changes a live cluster, from before its checks until the change is verified."""

import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType

from invoke.exceptions import Exit

from kafka_fab.locking import journal
from kafka_fab.locking.host_locks import Held, Locks
from kafka_fab.locking.journal import Outcome
from kafka_fab.locking.lock_refusal import how_to_continue, refusal
from kafka_fab.locking.operation_error import INTERRUPTED, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run, new_run
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import LockMode
from kafka_fab.runbook.codes import LockCode, coded


class Guard:
    """The lock of all hosts while a task runs, and its entry in their journals.

    For a task that is not resumed: its lock ends with it, also where it is killed. `planned` is what it is about to
    change. With `force` also where no more than half of the hosts can be locked.
    """

    def __init__(self, hosts: Fleet, task: str, planned: Iterable[str], force: bool = False) -> None:
        self.run = new_run(task, ())
        self._planned, self._force, self._began = tuple(planned), force, time.monotonic()
        self._locks = Locks(hosts, self.run, journal.begun(self.run, self._planned))
        self.left: Run | None = None
        self._failure = ""

    def __enter__(self) -> "Guard":
        """Take the locks; raise Exit with the holder, since when, and its progress."""
        try:
            self._take()
        except OperationError as error:
            self._locks.release()
            raise Exit(error.text, code=error.exit_code) from error
        return self

    def _take(self) -> None:
        try:
            self._locks.take(LockMode.PASS)
        except Held as taken:
            raise OperationError(taken.exit_code, refusal(self._locks.hosts, taken), taken.code) from taken
        self._refuse_minority()
        self.left = self._locks.left()
        self._refuse_steps()
        if self.left:
            words = f"{self.left.name} was interrupted: {how_to_continue(self.left.task)}"
            print(coded(f"note: {words}", LockCode.UNFINISHED), file=sys.stderr)

    def _refuse_minority(self) -> None:
        absent = "; ".join(f"{host}: {reason}" for host, reason in self._locks.absent.items())
        if self._locks.has_majority:
            return
        text = f"no more than half of the hosts can be locked, so another operation may be in progress: {absent}"
        if not self._force:
            raise OperationError(PREFLIGHT, text, LockCode.MINORITY)
        print(coded(f"note: {text}", LockCode.MINORITY), file=sys.stderr)

    def _refuse_steps(self) -> None:
        busy = self._locks.running_steps()
        if busy:
            whose = f"{self.left.name} was interrupted, and its" if self.left else "a"
            text = f"{whose} step is still running on {', '.join(sorted(busy))}: wait until it ends"
            raise OperationError(PREFLIGHT, text, LockCode.STEP_AT_WORK)
        # A service that a killed task was stopping goes on stopping; until it is down it may count as up.
        stopping = [f"{units} on {host}" for host, units in sorted(self._locks.stopping().items())]
        if stopping and not self._force:
            text = f"{', '.join(stopping)} is stopping: wait until it has stopped"
            raise OperationError(PREFLIGHT, text, LockCode.SERVICE_STOPPING)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Record how the task ended, and release the locks."""
        how = outcome(error) if error or not self._failure else Outcome(1, self._failure)
        how = replace(how, seconds=time.monotonic() - self._began)
        try:
            self._locks.end_task(journal.ended(self.run, self._planned, how))
        except OperationError as failure:
            print(f"note: {failure.text}", file=sys.stderr)

    def failed(self, reason: str) -> None:
        """Record the reason of a failure that is no exception, for the journal."""
        self._failure = reason

    def report_progress(self, progress: str) -> None:
        """Record the progress of the task on the hosts, for another operator's refusal."""
        self._locks.report_progress(progress)

    def begin_resumable(self, run: Run) -> None:
        """Record on every host a run that must be resumed if this process is killed; raise OperationError."""
        self._locks.begin_resumable(run)

    def end_resumable(self, run: Run) -> None:
        """Record on every host that such a run has ended; raise OperationError."""
        self._locks.end_resumable(run)


def outcome(error: BaseException | None) -> Outcome:
    """Return the outcome of a task that ended with or without an error."""
    if error is None:
        return Outcome()
    if isinstance(error, KeyboardInterrupt):
        return Outcome(INTERRUPTED, "interrupted")
    if isinstance(error, Exit):
        return Outcome(error.code, str(error.message or "failed"))
    return Outcome(1, str(error) or type(error).__name__)
