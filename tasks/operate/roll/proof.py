"""Proof: the canary beside a roll, and during whose restart its longest stall was."""

from collections.abc import Sequence
from typing import Any

from tasks.cluster.model import Cluster
from tasks.live import canary
from tasks.live.canary import Canary
from tasks.live.canary_ledger import Pulse
from tasks.live.topic import Unwilling
from tasks.live.wire import Silent
from tasks.operate.roll.record import Step
from tasks.operate.roll.tale import Tale


class Proof:
    """A canary that is started as soon as all brokers are up, if one is wanted, and judged at the end."""

    def __init__(self, cluster: Cluster, wanted: bool, tale: Tale) -> None:
        self._cluster, self._tale = cluster, tale
        self._wanted = wanted
        self._canary: Canary | None = None
        self._told = ""
        self.judging = False

    def begin(self) -> bool:
        """Start the canary if it is wanted and not there yet, and return whether it has begun just now.

        Where that fails, it is said once, and tried again before the next step.
        """
        if not self._wanted or self._canary:
            return False
        try:
            self._canary = canary.start(self._cluster)
        except (Silent, Unwilling) as error:
            if str(error) != self._told:
                self._told = str(error)
                self._tale.tell("", "canary", f"no canary yet: {error}")
            return False
        self._tale.tell("", "canary", "writes and reads messages of its own, acks=all, all along")
        return True

    def pulse(self) -> Pulse | None:
        """Return the canary's latency just now."""
        return self._canary.latency() if self._canary else None

    def end(self, steps: Sequence[Step]) -> dict[str, Any] | None:
        """Stop the canary, read everything back, and return the verdict; None if there was no canary."""
        if not self._canary:
            return None
        self.judging = True
        found = self._canary.finish()
        verdict = found.to_json()
        return verdict | {"during": _during(verdict["stall"], steps), "reasons": list(found.reasons)}

    def abort(self) -> None:
        """Stop the canary without a verdict, for one who does not want to wait."""
        if self._canary:
            self._canary.abort()
            self._canary = None


def _during(stall: dict[str, float] | None, steps: Sequence[Step]) -> str:
    """Return the host whose restart a stall overlaps most."""
    if not stall:
        return ""

    def overlap(step: Step) -> float:
        return min(stall["ended"], step.ended) - max(stall["began"], step.began)

    nearest = max(steps, key=overlap, default=None)
    return nearest.target.host if nearest and overlap(nearest) > 0 else ""
