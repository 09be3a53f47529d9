"""Placement text: a placement as tables and matrices for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kafka_fab.operate.placement import formats, matrix, skew
from kafka_fab.operate.placement.placement import Broker, PartitionPlacement, Placement, Replica
from kafka_fab.operate.placement.segments import PartitionFolder, in_words, offsets
from kafka_fab.operate.placement.skew import Load, Skew
from kafka_fab.output import report

BAD = "31"


@dataclass(frozen=True)
class TextLayout:
    """The terminal: its columns (0: unlimited), and whether it shows colours."""

    width: int = 0
    colours: bool = False

    def colour(self, text: str, colour: str) -> str:
        """Return a text in a colour, if there are any."""
        return matrix.painted(((text, colour),), self.colours)


def overview(whole: Placement, layout: TextLayout, everything: bool) -> Iterator[str]:
    """Yield a line for each topic, with `everything` the matrix of each, and what each broker carries."""
    parts = whole.by_topic()
    yield from _topics(parts.values(), layout)
    if everything:
        for part in parts.values():
            yield from ("", *topic(part, layout))
        yield from ("", matrix.painted(matrix.legend(), layout.colours))
    yield from _shares(whole)
    yield from _moves(whole)


def one(part: Placement, layout: TextLayout) -> Iterator[str]:
    """Yield a topic's matrix with its legend, and what each broker carries of it."""
    yield from (*topic(part, layout), "", matrix.painted(matrix.legend(), layout.colours))
    yield from _shares(part)
    yield from _moves(part)


def _topics(parts: Iterable[Placement], layout: TextLayout) -> Iterator[str]:
    parts = tuple(parts)
    heading = ("topic", "partitions", "replication", "size", "leader skew", "replica skew", "size skew", "state")
    heads, *rows = report.table([heading, *map(_summary, parts)]).splitlines()
    yield heads
    yield from (layout.colour(row, BAD if formats.is_bad(part) else "") for row, part in zip(rows, parts, strict=True))
    yield "skew: the largest value of a broker divided by the mean; 1.00 is even"


def _summary(part: Placement) -> Sequence[object]:
    found = _skew(part)
    ratios = map(formats.ratio, (found.leaders, found.replicas, found.size))
    name = part.partitions[0].topic
    return (name, len(part.partitions), formats.replication(part), _size(part), *ratios, formats.state(part))


def _skew(part: Placement) -> Skew:
    return skew.skew(tuple(skew.by_broker(part).values()))


def _size(part: Placement) -> str:
    return formats.total(load.size for load in skew.by_broker(part).values())


def topic(part: Placement, layout: TextLayout) -> Iterator[str]:
    """Yield a summary of a topic, its matrix, and the partitions that are not as they should be."""
    yield f"{part.topics[0]}: {formats.heading(part)}"
    yield from (matrix.painted(line, layout.colours) for line in matrix.lines(part, layout.width))
    for what, some in formats.states(part).items():
        yield f"{what}: {matrix.spans([partition.number for partition in some])}"


def _shares(part: Placement) -> Iterator[str]:
    loads = skew.by_broker(part)
    rows: list[Sequence[object]] = [("host", "id", "rack", "leaders", "replicas", "size", "")]
    rows += [_share(broker, loads[broker.id]) for broker in part.brokers]
    yield from ("", report.table(rows), "", report.table(list(_directories(part))), "")
    racks = skew.by_rack(part)
    if racks:
        heading = ("rack", "brokers", "leaders", "replicas", "size")
        yield from (report.table([heading, *(_rack(part, load) for load in racks.values())]), "")
    yield report.table(list(_skews(loads.values(), racks.values())))


def _share(broker: Broker, load: Load) -> Sequence[object]:
    state = "" if broker.up else "not registered"
    return broker.host, broker.id, broker.rack or "-", load.leaders, load.replicas, formats.size(load.size), state


def _rack(part: Placement, load: Load) -> Sequence[object]:
    brokers = sum(broker.rack == load.name for broker in part.brokers)
    return load.name, brokers, load.leaders, load.replicas, formats.size(load.size)


def _skews(brokers: Iterable[Load], racks: Iterable[Load]) -> Iterator[Sequence[object]]:
    yield "skew", "leaders", "replicas", "size"
    for name, loads in (("brokers", tuple(brokers)), ("racks", tuple(racks))):
        if loads:
            found = skew.skew(loads)
            yield name, *map(formats.ratio, (found.leaders, found.replicas, found.size))


def _directories(part: Placement) -> Iterator[Sequence[object]]:
    yield "host", "log directory", "replicas", "size", "volume", "usable"
    wanted = {partition.topic_partition for partition in part.partitions}
    for broker in part.brokers:
        for directory in broker.directories:
            sizes = [one.size for one in directory.replicas if one.topic_partition in wanted]
            volume = formats.size(directory.total_bytes), directory.error or formats.size(directory.usable_bytes)
            yield broker.host, directory.path, len(sizes), formats.size(sum(sizes)), *volume


def _moves(part: Placement) -> Iterator[str]:
    sentences = list(formats.reassignments(part))
    if sentences:
        yield from ("", "reassignments:", *(f"    {sentence}" for sentence in sentences))


def partition(placed: PartitionPlacement, brokers: Sequence[Broker], layout: TextLayout) -> Iterator[str]:
    """Yield the replicas of a partition, each with its log directory."""
    hosts = {broker.id: broker for broker in brokers}
    rows: list[Sequence[object]] = [("host", "id", "rack", "replica", "log directory", "size", "lag")]
    for replica in placed.replicas:
        rows += _replicas(hosts[replica.broker], replica)
    yield from (layout.colour(placed.name, BAD if placed.has_offline_replica else ""), report.table(rows))


def _replicas(broker: Broker, replica: Replica) -> Iterator[Sequence[object]]:
    head, state = (broker.host, broker.id, broker.rack or "-"), ", ".join(filter(None, (replica.state, replica.move)))
    log, future = replica.log, replica.future
    yield (*head, state, log.path, formats.size(log.size), log.lag) if log else (*head, state, "-", "-", "-")
    if future:
        yield (*head, "future", future.path, formats.size(future.size), future.lag)


def folder(found: PartitionFolder) -> Iterator[str]:
    """Yield a partition's files on a host, and whether their size is what the broker reports."""
    spans = offsets(found.files)
    rows: list[Sequence[object]] = [("    file", "bytes", "offsets")]
    rows += [(f"    {file.name}", file.size, in_words(file, span)) for file, span in spans.items()]
    yield from ("", f"{found.host}:{found.path}", report.table(rows), f"    {verdict(found)}")


def verdict(found: PartitionFolder) -> str:
    """Return in a sentence whether disk and broker agree."""
    if found.reported is None:
        return f"{found.size} bytes of segments; this version of Kafka does not report a size to compare with"
    before, after = found.reported
    reports = f"{before}" if before == after else f"{before}, and {after} a moment later"
    if found.matches:
        return f"{found.size} bytes of segments, as the broker reports ({reports})"
    return f"MISMATCH: {found.size} bytes of segments on disk, but the broker reports {reports}"
