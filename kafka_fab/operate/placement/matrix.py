"""Matrix: partitions x brokers as lines of letters, wrapped where it is wider than the terminal. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kafka_fab.operate.placement.placement import (
    Broker,
    PartitionPlacement,
    Placement,
    Replica,
    ReplicaMove,
    ReplicaState,
)

LETTERS = {
    ReplicaState.LEADER: "L",
    ReplicaState.IN_SYNC: "S",
    ReplicaState.OUT_OF_SYNC: "O",
    ReplicaState.OFFLINE: "X",
}
SIGNS = {ReplicaMove.ADDING: "+", ReplicaMove.REMOVING: "-", ReplicaMove.MOVING: ">"}
MEANINGS = {
    ReplicaMove.ADDING: "being added",
    ReplicaMove.REMOVING: "being removed",
    ReplicaMove.MOVING: "moving to another log directory",
}
COLOURS = {
    ReplicaState.LEADER: "1;32",
    ReplicaState.IN_SYNC: "32",
    ReplicaState.OUT_OF_SYNC: "33",
    ReplicaState.OFFLINE: "1;31",
}
NO_REPLICA_COLOUR = "2"
NOTHING = "."
GAP = 1
# A letter and the sign of a move.
LEAST = 2

Span = tuple[str, str]
Line = tuple[Span, ...]


@dataclass(frozen=True)
class MatrixLayout:
    """How a matrix is drawn: the width of its labels and columns, and the brokers of each of its blocks."""

    label: int
    column: int
    blocks: tuple[tuple[Broker, ...], ...]
    left_out: tuple[Broker, ...] = ()
    with_hosts: bool = True


def painted(line: Line, colours: bool) -> str:
    """Return a line for a terminal, or plain."""
    return "".join(f"\x1b[{colour}m{text}\x1b[0m" if colour and colours else text for text, colour in line).rstrip()


def legend() -> Line:
    """Return what the letters and signs mean."""
    states = [((letter, COLOURS[state]), (f" {state}  ", "")) for state, letter in LETTERS.items()]
    moves = [((f"{sign} {MEANINGS[move]}  ", ""),) for move, sign in SIGNS.items()]
    return tuple(span for spans in (*states, (((f"{NOTHING} no replica  "), ""),), *moves) for span in spans)


def lines(placement: Placement, width: int) -> Iterator[Line]:
    """Yield the lines of a topic's matrix for a terminal of this width; 0 is unlimited."""
    drawn = frame(placement, width)
    for number, block in enumerate(drawn.blocks):
        if number:
            yield ()
        yield from _heads(drawn, block)
        for partition in placement.partitions:
            yield _row(drawn, block, partition)
    if drawn.left_out:
        yield (_plain(f"no replica on brokers {spans([broker.id for broker in drawn.left_out])}"),)


def frame(placement: Placement, width: int) -> MatrixLayout:
    """Return how a topic's matrix is drawn: with hosts where there is room, else in blocks of equal width.

    Where not all brokers fit, those without a replica are left out first.
    """
    brokers = placement.brokers
    label = max(len("broker"), *(len(str(one.number)) for one in placement.partitions))
    for column, with_hosts in ((_roomy(brokers), True), (_narrow(brokers), False)):
        if not width or len(brokers) <= _fitting(width, label, column):
            return MatrixLayout(label, column, (brokers,), with_hosts=with_hosts)
    holding = {replica.broker for partition in placement.partitions for replica in partition.replicas}
    shown = tuple(broker for broker in brokers if broker.id in holding)
    left_out = tuple(broker for broker in brokers if broker.id not in holding)
    column = _narrow(brokers)
    return MatrixLayout(label, column, blocks(shown, _fitting(width, label, column)), left_out, with_hosts=False)


def _roomy(brokers: Sequence[Broker]) -> int:
    return max(_narrow(brokers), *(len(word) for broker in brokers for word in (broker.host, broker.rack)))


def _narrow(brokers: Sequence[Broker]) -> int:
    return max(LEAST, *(len(str(broker.id)) for broker in brokers))


def _fitting(width: int, label: int, column: int) -> int:
    """Return how many columns a line has room for, at least one."""
    return max(1, (width - label) // (column + GAP))


def blocks(brokers: Sequence[Broker], most: int) -> tuple[tuple[Broker, ...], ...]:
    """Return brokers in as few blocks as possible, of about the same width."""
    number = -(-len(brokers) // most)
    size = -(-len(brokers) // number) if number else 1
    return tuple(tuple(brokers[at : at + size]) for at in range(0, len(brokers), size))


def _heads(drawn: MatrixLayout, block: Sequence[Broker]) -> Iterator[Line]:
    if any(broker.rack for broker in block):
        yield (_plain("rack".ljust(drawn.label)), *_racks(drawn, block))
    if drawn.with_hosts:
        yield _head(drawn, "host", [broker.host for broker in block])
    yield _head(drawn, "broker", [str(broker.id) for broker in block])


def _head(drawn: MatrixLayout, name: str, words: Sequence[str]) -> Line:
    return (_plain(name.ljust(drawn.label)), *(_plain(" " * GAP + word.ljust(drawn.column)) for word in words))


def _racks(drawn: MatrixLayout, block: Sequence[Broker]) -> Iterator[Span]:
    """Yield each rack's name above its brokers, cut to the room there is."""
    for rack, group in groupby(block, key=lambda broker: broker.rack):
        room = len(list(group)) * (drawn.column + GAP) - GAP
        yield _plain(" " * GAP + rack[:room].ljust(room))


def _row(drawn: MatrixLayout, block: Sequence[Broker], partition: PartitionPlacement) -> Line:
    mine = {replica.broker: replica for replica in partition.replicas}
    cells = (_cell(drawn, mine, broker) for broker in block)
    return (_plain(str(partition.number).rjust(drawn.label)), *cells)


def _cell(drawn: MatrixLayout, replicas: Mapping[int, Replica], broker: Broker) -> Span:
    replica = replicas.get(broker.id)
    text = mark(replica) if replica else NOTHING
    return " " * GAP + text.ljust(drawn.column), COLOURS[replica.state] if replica else NO_REPLICA_COLOUR


def mark(replica: Replica) -> str:
    """Return a replica's letter, with the sign of its move."""
    return LETTERS[replica.state] + SIGNS.get(replica.move, "")


def _plain(text: str) -> Span:
    return text, ""


def spans(numbers: Sequence[int]) -> str:
    """Return numbers as ranges: 1-3, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
