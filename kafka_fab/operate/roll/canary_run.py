"""Canary run: the canary beside a roll, and during whose restart its longest stall was."""

import math
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from kafka_fab.canary import canary, canary_topic
from kafka_fab.canary.canary import Canary
from kafka_fab.canary.ledger import CanaryPulse
from kafka_fab.canary.notes import Notes
from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.background_thread import beside
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.topic import RequestRejected
from kafka_fab.operate.roll.roll_events import RollEvents
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.runbook.codes import RollCode, coded


class CanaryRun:
    """A canary that is started as soon as all brokers are up, if one is wanted, and judged at the end."""

    def __init__(self, cluster: Cluster, wanted: bool, tale: RollEvents, board: Signal, notes: Notes) -> None:
        self._cluster, self._tale, self._board = cluster, tale, board
        # What earlier canaries of the operation have written that nobody here can judge, in a sentence.
        self.unjudged = ""
        self._wanted, self._notes = wanted, notes
        self._canary: Canary | None = None
        self._starting: Future[Canary] | None = None
        self._ready = 0.0
        self._told = ""
        self.judging = False

    def begin(self) -> float:
        """Start the canary beside the gate's wait if it is wanted, and return since when its topic is there.

        By time.monotonic: infinity while it is starting, 0 where there is none. Where that fails, it is said once,
        and tried again before the next step.
        """
        if not self._wanted or self._canary:
            return self._ready
        if not self._starting:
            self._starting = beside("canary-start", lambda: canary.start(self._cluster, notes=self._notes))
            self._starting.add_done_callback(lambda _: self._board.tell())
        if not self._starting.done():
            return math.inf
        self._take(self._starting)
        return self._ready

    def _take(self, starting: "Future[Canary]") -> None:
        self._starting = None
        try:
            self._canary = starting.result()
        except (Unreachable, RequestRejected) as error:
            if str(error) != self._told:
                self._told = str(error)
                self._tale.tell("", "canary", coded(f"no canary yet: {error}", RollCode.CANARY_UNPROVEN))
            return
        self._ready = self._canary.made
        self._tale.tell("", "canary", "writes and reads messages of its own, acks=all, all along")

    def pulse(self) -> CanaryPulse | None:
        """Return the canary's latency just now."""
        return self._canary.latency() if self._canary else None

    def end(self, steps: Sequence[RestartStep], over: bool) -> dict[str, Any] | None:
        """Stop the canary, read everything back, and return the verdict; None if there was no canary.

        Where the operation is not over its messages are kept, for one who goes on with it and judges all of them.
        """
        if self._starting:
            self._take(self._starting)
        if not self._canary and not (over and self._notes.earlier):
            return None
        self.judging = True
        mine = self._canary
        found = mine.finish(keep=not over) if mine else canary.judge_earlier(self._cluster, self._notes)
        verdict = found.to_json()
        more = {"reasons": list(found.reasons), "unjudged": self.unjudged}
        return verdict | {"during": _during(verdict["stall"], steps)} | more

    def abort(self) -> None:
        """Stop the canary without a verdict, for one who does not want to wait."""
        if self._starting:
            self._starting.add_done_callback(_aborted)
        if self._canary:
            self._canary.abort()
            self._canary = None


def sweep(cluster: Cluster, notes: Notes) -> str:
    """Remove what canaries that were cut off have left behind; return why the topic stays, nothing if it is gone."""
    notes.remove()
    try:
        canary_topic.remove(cluster)
    except (Unreachable, RequestRejected) as error:
        return f"topic {canary_topic.TOPIC} stays: {error}"
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
