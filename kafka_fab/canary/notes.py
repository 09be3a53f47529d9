"""Notes: the canary's ledger in a file of this machine, so that it can be checked after a kill."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kafka_fab.canary.canary_log import CanaryLog, Gaps, Written


@dataclass
class InterruptedRun:
    """What an interrupted canary has written: its run, each partition's end offset before it, its log."""

    run: bytes
    starts: dict[int, int]
    log: CanaryLog
    begun: bool = field(default=False)


class Notes:
    """A file with a line for each acknowledgement.

    Written without a buffer: a kill of the process loses nothing; a power cut may lose the end.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.earlier = tuple(read(file))
        self._descriptor = -1
        self._over = False

    def begin(self, run: bytes, starts: Mapping[int, int], now: float) -> None:
        """Append the begin of a canary, unless the notes were removed."""
        if self._over:
            return
        self._descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        offsets = ",".join(f"{partition}:{start}" for partition, start in starts.items())
        self._write(f"run {run.hex()} {offsets} {now:.6f}")

    def measured(self, now: float) -> None:
        """Append the begin of the measurement."""
        self._write(f"begun {now:.6f}")

    def acknowledged(self, partition: int, sequence: int, offset: int, ms: float, now: float) -> None:
        """Append an acknowledgement."""
        self._write(f"ack {partition} {sequence} {offset} {ms:.3f} {now:.6f}")

    def failed(self, partition: int, why: str) -> None:
        """Append a failed message."""
        self._write(f"error {partition} {why}")

    def remove(self) -> None:
        """Remove the file: it has been checked, or is not needed."""
        self._over = True
        self.file.unlink(missing_ok=True)

    def _write(self, line: str) -> None:
        try:
            os.write(self._descriptor, f"{line}\n".encode())
        except OSError:
            # A full disk here must not stop the canary: this process has the ledger in memory.
            return


def read(file: Path) -> Iterator[InterruptedRun]:
    """Yield the canaries of a file, the oldest first; a truncated line ends it."""
    found: InterruptedRun | None = None
    for words in _lines(file):
        if words[0] == "run":
            if found:
                yield found
            found = _interrupted_run(words)
        elif found:
            _take(found, words)
    if found:
        yield found


def _lines(file: Path) -> Iterator[list[str]]:
    if not file.is_file():
        return
    with file.open() as lines:
        # A line without a newline is incomplete.
        yield from (line.split() for line in lines if line.endswith("\n") and line.strip())


def _interrupted_run(words: list[str]) -> InterruptedRun:
    _, run, offsets, now = words
    starts = {
        int(partition): int(start) for partition, _, start in (offset.partition(":") for offset in offsets.split(","))
    }
    written = {partition: Written(Gaps(partition)) for partition in starts}
    return InterruptedRun(bytes.fromhex(run), starts, CanaryLog(float(now), written))


def _take(found: InterruptedRun, words: list[str]) -> None:
    log, kind = found.log, words[0]
    if kind == "begun":
        log.begin(float(words[1]))
        found.begun = True
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
    if found.begun:
        log.histogram.add(ms)
        log.curve.add(now, ms)
