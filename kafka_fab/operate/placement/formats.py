"""Formats: sizes, ratios and states of topics as text. Pure functions."""

from collections.abc import Callable, Iterable, Iterator

from kafka_fab.live.client.describe_log_dirs import UNKNOWN
from kafka_fab.operate.placement.placement import Broker, LogOnDisk, PartitionPlacement, Placement, ReplicaMove
from kafka_fab.output.counted import counted

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(number: int | None) -> str:
    """Return bytes in a readable unit: 1.5 GiB; a dash where they are unknown."""
    if number is None or number == UNKNOWN:
        return "-"
    value, unit = float(number), 0
    # What would be rounded to 1024 of one unit is 1 of the next.
    while round(value, 1) >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{number} B"


def total(sizes: Iterable[int | None]) -> str:
    """Return the sum of sizes, with `+ ?` where some are unknown."""
    sizes = tuple(sizes)
    known = size(sum(one for one in sizes if one is not None))
    return f"{known} + ?" if None in sizes else known


def ratio(value: float | None) -> str:
    """Return a skew for a table."""
    return "-" if value is None else f"{value:.2f}"


def replication(placement: Placement) -> str:
    """Return the replication factor of a topic: 3, or 2-3 where partitions differ."""
    counts = sorted({len(partition.replicas) for partition in placement.partitions})
    return "-".join(map(str, dict.fromkeys((counts[0], counts[-1]))))


def heading(placement: Placement) -> str:
    """Return a topic's partitions, replication factor and size."""
    sizes = (replica.size for partition in placement.partitions for replica in partition.replicas)
    partitions = counted(len(placement.partitions), "partition")
    return f"{partitions}, replication factor {replication(placement)}, {total(sizes)}"


OFFLINE, UNDER_REPLICATED, OFFLINE_REPLICA = "offline", "under-replicated", "with an offline replica"
PROBLEMS: dict[str, Callable[[PartitionPlacement], bool]] = {
    OFFLINE: lambda one: one.is_offline,
    UNDER_REPLICATED: lambda one: one.is_under_replicated,
    OFFLINE_REPLICA: lambda one: one.has_offline_replica,
    "reassigning": lambda one: one.moves,
    "not led by the preferred leader": lambda one: one.is_off_preferred,
}
BAD = frozenset((OFFLINE, UNDER_REPLICATED, OFFLINE_REPLICA))


def states(placement: Placement) -> dict[str, list[PartitionPlacement]]:
    """Return the partitions that are not as they should be, by their state."""
    every = {state: list(filter(applies, placement.partitions)) for state, applies in PROBLEMS.items()}
    return {state: some for state, some in every.items() if some}


def is_bad(placement: Placement) -> bool:
    """Return whether a partition is offline or under-replicated."""
    return not BAD.isdisjoint(states(placement))


def state(placement: Placement) -> str:
    """Return a topic's state: 2 under-replicated, or ok."""
    return ", ".join(f"{len(some)} {what}" for what, some in states(placement).items()) or "ok"


def reassignments(placement: Placement) -> Iterator[str]:
    """Yield a sentence for each replica that is being added, removed, or moved to another log directory."""
    brokers = {broker.id: broker for broker in placement.brokers}
    for partition in placement.partitions:
        moving = [replica for replica in partition.replicas if replica.move]
        for replica in moving:
            text = _TEXTS[replica.move](partition, brokers[replica.broker], replica.log, replica.future)
            yield f"{partition.name}: {text}"
        if partition.reassigning and not moving:
            yield f"{partition.name}: is being reassigned (this version of Kafka does not report the target)"


def _adding(partition: PartitionPlacement, broker: Broker, log: LogOnDisk | None, _: LogOnDisk | None) -> str:
    needed = max((replica.log.size for replica in partition.replicas if replica.log), default=0)
    done = f", {size(log.size)} of {size(needed)} copied" if log else ""
    return f"adding a replica on {_named(broker)}{done}"


def _removing(_: PartitionPlacement, broker: Broker, log: LogOnDisk | None, __: LogOnDisk | None) -> str:
    return f"removing the replica on {_named(broker)}" + (f", {size(log.size)}" if log else "")


def _moving(_: PartitionPlacement, broker: Broker, log: LogOnDisk | None, future: LogOnDisk | None) -> str:
    assert future
    done = f", {size(future.size)} of {size(log.size)} copied" if log else ""
    return f"moving the replica on {_named(broker)} from {log.path if log else '?'} to {future.path}{done}"


def _named(broker: Broker) -> str:
    return f"{broker.host} (broker {broker.id})"


_TEXTS = {ReplicaMove.ADDING: _adding, ReplicaMove.REMOVING: _removing, ReplicaMove.MOVING: _moving}
