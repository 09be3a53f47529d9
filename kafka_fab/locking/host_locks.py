"""Host locks: every host of the cluster held by one run, from before the gate is asked until its change is proven."""

import secrets
from collections.abc import Callable, Iterable
from shlex import join

from kafka_fab.cluster.change import Change, key_values, read_changes
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run, run_of
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.lease import PASS, ForeignHost, Lease, LockRequest, LockTaken
from kafka_fab.remote.node import owner_call, ownership_check
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import LockCode


class Held(OperationError):
    """The locks are another run's, which is at work (`held`) or has been left half-way (`unfinished`)."""

    def __init__(self, how: str, run: Run) -> None:
        self.how, self.run = how, run
        code = LockCode.HELD if how == "held" else LockCode.UNFINISHED
        super().__init__(PREFLIGHT, f"the locks are those of run {run.id}", code)


class Locks:
    """The leases of a run on all hosts of the cluster; `entry` is noted in the journal where they are taken."""

    def __init__(self, hosts: Fleet, run: Run, entry: str = "") -> None:
        self.hosts, self.run, self._entry = hosts, run, entry
        self._holder = secrets.token_hex(4)
        self._leases: dict[str, Lease] = {}
        # Why hosts are not locked, for a task that can do without them.
        self.absent: dict[str, str] = {}

    def take(self, mode: str) -> None:
        """Take every host's lock, or none; raise OperationError that names the holder.

        A task that passes by a run that was cut off can do without some hosts, as long as it has more than half of
        them: no two sets of so many miss each other. Which hosts those are stands in `absent`.
        """
        everyone = sorted(self.hosts.cluster.nodes)
        self.hosts.connect_ahead(everyone)
        try:
            # One host first: of two operators who begin at once, just one gets it.
            while everyone and not self._leases:
                self._take([everyone.pop(0)], mode)
            self._take(everyone, mode)
        except OperationError:
            self.release()
            raise

    @property
    def has_majority(self) -> bool:
        """Return whether nobody else can have more than half of the hosts."""
        return 2 * len(self._leases) > len(self.hosts.cluster.nodes)

    def renew(self, mode: str) -> None:
        """Take those again that were lost with their connection; raise OperationError where that fails."""
        self._take([host for host, lease in self._leases.items() if not lease.held], mode)

    def under_way(self) -> dict[str, set[str]]:
        """Return the units whose step was at work on each host when its lock was taken."""
        return {host: set(lease.running_steps) for host, lease in self._leases.items() if lease.running_steps}

    def stopping(self) -> dict[str, str]:
        """Return the services that were on their way down on each host when its lock was taken."""
        return {host: ", ".join(lease.stopping) for host, lease in self._leases.items() if lease.stopping}

    def left(self) -> Run | None:
        """Return the newest run that has not come to its end, and was passed by."""
        runs = [run_of(lease.unfinished) for lease in self._leases.values() if lease.unfinished.get("run")]
        return max(runs, key=lambda run: run.id, default=None)

    def tell(self, far: str) -> None:
        """Write down on the hosts how far the run is."""
        for lease in self._leases.values():
            lease.report_progress(far)

    def release(self) -> None:
        """Give all locks back."""
        for lease in self._leases.values():
            lease.release()

    def own(self, run: Run) -> None:
        """Write on every host that from now on a kill leaves a run that is to be gone on with; raise OperationError."""
        self._ask(f"own_run {self.run.id} <<'~END'\n{run.words()}\n~END")

    def disown(self, run: Run) -> None:
        """Write on every host that such a run has come to its end; raise OperationError."""
        self._ask(join(("disown", run.id)))

    def end(self, summary: str, entry: str = "") -> None:
        """Write on every host that the run has come to its end, and what it did; give the locks back."""
        self._last_word(f"{join(('end_run', self.run.id, entry))} <<'~END'\n{summary}\n~END")

    def end_task(self, entry: str) -> None:
        """Write into every host's journal how a run has ended that nobody can go on with; give the locks back."""
        self._last_word(join(("end_task", self.run.id, entry)))

    def _last_word(self, text: str) -> None:
        try:
            self._ask(text)
        finally:
            self.release()

    def _ask(self, text: str) -> None:
        done = self.hosts.run(lambda c: _said(c, text), self.run.task, self._leases)
        lost = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
        lost += [f"{p.host}: {x.name} {x.detail}" for p in done for x in p.value or () if x.status == "failed"]
        if lost:
            text = f"how far it is could not be written down on {'; '.join(lost)}"
            raise OperationError(PREFLIGHT, text, LockCode.NOT_WRITTEN)

    def _take(self, group: Iterable[str], mode: str) -> None:
        def take(c: Connection) -> Lease | LockTaken | ForeignHost:
            words = self.run.words()
            claim = LockRequest(self.run.id, self._holder, words, mode, self._entry, ownership_check(c))
            try:
                return Lease(c, claim)
            except (LockTaken, ForeignHost) as refused:
                return refused

        done = self.hosts.run(take, self.run.task, list(group))
        self._leases |= {p.host: p.value for p in done if isinstance(p.value, Lease)}
        taken = next((p.value for p in done if isinstance(p.value, LockTaken)), None)
        if taken:
            raise Held(taken.state, run_of({"run": "?"} | taken.details))
        foreign = [f"{p.host}: {p.value}" for p in done if isinstance(p.value, ForeignHost)]
        if foreign:
            raise OperationError(PREFLIGHT, "\n".join(foreign), LockCode.FOREIGN_HOST)
        failed = {p.host: p.error for p in done if p.error}
        if failed and mode != PASS:
            reasons = "; ".join(f"{host}: {error}" for host, error in failed.items())
            text = f"every host of the cluster is locked first, but {reasons}"
            raise OperationError(PREFLIGHT, text, LockCode.HOST_MISSING)
        self.absent |= failed


Found = dict[str, dict[str, str]]


def look(hosts: Fleet, units: Callable[[str], list[str]]) -> dict[str, Found]:
    """Return what the hosts keep of rolls, by host: words of the owner, of the last run, of each unit's step."""

    def asked(c: Connection) -> Found:
        body = " ".join(["look_roll", *units(c.original_host)])
        found: Found = {}
        for change in _said(c, body):
            words = _words(change.detail)
            if change.kind == "phase":
                # A step's words are those of all its phases, with the moments of each.
                moments = {f"{words['phase']}-{key}": words[key] for key in ("at", "time") if key in words}
                words = found.get(change.name, {}) | words | moments
            found[change.name if change.kind == "phase" else change.kind] = words
        return found

    done = hosts.run(asked, "look", hosts.cluster.nodes)
    silent = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
    if silent:
        text = "every host of the cluster is asked first, but " + "; ".join(silent)
        raise OperationError(PREFLIGHT, text, LockCode.HOST_MISSING)
    return {progress.host: progress.value for progress in done}


def _words(detail: str) -> dict[str, str]:
    return {**key_values(detail), "": detail}


def _said(c: Connection, text: str) -> list[Change]:
    whole = script.with_library(f"{owner_call(c)}\n{text}", extra=script.ROLL)
    return read_changes(channel.run(c, whole).output.splitlines())
