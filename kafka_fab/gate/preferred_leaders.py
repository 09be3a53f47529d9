"""Preferred leaders: partitions that another than their preferred leader, the first replica, leads. Pure."""

from kafka_fab.gate.state import NOBODY, Partition, State


def astray(state: State) -> tuple[Partition, ...]:
    """Return the partitions led by another than their first replica; one that moves is its mover's affair."""
    return tuple(
        p
        for p in state.partitions
        if p.leader not in (NOBODY, preferred(p))
        and not (p.adding or p.removing or p.topic_partition in state.reassigning)
    )


def preferred(partition: Partition) -> int:
    """Return the preferred leader: the first of the replicas."""
    return partition.replicas[0]


def hindrance(partition: Partition, state: State) -> str:
    """Return why the preferred leader cannot lead just now, nothing if it can: only one in sync may (KIP-460)."""
    broker = preferred(partition)
    if broker not in state.up:
        return f"broker {broker} is down"
    return "" if broker in partition.isr else f"broker {broker} is not in sync"
