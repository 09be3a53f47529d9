"""Partition case: a partition while some brokers are away: what stays, what is missing, what it needs."""

from dataclasses import dataclass
from functools import cached_property

from kafka_fab.gate.state import Partition, Waivers


def assigned(partition: Partition) -> frozenset[int]:
    """Return a partition's replicas but those being removed."""
    return frozenset(partition.replicas) - partition.removing


@dataclass(frozen=True)
class Case:
    """One partition while some brokers are away, and what the operator accepts."""

    partition: Partition
    away: frozenset[int]
    allowed: Waivers

    @cached_property
    def assigned(self) -> frozenset[int]:
        """Return the replicas that are to stay: one that is being removed is no copy to count on."""
        return assigned(self.partition)

    @cached_property
    def leaving(self) -> frozenset[int]:
        """Return those of its replicas that go away."""
        return self.away.intersection(self.partition.replicas)

    @cached_property
    def left(self) -> frozenset[int]:
        """Return the in-sync replicas that stay."""
        return (self.partition.isr & self.assigned) - self.away

    @property
    def missing(self) -> frozenset[int]:
        """Return the replicas that have fallen behind or are down."""
        return self.assigned - self.partition.isr

    @property
    def doomed(self) -> bool:
        """Tell whether no order of restarts keeps it writable: one replica less is below min.insync.replicas."""
        return len(self.assigned) - 1 < max(self.partition.min_isr, 1)

    @property
    def accepted(self) -> bool:
        """Tell whether the operator has accepted that its topic is down, or it is the tool's own."""
        topic, own = self.partition.topic, self.allowed.own
        return topic in self.allowed.downtime or bool(own and topic.startswith(own))

    def need(self, copies: int) -> int:
        """Return how many in-sync replicas must stay where so many copies are wanted."""
        # One more than can be had is never asked for: such a partition is doomed, and R4 speaks of it.
        return max(self.partition.min_isr, min(copies, len(self.assigned) - 1), 1)
