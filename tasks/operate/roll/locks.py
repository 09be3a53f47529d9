"""Locks: every host of the cluster held by one run, from its first step to its end."""

import secrets
from collections.abc import Callable, Iterable

from tasks.operate import services
from tasks.operate.roll.record import PREFLIGHT, Ended, Run, run_of
from tasks.remote import channel, script
from tasks.remote.change import Change
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet
from tasks.remote.lease import Lease, Taken


class Held(Ended):
    """The locks are another run's, which is at work (`held`) or has been left half-way (`unfinished`)."""

    def __init__(self, how: str, run: Run) -> None:
        self.how, self.run = how, run
        super().__init__(PREFLIGHT, f"the locks are those of run {run.id}")


class Locks:
    """The leases of a run on all hosts of the cluster."""

    def __init__(self, hosts: Fleet, run: Run) -> None:
        self._hosts, self._run = hosts, run
        self._holder = secrets.token_hex(4)
        self._leases: dict[str, Lease] = {}

    def take(self, new: bool) -> None:
        """Take every host's lock, or none; raise Ended that names the holder."""
        everyone = sorted(self._hosts.cluster.nodes)
        self._hosts.approach(everyone)
        try:
            # One host first: of two operators who begin at once, just one gets it.
            for group in (everyone[:1], everyone[1:]):
                self._take(group, new)
        except Ended:
            self.release()
            raise

    def renew(self) -> None:
        """Take those again that were lost with their connection; raise Ended where that fails."""
        self._take([host for host, lease in self._leases.items() if not lease.held], new=False)

    def under_way(self) -> dict[str, set[str]]:
        """Return the units whose step was at work on each host when its lock was taken."""
        return {host: set(lease.under_way.split()) for host, lease in self._leases.items() if lease.under_way}

    def release(self) -> None:
        """Give all locks back."""
        for lease in self._leases.values():
            lease.release()

    def end(self, summary: str) -> None:
        """Write on every host that the run has come to its end, and what it did; give the locks back."""
        text = f"end_run {self._run.id} <<'~END'\n{summary}\n~END"
        whole = script.whole(text, extra=script.ROLL)
        done = self._hosts.run(lambda c: _said(c, whole), "rolling-restart", self._leases)
        self.release()
        lost = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
        if lost:
            raise Ended(PREFLIGHT, f"its end could not be written down on {'; '.join(lost)}")

    def _take(self, group: Iterable[str], new: bool) -> None:
        def take(c: Connection) -> Lease | Taken:
            try:
                return Lease(c, self._run.id, self._holder, self._run.words(), new)
            except Taken as taken:
                return taken

        done = self._hosts.run(take, self._run.task, list(group))
        self._leases |= {p.host: p.value for p in done if isinstance(p.value, Lease)}
        taken = next((p.value for p in done if isinstance(p.value, Taken)), None)
        if taken:
            raise Held(taken.how, run_of({"run": "?"} | taken.words))
        failed = [f"{p.host}: {p.error}" for p in done if p.error]
        if failed:
            raise Ended(PREFLIGHT, "every host of the cluster is locked first, but " + "; ".join(failed))


Found = dict[str, dict[str, str]]


def look(hosts: Fleet, units: Callable[[str], list[str]]) -> dict[str, Found]:
    """Return what the hosts keep of rolls, by host: words of the owner, of the last run, of each unit's step."""

    def asked(c: Connection) -> Found:
        body = " ".join(["look_roll", *units(c.original_host)])
        said = _said(c, script.whole(body, extra=script.ROLL))
        return {change.name if change.kind == "phase" else change.kind: _words(change.detail) for change in said}

    done = hosts.run(asked, "rolling-restart", hosts.cluster.nodes)
    silent = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
    if silent:
        raise Ended(PREFLIGHT, "every host of the cluster is asked first, but " + "; ".join(silent))
    return {progress.host: progress.value for progress in done}


def _words(detail: str) -> dict[str, str]:
    return {**services.words(detail), "": detail}


def _said(c: Connection, text: str) -> list[Change]:
    return services.read(channel.run(c, text).output.splitlines())
