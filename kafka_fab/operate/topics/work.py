"""Work: what every applier has at hand: the hosts, who takes admin requests, and how a run is told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.locking.guard import Guard
from kafka_fab.remote.fleet import Fleet

# Brokers' networks differ; this is what 500 Mbit/s have left for clients to spare, and what Kafka's manual shows.
THROTTLE = 50_000_000


def silence(_: str) -> None:
    """Tell nothing."""


@dataclass(frozen=True)
class Work:
    """A run: `throttle` in bytes/s for each broker, `tell` for lines as it goes, `painted` where a terminal may be.

    `guard` is the lock of the hosts, where something is changed.
    """

    hosts: Fleet
    desk: AdminClient
    throttle: int = THROTTLE
    tell: Callable[[str], None] = field(default=silence)
    painted: bool = False
    guard: Guard | None = None

    @property
    def lock(self) -> Guard:
        """Return the lock under which it is at work."""
        assert self.guard
        return self.guard

    @property
    def cluster(self) -> Cluster:
        """Return what should be."""
        return self.hosts.cluster
