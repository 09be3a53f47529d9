"""Stabilization: how long the cluster must stay recovered after a restart before the next one (rolling.md 5.3)."""

from dataclasses import dataclass

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.service_ref import ServiceRef

# Slower restarts need a longer stabilization.
SLOW_REJOIN, LONG_START = 30.0, 240.0
STABLE = 1.0
# A voter keeps up, and the leader stays, for this long (rolling.md 3.4).
VOTER_STABLE = 10.0
KRAFT_SESSION_MS = 9000


@dataclass(frozen=True)
class RestartTimes:
    """The timestamps of a restart: its trigger, when it was ready, when the cluster had recovered."""

    triggered: float
    ready: float
    in_sync: float

    @property
    def slow(self) -> bool:
        """Return whether it took unusually long."""
        return self.in_sync - self.ready > SLOW_REJOIN or self.ready - self.triggered > LONG_START


def seconds(context: RollContext, target: ServiceRef, times: RestartTimes, maybe_unclean: bool) -> float:
    """Return the seconds to wait; `maybe_unclean` after a stop that may have been no controlled shutdown."""
    cluster = context.cluster
    session = KRAFT_SESSION_MS / 1000 if cluster.kraft else zookeeper_session.seconds(cluster)
    if context.options.strict or times.slow or maybe_unclean:
        return 1.5 * session
    if target.role == Role.ZOOKEEPER:
        # Long enough for every broker to connect to another server before its session expires (rolling.md 3.5).
        return max(STABLE, session / 3)
    return VOTER_STABLE if target.voter else STABLE
