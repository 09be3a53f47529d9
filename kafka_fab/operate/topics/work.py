"""Work: what the appliers of a run share: hosts, admin client, throttle, lock and output."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.locking.guard import Guard
from kafka_fab.remote.fleet import Fleet

# Bytes/s. Less than half of a 1 Gbit/s network, so that clients keep the larger part; also the value in Kafka's manual.
THROTTLE = 50_000_000


def silence(_: str) -> None:
    """Print nothing."""


@dataclass(frozen=True)
class Work:
    """A run: `throttle` in bytes/s for each broker, `tell` prints a line, `painted` if a terminal may be repainted.

    `guard` is the lock on the hosts, for a run that changes something.
    """

    hosts: Fleet
    admin: AdminClient
    throttle: int = THROTTLE
    tell: Callable[[str], None] = field(default=silence)
    painted: bool = False
    guard: Guard | None = None

    @property
    def lock(self) -> Guard:
        """Return the lock; a run that changes something has one."""
        assert self.guard
        return self.guard

    @property
    def cluster(self) -> Cluster:
        """Return the cluster of hosts.ini and conf/."""
        return self.hosts.cluster
