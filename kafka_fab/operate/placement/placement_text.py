"""Placement text: a placement as tables and matrices for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kafka_fab.operate.placement import formats, matrix, skew
from kafka_fab.operate.placement.placement import OFFLINE, Broker, Placed, Placement, Replica
from kafka_fab.operate.placement.segments import Folder, in_words, offsets
from kafka_fab.operate.placement.skew import CarriedLoad, Skew
from kafka_fab.output import report

BAD = "31"


@dataclass(frozen=True)
class TextLayout:
    """What is written on: so many columns (0: without an end), with colours or without."""

    width: int = 0
    colours: bool = False

    def colour(self, text: str, colour: str) -> str:
        """Return a text in a colour, if there are any."""
        return matrix.painted(((text, colour),), self.colours)


def overview(whole: Placement, paper: TextLayout, everything: bool) -> Iterator[str]:
    """Yield a line for each topic, the matrix of each where everything is asked for, and the brokers' shares."""
    parts = whole.by_topic()
    yield from _topics(parts.values(), paper)
    if everything:
        for part in parts.values():
            yield from ("", *topic(part, paper))
        yield from ("", matrix.painted(matrix.legend(), paper.colours))
    yield from _shares(whole)
    yield from _moves(whole)


def one(part: Placement, paper: TextLayout) -> Iterator[str]:
    """Yield a topic's matrix with its legend, and the brokers' shares in it."""
    yield from (*topic(part, paper), "", matrix.painted(matrix.legend(), paper.colours))
    yield from _shares(part)
    yield from _moves(part)


def _topics(parts: Iterable[Placement], paper: TextLayout) -> Iterator[str]:
    parts = tuple(parts)
    heading = ("topic", "partitions", "copies", "size", "leaders", "replicas", "bytes", "state")
    heads, *rows = report.table([heading, *map(_summary, parts)]).splitlines()
    yield heads
    yield from (paper.colour(row, BAD if formats.is_bad(part) else "") for row, part in zip(rows, parts, strict=True))
    yield "leaders, replicas, bytes: the greatest share of a broker, divided by the mean"


def _summary(part: Placement) -> Sequence[object]:
    found = _skew(part)
    ratios = map(formats.ratio, (found.leaders, found.replicas, found.size))
    name = part.partitions[0].topic
    return (name, len(part.partitions), formats.copies(part), _size(part), *ratios, formats.state(part))


def _skew(part: Placement) -> Skew:
    return skew.skew(tuple(skew.by_broker(part).values()))


def _size(part: Placement) -> str:
    return formats.total(load.size for load in skew.by_broker(part).values())


def topic(part: Placement, paper: TextLayout) -> Iterator[str]:
    """Yield a topic's matrix below a line on the topic, and what is amiss with which partitions."""
    yield f"{part.topics[0]}: {formats.heading(part)}"
    yield from (matrix.painted(line, paper.colours) for line in matrix.lines(part, paper.width))
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


def _share(broker: Broker, load: CarriedLoad) -> Sequence[object]:
    state = "" if broker.up else "is not there"
    return broker.host, broker.id, broker.rack or "-", load.leaders, load.replicas, formats.size(load.size), state


def _rack(part: Placement, load: CarriedLoad) -> Sequence[object]:
    brokers = sum(broker.rack == load.name for broker in part.brokers)
    return load.name, brokers, load.leaders, load.replicas, formats.size(load.size)


def _skews(brokers: Iterable[CarriedLoad], racks: Iterable[CarriedLoad]) -> Iterator[Sequence[object]]:
    yield "max/mean", "leaders", "replicas", "bytes"
    for name, loads in (("brokers", tuple(brokers)), ("racks", tuple(racks))):
        if loads:
            found = skew.skew(loads)
            yield name, *map(formats.ratio, (found.leaders, found.replicas, found.size))


def _directories(part: Placement) -> Iterator[Sequence[object]]:
    yield "host", "directory", "copies", "size", "volume", "free"
    wanted = {partition.topic_partition for partition in part.partitions}
    for broker in part.brokers:
        for directory in broker.directories:
            sizes = [copy.size for copy in directory.copies if copy.topic_partition in wanted]
            volume = formats.size(directory.total), directory.error or formats.size(directory.free)
            yield broker.host, directory.path, len(sizes), formats.size(sum(sizes)), *volume


def _moves(part: Placement) -> Iterator[str]:
    told = list(formats.moves(part))
    if told:
        yield from ("", "under way:", *(f"    {sentence}" for sentence in told))


def partition(placed: Placed, brokers: Sequence[Broker], paper: TextLayout) -> Iterator[str]:
    """Yield where a partition's copies lie."""
    hosts = {broker.id: broker for broker in brokers}
    rows: list[Sequence[object]] = [("host", "id", "rack", "copy", "directory", "size", "behind")]
    for replica in placed.replicas:
        rows += _copies(hosts[replica.broker], replica)
    bad = any(replica.state == OFFLINE for replica in placed.replicas)
    yield from (paper.colour(placed.name, BAD if bad else ""), report.table(rows))


def _copies(broker: Broker, replica: Replica) -> Iterator[Sequence[object]]:
    head, state = (broker.host, broker.id, broker.rack or "-"), ", ".join(filter(None, (replica.state, replica.move)))
    log, future = replica.log, replica.future
    yield (*head, state, log.path, formats.size(log.size), log.lag) if log else (*head, state, "-", "-", "-")
    if future:
        yield (*head, "future", future.path, formats.size(future.size), future.lag)


def folder(found: Folder) -> Iterator[str]:
    """Yield a partition's files on a host, and whether their bytes are those that the broker tells."""
    spans = offsets(found.files)
    rows: list[Sequence[object]] = [("    file", "bytes", "offsets")]
    rows += [(f"    {file.name}", file.size, in_words(file, span)) for file, span in spans.items()]
    yield from ("", f"{found.host}:{found.path}", report.table(rows), f"    {verdict(found)}")


def verdict(found: Folder) -> str:
    """Return whether disk and broker agree, in a sentence."""
    if found.told is None:
        return f"{found.size} bytes of segments; the broker does not tell how many there should be"
    before, after = found.told
    says = f"{before}" if before == after else f"{before}, and {after} a moment later"
    if found.agrees:
        return f"{found.size} bytes of segments, as the broker says ({says})"
    return f"DIFFERS: {found.size} bytes of segments are on the disk, but the broker says {says}"
