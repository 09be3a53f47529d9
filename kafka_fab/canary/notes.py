"""Notes: the canary's ledger on this machine's disk as it is written, so that it outlives the tool, and is judged."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kafka_fab.canary.canary_log import CanaryLog, Gaps, Written


@dataclass
class Piece:
    """What a canary that did not come to its end has written: whose, each partition's end before it, its log."""

    run: bytes
    starts: dict[int, int]
    log: CanaryLog
    begun: bool = field(default=False)


class Notes:
    """A file of what was acknowledged, a line each, written before anybody counts on it.

    The system has it as soon as it is written, so a kill of the tool loses nothing; a power cut may lose the end.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.earlier = tuple(read(file))
        self._descriptor = -1
        self._over = False

    def begin(self, run: bytes, starts: Mapping[int, int], now: float) -> None:
        """Write down that a canary begins; nothing where all is over already."""
        if self._over:
            return
        self._descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        places = ",".join(f"{partition}:{start}" for partition, start in starts.items())
        self._write(f"run {run.hex()} {places} {now:.6f}")

    def measured(self, now: float) -> None:
        """Write down that all partitions have acknowledged, and are measured from now on."""
        self._write(f"begun {now:.6f}")

    def acknowledged(self, partition: int, sequence: int, offset: int, ms: float, now: float) -> None:
        """Write down an acknowledgement."""
        self._write(f"ack {partition} {sequence} {offset} {ms:.3f} {now:.6f}")

    def given_up(self, partition: int, why: str) -> None:
        """Write down that a message was given up."""
        self._write(f"error {partition} {why}")

    def remove(self) -> None:
        """Forget it all: it has been judged, or nobody goes on with it."""
        self._over = True
        self.file.unlink(missing_ok=True)

    def _write(self, line: str) -> None:
        try:
            os.write(self._descriptor, f"{line}\n".encode())
        except OSError:
            # A full disk here must not disturb the canary: this run of the tool judges by its memory.
            return


def read(file: Path) -> Iterator[Piece]:
    """Yield the canaries that a file tells of, the oldest first; a line that was cut off ends it."""
    piece: Piece | None = None
    for words in _lines(file):
        if words[0] == "run":
            if piece:
                yield piece
            piece = _piece(words)
        elif piece:
            _take(piece, words)
    if piece:
        yield piece


def _lines(file: Path) -> Iterator[list[str]]:
    if not file.is_file():
        return
    with file.open() as lines:
        # What has no end was not written to its end.
        yield from (line.split() for line in lines if line.endswith("\n") and line.strip())


def _piece(words: list[str]) -> Piece:
    _, run, places, now = words
    starts = {
        int(partition): int(start) for partition, _, start in (place.partition(":") for place in places.split(","))
    }
    written = {partition: Written(Gaps(partition)) for partition in starts}
    return Piece(bytes.fromhex(run), starts, CanaryLog(float(now), written))


def _take(piece: Piece, words: list[str]) -> None:
    log, kind = piece.log, words[0]
    if kind == "begun":
        log.begin(float(words[1]))
        piece.begun = True
        return
    written = log.written[int(words[1])]
    if kind == "error":
        written.errors[words[2]] = written.errors.get(words[2], 0) + 1
        written.sent += 1
        return
    sequence, offset, ms, now = int(words[2]), int(words[3]), float(words[4]), float(words[5])
    written.acknowledged.add(sequence)
    written.sent = max(written.sent, sequence + 1)
    written.end = max(written.end, offset + 1)
    written.gaps.tick(now)
    if piece.begun:
        log.histogram.add(ms)
        log.curve.add(now, ms)
