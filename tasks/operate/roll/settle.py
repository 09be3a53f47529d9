"""Settle: for how long the cluster must stay whole after a restart before the next one goes (rolling.md 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.cluster import session

if TYPE_CHECKING:
    from tasks.operate.roll.restart import Restart

# What makes a long look necessary.
SLOW_REJOIN, LONG_START = 30.0, 240.0
SETTLED = 1.0
# A voter keeps up, and the leader stays, for this long (rolling.md 3.4).
VOTER_SETTLED = 10.0
KRAFT_SESSION_MS = 9000


def seconds(restart: Restart, in_sync: float) -> float:
    """Return the seconds to look on; `in_sync` is the moment when the service was back, since the epoch."""
    engine, target = restart.engine, restart.target
    slow = in_sync - restart.ready > SLOW_REJOIN or restart.ready - restart.triggered > LONG_START
    patience = KRAFT_SESSION_MS / 1000 if engine.cluster.kraft else session.seconds(engine.cluster)
    if engine.options.strict or slow or restart.unsure:
        return 1.5 * patience
    if target.role == "zookeeper":
        # Time enough for every broker to find another server before its session ends (rolling.md 3.5).
        return max(SETTLED, patience / 3)
    return VOTER_SETTLED if target.voter else SETTLED
