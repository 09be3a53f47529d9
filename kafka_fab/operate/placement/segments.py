"""Segments: a partition's files, the offsets that their names tell, and their bytes beside the broker's word. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A segment's files are named after its first offset; what is deleted or cleaned just now has more behind it.
OF_SEGMENT = re.compile(r"(?P<first>\d{20})\.(?P<kind>log|index|timeindex|txnindex)")
SNAPSHOT = re.compile(r"(?P<first>\d{20})\.snapshot")


@dataclass(frozen=True)
class SegmentFile:
    """A file of a partition and its bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Folder:
    """A partition's folder on a host; `told` are the bytes that its broker names, before and after the look."""

    host: str
    broker: int
    path: str
    files: tuple[SegmentFile, ...]
    told: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """Return the bytes of its segments, without their indexes, as a broker counts them."""
        return sum(file.size for file in self.files if is_segment(file))

    @property
    def agrees(self) -> bool:
        """Return whether disk and broker say the same; what is written meanwhile lies between its two words."""
        return self.told is None or min(self.told) <= self.size <= max(self.told)


def is_segment(file: SegmentFile) -> bool:
    """Return whether a file holds messages of the log."""
    match = OF_SEGMENT.fullmatch(file.name)
    return bool(match) and file.name.endswith(".log")


def offsets(files: Iterable[SegmentFile]) -> dict[SegmentFile, tuple[int, int | None] | None]:
    """Return each file's first and last offset, as the names of all tell; the last one's end is open.

    A snapshot tells of what is before its offset; other files have none.
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
