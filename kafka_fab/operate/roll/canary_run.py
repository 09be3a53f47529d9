"""Canary run: the canary of a roll, and the restart during which its longest stall was."""

import math
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from kafka_fab.canary import canary, canary_topic
from kafka_fab.canary.canary import Canary
from kafka_fab.canary.ledger import CanaryPulse
from kafka_fab.canary.notes import Notes
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security import principals
from kafka_fab.live import client_access
from kafka_fab.live.client.background_thread import run_in_thread
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.roll.roll_events import RollEvents
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.runbook.codes import RollCode, coded

UNPROVEN = "message loss is not checked"
LATER = "messages of the earlier canary are checked when the roll has ended"


class CanaryRun:
    """The canary of a roll: started as soon as all brokers are up, and checked at the end."""

    def __init__(self, cluster: Cluster, enabled: bool, events: RollEvents, board: Signal, notes: Notes) -> None:
        self._cluster, self._events, self._board = cluster, events, board
        # Why messages of an earlier canary of the roll cannot be checked here, in a sentence.
        self.unchecked = ""
        self._enabled, self._notes = enabled, notes
        self._canary: Canary | None = None
        self._starting: Future[Canary] | None = None
        self._ready = 0.0
        self._reported = ""
        # Whether a restart is to be begun here, and why a canary that was started or starting has ended early.
        self._left, self._stopped = True, ""
        self._unread = False
        self.checking = False

    def begin(self) -> float:
        """Start the canary in the background if it is enabled, and return when its topic was created.

        By time.monotonic: infinity while it is starting, 0 where there is none. A failure is reported once, and the
        start is tried again before the next step.
        """
        if not self._enabled or self._canary:
            return self._ready
        if not self._starting:
            self._starting = run_in_thread("canary-start", lambda: canary.start(self._cluster, notes=self._notes))
            self._starting.add_done_callback(lambda _: self._board.notify())
        if not self._starting.done():
            return math.inf
        self._take(self._starting)
        return self._ready

    def _take(self, starting: "Future[Canary]") -> None:
        self._starting = None
        try:
            self._canary = starting.result()
        except (Unreachable, RequestRejected) as error:
            if str(error) != self._reported:
                self._reported = str(error)
                self._events.emit(
                    "",
                    "canary",
                    coded(f"canary not started: {error}; trying again before the next step", RollCode.CANARY_UNPROVEN),
                )
            return
        self._ready = self._canary.made
        self._events.emit("", "canary", "canary started (acks=all)")

    def missing(self, left: bool) -> str:
        """Return before the first step why a roll has no canary, if so: `left` is whether a restart is to be begun."""
        self._left = left
        if not self._enabled:
            return f"no canary (--no-canary); {self._checked}"
        return "" if left else f"no canary: every restart was begun before; {self._checked}"

    @property
    def absent(self) -> str:
        """Return at the end why there is no verdict."""
        if self._stopped:
            return "; ".join(filter(None, (self.unchecked, self._stopped)))
        if self.unchecked:
            return f"{self.unchecked}; {self._checked}"
        if not self._enabled:
            why = " (--no-canary)"
        elif self._reported:
            why = f": {self._reported}"
        else:
            why = f": {'no restart was begun' if self._left else 'every restart was begun before'}"
        return f"canary did not run{why}; {self._checked}"

    @property
    def _checked(self) -> str:
        """Return what of message loss is checked where no canary runs."""
        return LATER if self._notes.earlier and not self._unread else UNPROVEN

    def pulse(self) -> CanaryPulse | None:
        """Return the canary's current latency."""
        return self._canary.latency() if self._canary else None

    def end(self, steps: Sequence[RestartStep], over: bool) -> dict[str, Any] | None:
        """Stop the canary, read all messages back, and return the verdict; None if there was no canary.

        Where the roll is not over its messages are kept: a resumed roll checks all of them. Raise Unreachable or
        RequestRejected where those of an earlier canary cannot be read.
        """
        if self._starting:
            self._take(self._starting)
        if not self._canary and not (over and self._notes.earlier):
            return None
        self.checking = True
        mine = self._canary
        try:
            found = mine.finish(keep=not over) if mine else canary.judge_earlier(self._cluster, self._notes)
        except (Unreachable, RequestRejected):
            if self._enabled:
                raise
            self._unread = True
            return None
        verdict = found.to_json()
        more = {"reasons": list(found.reasons), "unchecked": self.unchecked}
        return verdict | {"during": _during(verdict["stall"], steps)} | more

    def abort(self, resumable: bool) -> None:
        """Stop the canary without a verdict; where the roll can be resumed its messages are checked then."""
        if self._starting:
            self._starting.add_done_callback(_aborted)
            self._stopped = f"canary interrupted while it was starting; {self._checked}"
        if self._canary:
            self._canary.abort()
            self._canary = None
            what = "its messages are checked at the end of the resumed roll" if resumable else "no restart was begun"
            self._stopped = f"canary interrupted: {what}"


def clean_up(cluster: Cluster, notes: Notes) -> str:
    """Remove what interrupted canaries have left; return why the topic could not be deleted, empty if it was."""
    notes.remove()
    try:
        canary_topic.remove(cluster)
        client_access.remove_user(cluster, principals.CANARY_USER)
    except (Unreachable, RequestRejected) as error:
        return f"topic {canary_topic.TOPIC} was not deleted: {error}"
    return ""


def _aborted(starting: "Future[Canary]") -> None:
    if not starting.exception():
        starting.result().abort()


def _during(stall: dict[str, float] | None, steps: Sequence[RestartStep]) -> str:
    """Return the host whose restart a stall overlaps most."""
    if not stall:
        return ""

    def overlap(step: RestartStep) -> float:
        return min(stall["ended"], step.ended) - max(stall["began"], step.began)

    nearest = max(steps, key=overlap, default=None)
    return nearest.target.host if nearest and overlap(nearest) > 0 else ""
