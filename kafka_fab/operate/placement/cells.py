"""Cells: a topic's matrix as a page shows it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from kafka_fab.operate.placement import formats
from kafka_fab.operate.placement.matrix import MEANINGS, mark, spans
from kafka_fab.operate.placement.placement import Broker, PartitionPlacement, Placement, Replica

# Beyond these a page would be slow to open, or a matrix wider than it is worth.
CELLS, COLUMNS = 20000, 24
# So many of them stand side by side.
LETTERS = 80


@dataclass(frozen=True)
class Cell:
    """A partition on a broker: its state, its letter, and its description."""

    state: str
    mark: str
    words: str


@dataclass(frozen=True)
class Matrix:
    """A topic: its brokers as columns below their racks, its partitions as rows; `tall` heads stand upright."""

    topic: str
    words: str
    brokers: tuple[Broker, ...]
    racks: tuple[tuple[str, int], ...]
    tall: bool
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    notes: tuple[str, ...]


def first(parts: Sequence[Placement]) -> Iterator[Placement]:
    """Yield as many topics as a page opens fast with, at least one."""
    cells = 0
    for number, part in enumerate(parts):
        cells += len(part.partitions) * len(part.brokers)
        if number and cells > CELLS:
            return
        yield part


def matrix(part: Placement) -> Matrix:
    """Return the matrix of a topic."""
    holding = {replica.broker for one in part.partitions for replica in one.replicas}
    few = len(part.brokers) <= COLUMNS
    columns = tuple(broker for broker in part.brokers if few or broker.id in holding)
    bare = [broker.id for broker in part.brokers if broker not in columns]
    notes = [f"No replica on brokers {spans(bare)}."] if bare else []
    notes += [
        f"{what.capitalize()}: {spans([one.number for one in some])}." for what, some in formats.states(part).items()
    ]
    rows = tuple((one.number, _cells(one, columns)) for one in part.partitions)
    tall = sum(len(broker.host) for broker in columns) > LETTERS
    return Matrix(part.topics[0], formats.heading(part), columns, _racks(columns), tall, rows, tuple(notes))


def _racks(columns: Sequence[Broker]) -> tuple[tuple[str, int], ...]:
    """Return each rack with the number of its columns; nothing where no broker has a rack."""
    if not any(broker.rack for broker in columns):
        return ()
    groups = groupby(columns, key=lambda broker: broker.rack)
    return tuple((rack, len(list(group))) for rack, group in groups)


def _cells(partition: PartitionPlacement, columns: Sequence[Broker]) -> tuple[Cell, ...]:
    mine = {replica.broker: replica for replica in partition.replicas}
    return tuple(_cell(partition, mine.get(broker.id), broker) for broker in columns)


def _cell(partition: PartitionPlacement, replica: Replica | None, broker: Broker) -> Cell:
    if replica is None:
        return Cell("none", "", f"{partition.name} has no replica on {broker.host}")
    said = [f"{partition.name} on {broker.host}: {replica.state}"]
    said += [MEANINGS[replica.move]] if replica.move else []
    said += [f"{formats.size(replica.log.size)} in {replica.log.path}"] if replica.log else []
    return Cell(replica.state.replace(" ", "-"), mark(replica), ", ".join(said))
