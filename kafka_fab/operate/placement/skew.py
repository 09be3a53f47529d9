"""Skew: how evenly leaders, replicas and bytes lie on brokers and racks. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kafka_fab.operate.placement.placement import Placement, Replica


@dataclass(frozen=True)
class Load:
    """What a broker or a rack carries; bytes are None where they are not known."""

    name: str
    leaders: int
    replicas: int
    size: int | None


@dataclass(frozen=True)
class Skew:
    """The heaviest load beside the mean one: 1 is even, None where there is nothing to compare."""

    leaders: float | None
    replicas: float | None
    size: float | None


def ratio(values: Iterable[int | None]) -> float | None:
    """Return the greatest of the known values, divided by their mean."""
    known = [value for value in values if value is not None]
    return max(known) * len(known) / sum(known) if sum(known) else None


def skew(loads: Sequence[Load]) -> Skew:
    """Return how uneven some loads are."""
    return Skew(
        ratio(load.leaders for load in loads),
        ratio(load.replicas for load in loads),
        ratio(load.size for load in loads),
    )


def by_broker(placement: Placement) -> dict[int, Load]:
    """Return each broker's load by its id, in the brokers' order."""
    mine: dict[int, list[Replica]] = {broker.id: [] for broker in placement.brokers}
    for partition in placement.partitions:
        for replica in partition.replicas:
            mine[replica.broker].append(replica)
    leaders = Counter(partition.leader for partition in placement.partitions)
    return {
        number: Load(str(number), leaders[number], len(replicas), _size(replicas)) for number, replicas in mine.items()
    }


def _size(carried: Iterable[Replica | Load]) -> int | None:
    """Return the bytes of all, or None where one's are not known."""
    sizes = [one.size for one in carried]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def by_rack(placement: Placement) -> dict[str, Load]:
    """Return each rack's load: that of its brokers together; nothing where no broker has a rack."""
    loads = by_broker(placement)
    racks: dict[str, list[Load]] = {}
    for broker in placement.brokers:
        if broker.rack:
            racks.setdefault(broker.rack, []).append(loads[broker.id])
    return {rack: _together(rack, mine) for rack, mine in racks.items()}


def _together(name: str, loads: Sequence[Load]) -> Load:
    return Load(name, sum(load.leaders for load in loads), sum(load.replicas for load in loads), _size(loads))
