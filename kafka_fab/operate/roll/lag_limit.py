"""Lag limit: a roll waits before each step while a consumer group's lag is above its limit."""

import time

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.consumer_lag import Lags
from kafka_fab.operate.roll.roll_events import RollEvents

# A group whose lag does not grow for this long is slow by itself, not because of the roll.
STEADY = 60.0
BETWEEN_LOOKS = 1.0


class LagLimits:
    """The lag limits of some consumer groups, and the highest lag seen of each."""

    def __init__(self, cluster: Cluster, limits: tuple[tuple[str, int], ...], events: RollEvents) -> None:
        self._lags, self._limits, self._events = Lags(cluster), limits, events
        self._checked_at, self._answer = 0.0, ""
        self._highest: dict[str, tuple[int, float]] = {}

    def hold(self) -> str:
        """Return why the next step must wait, or an empty string."""
        if self._limits and time.monotonic() - self._checked_at > BETWEEN_LOOKS:
            self._checked_at = time.monotonic()
            self._answer = next(filter(None, (self._behind(group, limit) for group, limit in self._limits)), "")
        return self._answer

    def close(self) -> None:
        """Close the connection."""
        self._lags.close()

    def _behind(self, group: str, limit: int) -> str:
        try:
            lag = self._lags.of(group)
        except Unreachable as failure:
            return str(failure)
        if lag <= limit:
            self._highest.pop(group, None)
            return ""
        highest, since = self._highest.get(group, (-1, 0.0))
        if lag > highest:
            self._highest[group] = lag, time.monotonic()
        elif time.monotonic() - since > STEADY:
            self._events.emit(
                "",
                "lag",
                f"consumer group {group}: its lag of {lag} messages has not grown for {STEADY:.0f} s; continuing",
            )
            self._highest.pop(group, None)
            return ""
        return f"consumer group {group}: lag {lag} is above the limit of {limit} messages. Wait until it has caught up"
