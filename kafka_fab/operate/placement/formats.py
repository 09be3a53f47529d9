"""Formats: how sizes, ratios and a topic's state are said. Pure functions."""

from collections.abc import Callable, Iterable, Iterator

from kafka_fab.gate.state import NOBODY
from kafka_fab.live.log_dirs import UNTOLD
from kafka_fab.operate.placement.placement import (
    ADDING,
    BEHIND,
    MOVING,
    OFFLINE,
    REMOVING,
    Broker,
    LogOnDisk,
    Placed,
    Placement,
)

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(number: int | None) -> str:
    """Return bytes for people: 1.5 GiB; a dash where they are not known."""
    if number is None or number == UNTOLD:
        return "-"
    value, unit = float(number), 0
    # What would be rounded to 1024 of a unit is one of the next.
    while round(value, 1) >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{number} B"


def total(sizes: Iterable[int | None]) -> str:
    """Return bytes together, with a mark where some are not known."""
    sizes = tuple(sizes)
    known = size(sum(one for one in sizes if one is not None))
    return f"{known} + ?" if None in sizes else known


def ratio(value: float | None) -> str:
    """Return a skew for a table."""
    return "-" if value is None else f"{value:.2f}"


def copies(placement: Placement) -> str:
    """Return how many copies the partitions have: 3, or 2-3."""
    counts = sorted({len(partition.replicas) for partition in placement.partitions})
    return "-".join(map(str, dict.fromkeys((counts[0], counts[-1]))))


def heading(placement: Placement) -> str:
    """Return a topic's partitions, copies and bytes."""
    sizes = (replica.size for partition in placement.partitions for replica in partition.replicas)
    return f"{counted(len(placement.partitions), 'partition')}, copies: {copies(placement)}, {total(sizes)}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 partition, 2 partitions."""
    return f"{number} {noun}{'s' * (number != 1)}"


AMISS: dict[str, Callable[[Placed], bool]] = {
    "without a leader": lambda one: one.leader == NOBODY,
    "with a copy offline": lambda one: one.count(OFFLINE) > 0,
    "with a copy behind": lambda one: one.count(BEHIND) > 0,
    "moving": lambda one: one.moves,
    "not led by the first replica": lambda one: one.leader not in (NOBODY, one.preferred),
}
BAD = frozenset(("without a leader", "with a copy offline", "with a copy behind"))


def states(placement: Placement) -> dict[str, list[Placed]]:
    """Return the partitions with which something is amiss or under way, by what it is."""
    every = {what: list(filter(applies, placement.partitions)) for what, applies in AMISS.items()}
    return {what: some for what, some in every.items() if some}


def is_bad(placement: Placement) -> bool:
    """Return whether messages cannot be written or read, or have a copy less than they should."""
    return not BAD.isdisjoint(states(placement))


def state(placement: Placement) -> str:
    """Return a topic's state in a few words."""
    return ", ".join(f"{len(some)} {what}" for what, some in states(placement).items()) or "ok"


def moves(placement: Placement) -> Iterator[str]:
    """Yield a sentence for each copy that comes, goes, or changes its disk."""
    hosts = {broker.id: broker for broker in placement.brokers}
    for partition in placement.partitions:
        told = [replica for replica in partition.replicas if replica.move]
        for replica in told:
            how = _HOW[replica.move](partition, hosts[replica.broker], replica.log, replica.future)
            yield f"{partition.name}: {how}"
        if partition.reassigned and not told:
            yield f"{partition.name}: is being reassigned; this version does not tell from where to where"


def _adding(partition: Placed, broker: Broker, log: LogOnDisk | None, _: LogOnDisk | None) -> str:
    whole = max((replica.log.size for replica in partition.replicas if replica.log), default=0)
    done = f", {size(log.size)} of {size(whole)} are there" if log else ""
    return f"a copy on {_named(broker)} is being added{done}"


def _removing(_: Placed, broker: Broker, log: LogOnDisk | None, __: LogOnDisk | None) -> str:
    return f"the copy on {_named(broker)} is being removed" + (f", {size(log.size)}" if log else "")


def _moving(_: Placed, broker: Broker, log: LogOnDisk | None, future: LogOnDisk | None) -> str:
    assert future
    there = f", {size(future.size)} of {size(log.size)} are there" if log else ""
    return f"moves on {_named(broker)} from {log.path if log else '?'} to {future.path}{there}"


def _named(broker: Broker) -> str:
    return f"{broker.host} (broker {broker.id})"


_HOW = {ADDING: _adding, REMOVING: _removing, MOVING: _moving}
