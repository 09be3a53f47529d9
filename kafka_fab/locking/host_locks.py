"""Host locks: the locks of all hosts of the cluster, held by one run."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from shlex import join

from kafka_fab.cluster.change import Change, key_values, read_changes
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run, run_of
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import ForeignServices, Lease, LockMode, LockRequest, LockTaken
from kafka_fab.remote.node import owner_call, ownership_check
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import LockCode


class Held(OperationError):
    """The locks are held by another run that is in progress (`held`) or was interrupted (`unfinished`)."""

    def __init__(self, how: str, run: Run) -> None:
        self.how, self.run = how, run
        code = LockCode.HELD if how == "held" else LockCode.UNFINISHED
        super().__init__(PREFLIGHT, f"the locks are held by run {run.id}", code)


class Locks:
    """The leases of a run on all hosts of the cluster; `entry` is written to the journal when they are taken."""

    def __init__(self, hosts: Fleet, run: Run, entry: str = "") -> None:
        self.hosts, self.run, self._entry = hosts, run, entry
        self._holder = secrets.token_hex(4)
        self._leases: dict[str, Lease] = {}
        # Why hosts are not locked, for a task that does not need all of them.
        self.absent: dict[str, str] = {}

    def take(self, mode: LockMode) -> None:
        """Take every host's lock, or none; raise OperationError with the holder.

        In mode pass more than half of the hosts are enough: two such sets always share a host. The other hosts are
        in `absent`.
        """
        everyone = sorted(self.hosts.cluster.nodes)
        self.hosts.connect_ahead(everyone)
        try:
            # One host first: of two operators who begin at the same time only one gets it.
            while everyone and not self._leases:
                self._take([everyone.pop(0)], mode)
            self._take(everyone, mode)
        except OperationError:
            self.release()
            raise

    @property
    def has_majority(self) -> bool:
        """Return whether more than half of the hosts are locked."""
        return 2 * len(self._leases) > len(self.hosts.cluster.nodes)

    def renew(self, mode: LockMode) -> None:
        """Take the locks again that were lost with their connection; raise OperationError where that fails."""
        self._take([host for host, lease in self._leases.items() if not lease.held], mode)

    def running_steps(self) -> dict[str, set[str]]:
        """Return the units whose step was running on each host when its lock was taken."""
        return {host: set(lease.running_steps) for host, lease in self._leases.items() if lease.running_steps}

    def stopping(self) -> dict[str, str]:
        """Return the services that were stopping on each host when its lock was taken."""
        return {host: ", ".join(lease.stopping) for host, lease in self._leases.items() if lease.stopping}

    def left(self) -> Run | None:
        """Return the newest interrupted run that was found when the locks were taken."""
        runs = [run_of(lease.unfinished) for lease in self._leases.values() if lease.unfinished.get("run")]
        return max(runs, key=lambda run: run.id, default=None)

    def report_progress(self, progress: str) -> None:
        """Record the progress of the run on the hosts."""
        for lease in self._leases.values():
            lease.report_progress(progress)

    def release(self) -> None:
        """Release all locks."""
        for lease in self._leases.values():
            lease.release()

    def begin_resumable(self, run: Run) -> None:
        """Record on every host a run that must be resumed if this process is killed; raise OperationError."""
        self._send(f"begin_resumable {self.run.id} <<'~END'\n{run.words()}\n~END")

    def end_resumable(self, run: Run) -> None:
        """Record on every host that such a run has ended; raise OperationError."""
        self._send(join(("end_resumable", run.id)))

    def end(self, summary: str, entry: str = "") -> None:
        """Record on every host that the run has ended, with its summary; release the locks."""
        self._end(f"{join(('end_run', self.run.id, entry))} <<'~END'\n{summary}\n~END")

    def end_task(self, entry: str) -> None:
        """Record in every host's journal how a task ended; release the locks."""
        self._end(join(("end_task", self.run.id, entry)))

    def _end(self, text: str) -> None:
        try:
            self._send(text)
        finally:
            self.release()

    def _send(self, text: str) -> None:
        done = self.hosts.run(lambda c: _changes(c, text), self.run.task, self._leases)
        lost = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
        lost += [f"{p.host}: {x.name} {x.detail}" for p in done for x in p.value or () if x.status == "failed"]
        if lost:
            text = f"cannot record the progress on {'; '.join(lost)}"
            raise OperationError(PREFLIGHT, text, LockCode.NOT_WRITTEN)

    def _take(self, group: Iterable[str], mode: LockMode) -> None:
        def take(c: Connection) -> Lease | LockTaken | ForeignServices:
            words = self.run.words()
            claim = LockRequest(self.run.id, self._holder, words, mode, self._entry, ownership_check(c))
            try:
                return Lease(c, claim)
            except (LockTaken, ForeignServices) as refused:
                return refused

        done = self.hosts.run(take, self.run.task, list(group))
        self._leases |= {p.host: p.value for p in done if isinstance(p.value, Lease)}
        taken = next((p.value for p in done if isinstance(p.value, LockTaken)), None)
        if taken:
            raise Held(taken.state, run_of({"run": "?"} | taken.details))
        foreign = [f"{p.host}: {p.value}" for p in done if isinstance(p.value, ForeignServices)]
        if foreign:
            raise OperationError(PREFLIGHT, "\n".join(foreign), LockCode.FOREIGN_HOST)
        failed = {p.host: p.error for p in done if p.error}
        if failed and mode is not LockMode.PASS:
            reasons = "; ".join(f"{host}: {error}" for host, error in failed.items())
            text = f"every host of the cluster must be locked: {reasons}"
            raise OperationError(PREFLIGHT, text, LockCode.HOST_MISSING)
        self.absent |= failed


HostRecord = dict[str, dict[str, str]]


def look(hosts: Fleet, units: Callable[[str], list[str]]) -> dict[str, HostRecord]:
    """Return what the hosts have recorded of rolls: by host the run, the last run, and each unit's step."""

    def read(c: Connection) -> HostRecord:
        body = " ".join(["look_roll", *units(c.original_host)])
        found: HostRecord = {}
        for change in _changes(c, body):
            words = _words(change.detail)
            if change.kind == "phase":
                # A step's words are those of all its phases, with the time of each.
                times = {f"{words['phase']}-{key}": words[key] for key in ("at", "time") if key in words}
                words = found.get(change.name, {}) | words | times
            found[change.name if change.kind == "phase" else change.kind] = words
        return found

    done = hosts.run(read, "look", hosts.cluster.nodes)
    failed = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
    if failed:
        text = "every host of the cluster must answer: " + "; ".join(failed)
        raise OperationError(PREFLIGHT, text, LockCode.HOST_MISSING)
    return {progress.host: progress.value for progress in done}


def taken(found: Mapping[str, HostRecord]) -> Held | None:
    """Return why a new run could not take the locks: who holds them now, or an interrupted run that owns them."""
    for how, kind in (("held", "holder"), ("unfinished", "owner")):
        runs = [run_of({"run": "?"} | one[kind]) for one in found.values() if one.get(kind, {}).get("run")]
        if runs:
            return Held(how, max(runs, key=lambda run: run.id))
    return None


def held(hosts: Fleet) -> Held | None:
    """Return who holds the locks of the hosts now, or an interrupted run that owns them."""
    return taken(look(hosts, lambda _: []))


def _words(detail: str) -> dict[str, str]:
    return {**key_values(detail), "": detail}


def _changes(c: Connection, text: str) -> list[Change]:
    text = script.with_library(f"{owner_call(c)}\n{text}", extra=script.ROLL)
    return read_changes(channel.run(c, text).output.splitlines())
