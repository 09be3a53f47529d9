"""Placement picture: what stands where on the page of a placement: bars beside their mean, and matrices. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kafka_fab.live.client.describe_log_dirs import LogDir
from kafka_fab.operate.placement import cells, formats, skew
from kafka_fab.operate.placement.placement import Broker, Placement, ReplicaState
from kafka_fab.operate.placement.skew import Load, Skew


@dataclass(frozen=True)
class LoadBar:
    """A value with its share of the greatest one, and where the mean is, both in percent."""

    text: str
    share: float
    mean: float


@dataclass(frozen=True)
class LoadRow:
    """What a broker or a rack carries."""

    name: str
    words: tuple[str, ...]
    bars: tuple[LoadBar, LoadBar, LoadBar]


@dataclass(frozen=True)
class LogDirRow:
    """A log directory."""

    host: str
    path: str
    replicas: int
    size: LoadBar
    total: str
    free: str
    error: str


@dataclass(frozen=True)
class PlacementPicture:
    """The whole page."""

    brokers: tuple[LoadRow, ...]
    racks: tuple[LoadRow, ...]
    skews: tuple[tuple[str, tuple[str, str, str]], ...]
    disks: tuple[LogDirRow, ...]
    topics: tuple[tuple[tuple[str, ...], bool], ...]
    matrices: tuple[cells.Matrix, ...]
    left_out: int
    figures: tuple[tuple[str, str, bool], ...]


def picture(part: Placement, everything: bool) -> PlacementPicture:
    """Return the page of a placement; without `everything` only as many matrices as open fast."""
    parts = tuple(part.by_topic().values())
    drawn = tuple(map(cells.matrix, parts if everything else cells.first(parts)))
    loads, racks = skew.by_broker(part), skew.by_rack(part)
    named = {broker.id: broker for broker in part.brokers}
    heads = [(named[number].host, (str(number), named[number].rack or "-")) for number in loads]
    return PlacementPicture(
        _rows(heads, tuple(loads.values())),
        _rows([(rack, ()) for rack in racks], tuple(racks.values())),
        tuple(_skews(tuple(loads.values()), tuple(racks.values()))),
        _disks(part),
        tuple((_topic(one), formats.is_bad(one)) for one in parts),
        drawn,
        len(parts) - len(drawn),
        tuple(_figures(part)),
    )


def bars(values: Sequence[int | None], text: Callable[[int | None], str] = str) -> list[LoadBar]:
    """Return values as bars, the greatest one as long as can be."""
    known = [value for value in values if value is not None]
    most = max(known, default=0) or 1
    mean = 100 * sum(known) / len(known) / most if known else 0.0
    return [LoadBar(text(value), 100 * (value or 0) / most, mean) for value in values]


def _rows(heads: Sequence[tuple[str, tuple[str, ...]]], loads: Sequence[Load]) -> tuple[LoadRow, ...]:
    columns = (
        bars([load.leaders for load in loads]),
        bars([load.replicas for load in loads]),
        bars([load.size for load in loads], formats.size),
    )
    return tuple(LoadRow(*head, three) for head, three in zip(heads, zip(*columns, strict=True), strict=True))


def _skews(brokers: Sequence[Load], racks: Sequence[Load]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for name, loads in (("brokers", brokers), ("racks", racks)):
        if loads:
            yield name, _ratios(skew.skew(loads))


def _ratios(found: Skew) -> tuple[str, str, str]:
    return formats.ratio(found.leaders), formats.ratio(found.replicas), formats.ratio(found.size)


def _disks(part: Placement) -> tuple[LogDirRow, ...]:
    wanted = {one.topic_partition for one in part.partitions}
    found = [(broker, directory) for broker in part.brokers for directory in broker.directories]
    sizes = [[log.size for log in one.replicas if log.topic_partition in wanted] for _, one in found]
    drawn = bars([sum(mine) for mine in sizes], formats.size)
    return tuple(
        _disk(broker, one, len(mine), bar) for (broker, one), mine, bar in zip(found, sizes, drawn, strict=True)
    )


def _disk(broker: Broker, one: LogDir, replicas: int, bar: LoadBar) -> LogDirRow:
    return LogDirRow(
        broker.host, one.path, replicas, bar, formats.size(one.total_bytes), formats.size(one.usable_bytes), one.error
    )


def _topic(part: Placement) -> tuple[str, ...]:
    loads = tuple(skew.by_broker(part).values())
    head = (
        part.topics[0],
        str(len(part.partitions)),
        formats.replication(part),
        formats.total(load.size for load in loads),
    )
    return (*head, *_ratios(skew.skew(loads)), formats.state(part))


def _figures(part: Placement) -> Iterator[tuple[str, str, bool]]:
    """Yield the figures at the top of the page: name, value, and whether it is bad."""
    up, partitions = sum(broker.up for broker in part.brokers), part.partitions
    offline = sum(one.is_offline for one in partitions)
    under_replicated = sum(one.is_under_replicated for one in partitions)
    states = [replica.state for one in partitions for replica in one.replicas]
    offline_replicas = states.count(ReplicaState.OFFLINE)
    yield "Brokers", f"{up} of {len(part.brokers)}", up < len(part.brokers)
    yield "Partitions", str(len(partitions)), False
    yield "Size of all replicas", formats.total(load.size for load in skew.by_broker(part).values()), False
    yield "Offline", str(offline), offline > 0
    yield "Under-replicated", str(under_replicated), under_replicated > 0
    yield "Offline replicas", str(offline_replicas), offline_replicas > 0
    yield "Reassigning", str(sum(one.moves for one in partitions)), False
