"""Partition case: a partition while some brokers are stopped: which replicas are left and how many it needs."""

from dataclasses import dataclass
from functools import cached_property

from kafka_fab.gate.state import Partition, Waivers


def assigned(partition: Partition) -> frozenset[int]:
    """Return a partition's replicas without those being removed."""
    return frozenset(partition.replicas) - partition.removing


@dataclass(frozen=True)
class Case:
    """One partition while some brokers are stopped, and what the operator accepts."""

    partition: Partition
    stopped: frozenset[int]
    allowed: Waivers

    @cached_property
    def assigned(self) -> frozenset[int]:
        """Return the replicas that are to stay; one that is being removed does not count."""
        return assigned(self.partition)

    @cached_property
    def leaving(self) -> frozenset[int]:
        """Return the replicas on brokers that stop."""
        return self.stopped.intersection(self.partition.replicas)

    @cached_property
    def left(self) -> frozenset[int]:
        """Return the in-sync replicas that keep running."""
        return (self.partition.isr & self.assigned) - self.stopped

    @property
    def missing(self) -> frozenset[int]:
        """Return the replicas that are not in the ISR."""
        return self.assigned - self.partition.isr

    @property
    def cannot_lose_a_replica(self) -> bool:
        """Return whether no order of restarts keeps it writable: one replica less is below min.insync.replicas."""
        return len(self.assigned) - 1 < max(self.partition.min_isr, 1)

    @property
    def accepted(self) -> bool:
        """Return whether the operator has accepted downtime of its topic, or the topic is the tool's own."""
        topic, own = self.partition.topic, self.allowed.own
        return topic in self.allowed.downtime or bool(own and topic.startswith(own))

    def need(self, min_replicas: int) -> int:
        """Return how many in-sync replicas must be left for a minimum number of replicas."""
        # Never more than can be left: R4 covers a partition that cannot lose a replica.
        return max(self.partition.min_isr, min(min_replicas, len(self.assigned) - 1), 1)
