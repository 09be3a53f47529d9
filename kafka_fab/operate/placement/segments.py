"""Segments: a partition's files, their offsets, and their size compared with what the broker reports. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A segment's files are named after its first offset; what is being deleted or cleaned has a suffix.
OF_SEGMENT = re.compile(r"(?P<first>\d{20})\.(?P<kind>log|index|timeindex|txnindex)")
SNAPSHOT = re.compile(r"(?P<first>\d{20})\.snapshot")


@dataclass(frozen=True)
class SegmentFile:
    """A file of a partition and its bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class PartitionFolder:
    """A partition's folder on a host; `reported` are its bytes by its broker, before and after the look."""

    host: str
    broker: int
    path: str
    files: tuple[SegmentFile, ...]
    reported: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """Return the bytes of its segments, without their indexes, as a broker counts them."""
        return sum(file.size for file in self.files if is_segment(file))

    @property
    def matches(self) -> bool:
        """Return whether disk and broker agree; what is written meanwhile lies between the two reported sizes."""
        return self.reported is None or min(self.reported) <= self.size <= max(self.reported)


def is_segment(file: SegmentFile) -> bool:
    """Return whether a file holds messages of the log."""
    match = OF_SEGMENT.fullmatch(file.name)
    return bool(match) and file.name.endswith(".log")


def offsets(files: Iterable[SegmentFile]) -> dict[SegmentFile, tuple[int, int | None] | None]:
    """Return each file's first and last offset, as the names of all tell; the last one's end is open.

    A snapshot holds the state before its offset; other files have no offsets.
    """
    files = sorted(files, key=lambda file: file.name)
    firsts = [int(file.name[:20]) for file in files if is_segment(file)]
    return {file: _range(file, firsts) for file in files}


def _range(file: SegmentFile, firsts: Sequence[int]) -> tuple[int, int | None] | None:
    match = OF_SEGMENT.fullmatch(file.name)
    if not match:
        return None
    first = int(match["first"])
    after = next((other for other in firsts if other > first), None)
    return first, None if after is None else after - 1


def in_words(file: SegmentFile, span: tuple[int, int | None] | None) -> str:
    """Return a file's offsets for a table."""
    snapshot = SNAPSHOT.fullmatch(file.name)
    if snapshot:
        return f"producers before {int(snapshot['first'])}"
    if span is None:
        return "-"
    first, last = span
    return f"{first} and after" if last is None else f"{first} to {last}"
