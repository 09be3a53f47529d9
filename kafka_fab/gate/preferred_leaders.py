"""Preferred leaders: partitions whose leader is not their preferred leader, the first replica. Pure."""

from kafka_fab.gate.state import NOBODY, Partition, State


def off_preferred(state: State) -> tuple[Partition, ...]:
    """Return the partitions not led by their preferred leader; one that is being reassigned does not count."""
    return tuple(
        p
        for p in state.partitions
        if p.leader not in (NOBODY, preferred(p))
        and not (p.adding or p.removing or p.topic_partition in state.reassigning)
    )


def preferred(partition: Partition) -> int:
    """Return the preferred leader: the first of the replicas."""
    return partition.replicas[0]


def ineligible_reason(partition: Partition, state: State) -> str:
    """Return why the preferred leader cannot be elected now, an empty string if it can (KIP-460)."""
    broker = preferred(partition)
    if broker not in state.up:
        return f"broker {broker} is down"
    return "" if broker in partition.isr else f"broker {broker} is out of sync"
