"""Lag limit: a roll waits before each step while a group of them is too far behind."""

import time

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.consumer_lag import Lags
from kafka_fab.operate.roll.roll_events import RollEvents

# A group that gets no further behind for this long is slow by itself, not because of the roll.
STEADY = 60.0
BETWEEN_LOOKS = 1.0


class LagLimits:
    """The limits of some groups' lag, and how far behind each was."""

    def __init__(self, cluster: Cluster, limits: tuple[tuple[str, int], ...], tale: RollEvents) -> None:
        self._lags, self._limits, self._tale = Lags(cluster), limits, tale
        self._looked, self._answer = 0.0, ""
        self._highest: dict[str, tuple[int, float]] = {}

    def hold(self) -> str:
        """Return why the next step must wait, or nothing."""
        if self._limits and time.monotonic() - self._looked > BETWEEN_LOOKS:
            self._looked = time.monotonic()
            self._answer = next(filter(None, (self._behind(group, limit) for group, limit in self._limits)), "")
        return self._answer

    def close(self) -> None:
        """Let go of the connection."""
        self._lags.close()

    def _behind(self, group: str, limit: int) -> str:
        try:
            lag = self._lags.of(group)
        except Unreachable as silent:
            return str(silent)
        if lag <= limit:
            self._highest.pop(group, None)
            return ""
        highest, since = self._highest.get(group, (-1, 0.0))
        if lag > highest:
            self._highest[group] = lag, time.monotonic()
        elif time.monotonic() - since > STEADY:
            self._tale.tell("", "lag", f"the group {group} stays {lag} messages behind; the roll goes on")
            self._highest.pop(group, None)
            return ""
        return f"the consumer group {group} is {lag} messages behind, more than {limit}: wait until it catches up"
