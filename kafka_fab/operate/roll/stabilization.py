"""Stabilization: for how long the cluster must stay whole after a restart before the next one goes (rolling.md 5.3)."""

from dataclasses import dataclass

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_service import Target

# What makes a long look necessary.
SLOW_REJOIN, LONG_START = 30.0, 240.0
SETTLED = 1.0
# A voter keeps up, and the leader stays, for this long (rolling.md 3.4).
VOTER_SETTLED = 10.0
KRAFT_SESSION_MS = 9000


@dataclass(frozen=True)
class Times:
    """The moments of a restart, since the epoch: its trigger, when it served, when the cluster was whole with it."""

    triggered: float
    ready: float
    in_sync: float

    @property
    def slow(self) -> bool:
        """Return whether it has taken unusually long."""
        return self.in_sync - self.ready > SLOW_REJOIN or self.ready - self.triggered > LONG_START


def seconds(context: RollContext, target: Target, times: Times, unsure: bool) -> float:
    """Return the seconds to look on; `unsure` of one that may have gone without a goodbye."""
    cluster = context.cluster
    patience = KRAFT_SESSION_MS / 1000 if cluster.kraft else zookeeper_session.seconds(cluster)
    if context.options.strict or times.slow or unsure:
        return 1.5 * patience
    if target.role == Role.ZOOKEEPER:
        # Time enough for every broker to find another server before its session ends (rolling.md 3.5).
        return max(SETTLED, patience / 3)
    return VOTER_SETTLED if target.voter else SETTLED
