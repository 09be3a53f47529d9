"""Step: the restart of a service by its host itself: triggered once, then followed over the connection."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from shlex import join, quote

from kafka_fab.cluster.change import Change, ChangeReader, key_values, read_changes
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Resource
from kafka_fab.cluster.roles import endpoint, kraft, zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.node import owner_call
from kafka_fab.remote.ssh.connection import Connection, HostFailure

MARK = ".kafka_cleanshutdown"
# A tick comes each second; without output for this long the connection counts as lost.
IDLE_TIMEOUT = 10
# The pause before the next attempt to connect.
PAUSE = 1.0


def trigger(c: Connection, cluster: Cluster, target: ServiceRef, run: str, while_down: Sequence[Resource] = ()) -> None:
    """Trigger the step on a host; raise HostFailure where it fails or the host does not answer."""
    text = script.detached(f"{owner_call(c)}\n{_body(cluster, target, run, while_down)}", script.ROLL)
    step = f"take_step {join((run, target.unit))} <<'~END_{run}'\n{text}\n~END_{run}"
    guard = f"{owner_call(c)}\nrefuse_foreign {quote(target.unit)} || return 0"
    answer = channel.run(
        c, script.with_library("\n".join([guard, *_can_start(cluster, target), step]), extra=script.ROLL)
    )
    said = read_changes(answer.output.splitlines())
    failures = [change.detail for change in said if change.status == "failed"]
    if failures or not any(change.kind == "step" for change in said):
        raise HostFailure("; ".join(failures) or answer.stderr or "the host did not confirm the step")


def _can_start(cluster: Cluster, target: ServiceRef) -> list[str]:
    """Return the calls that check before a stop whether the service could start again."""
    node = cluster.nodes[target.host]
    written = services.written_to(cluster, node, services.service_of(cluster, node, target.role))
    room = join(("disk_space_for", target.unit, str(services.FREE_MIB), *written))
    if not cluster.kraft or target.role == Role.ZOOKEEPER:
        return [room]
    return [join(("formatted_for", target.unit, kraft.metadata_directory(cluster, node))), room]


def _body(cluster: Cluster, target: ServiceRef, run: str, while_down: Sequence[Resource]) -> str:
    changes = "\n".join([*map(script.call, while_down), ":"])
    call = ("step", run, target.unit, *_evidence(cluster, target))
    return f"while_down() {{\n{changes}\n}}\n{join(call)}"


def _evidence(cluster: Cluster, target: ServiceRef) -> tuple[str, ...]:
    """Return how long an unclean stop must be waited for, and what shows how a broker has stopped: its log, marks."""
    if target.role != Role.BROKER:
        return "0", ""
    node = cluster.nodes[target.host]
    lost = 0 if cluster.kraft else zookeeper_session.longest(cluster)
    # The directories it runs with: one that is new in its file has no mark yet.
    marks = (f"{directory}/{MARK}" for directory in endpoint.log_dirs(cluster, node))
    return str(lost), services.service_of(cluster, node, target.role).log, *marks


class Following:
    """Follows one host's step and service in a thread, and notifies the board of changes."""

    def __init__(self, open_connection: Callable[[], Connection], target: ServiceRef, run: str, board: Signal) -> None:
        self.target, self.run = target, run
        self.phases: dict[str, dict[str, str]] = {}
        self.tick: dict[str, str] = {}
        self.lost = ""
        self.progressed_at = self.starting_since = time.monotonic()
        self._open, self._board, self._reader = open_connection, board, ChangeReader()
        self._over = threading.Event()
        threading.Thread(target=self._follow, daemon=True, name=f"follow-{target.host}").start()

    @property
    def phase(self) -> str:
        """Return the step's phase: triggered, stopping, stopped, starting, started; or an empty string."""
        return next(reversed(self.phases), "")

    @property
    def ended_early(self) -> str:
        """Return the phase in which the step ended too early, or an empty string."""
        over = self.tick.get("under") not in ("active", "activating", None)
        last = self.tick.get("last", "")
        return last if over and last not in ("started", "") and last in self.phases else ""

    @property
    def since_start(self) -> dict[str, str]:
        """Return the newest tick if it is newer than the service's start, else an empty dict."""
        started, at = self.phases.get("started"), self.tick.get("at")
        return self.tick if started and at and float(at) > float(started["at"]) else {}

    @property
    def clean(self) -> bool:
        """Return whether the stop has left the clean shutdown mark in every log directory."""
        return self.phases.get("stopped", {}).get("clean") == "1"

    @property
    def controlled(self) -> bool:
        """Return whether the controller had moved a broker's leaders before it stopped, as far as its log says."""
        return self.phases.get("stopped", {}).get("controlled") != "0"

    def seconds(self, first: str, last: str) -> float | None:
        """Return the seconds from one phase to another by the host's clock, None if one is not reached."""
        if first not in self.phases or last not in self.phases:
            return None
        return float(self.phases[last]["at"]) - float(self.phases[first]["at"])

    def close(self) -> None:
        """Stop following."""
        self._over.set()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                c = self._open()
                body = f"{owner_call(c)}\nfollow_step {quote(self.target.unit)}"
                channel.follow(c, script.while_connected(body, script.ROLL), self._on_line, IDLE_TIMEOUT)
                self.lost = "the host closed the connection"
            except _Closed:
                return
            except HostFailure as failure:
                self.lost = str(failure)
            self._board.notify()
            self._over.wait(PAUSE)

    def _on_line(self, line: str) -> None:
        if self._over.is_set():
            raise _Closed
        change = self._reader.feed(line)
        if change and change.name == self.target.unit:
            self.lost = ""
            self._read(change, key_values(change.detail))
            self._board.notify()

    def _read(self, change: Change, words: dict[str, str]) -> None:
        if change.kind == "phase" and words.get("run") == self.run:
            self.phases.setdefault(words["phase"], words)
            if words["phase"] == "starting":
                self.starting_since = time.monotonic()
        elif change.kind == "tick":
            if words.get("work") != self.tick.get("work"):
                self.progressed_at = time.monotonic()
            self.tick = words


class _Closed(Exception):
    """The follower was closed."""


def pid(words: dict[str, str]) -> int:
    """Return the main process of a service, or 0."""
    return int(re.sub(r"\D", "", words.get("MainPID", "")) or 0)
