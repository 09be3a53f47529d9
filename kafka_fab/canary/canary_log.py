"""Canary log: what the canary wrote and read, as counters and ranges of sequence numbers. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from kafka_fab.canary.latency import Histogram, SlowestOverTime


@dataclass
class Ranges:
    """A set of numbers, kept as ascending ranges that do not touch."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, number: int) -> bool:
        """Add a number and return whether it is new."""
        at = bisect_right(self.starts, number)
        before = at > 0 and number <= self.ends[at - 1]
        if before and number < self.ends[at - 1]:
            return False
        after = at < len(self.starts) and self.starts[at] == number + 1
        if before:
            self.ends[at - 1] = self.ends.pop(at) if after else number + 1
            if after:
                del self.starts[at]
        elif after:
            self.starts[at] = number
        else:
            self.starts.insert(at, number)
            self.ends.insert(at, number + 1)
        return True

    def __len__(self) -> int:
        return sum(self.ends) - sum(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.ends, strict=True)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self.starts, number)
        return at > 0 and number < self.ends[at - 1]

    def without(self, other: "Ranges") -> list[tuple[int, int]]:
        """Return as (first, end) the ranges of these numbers that the other does not contain."""
        left = []
        for first, end in self:
            at = first
            for start, stop in other.within(first, end):
                left += [(at, start)] if start > at else []
                at = stop
            left += [(at, end)] if end > at else []
        return left

    def within(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges that overlap the numbers from the first up to the end."""
        at = max(0, bisect_right(self.starts, first) - 1)
        while at < len(self.starts) and self.starts[at] < end:
            if self.ends[at] > first:
                yield self.starts[at], self.ends[at]
            at += 1


@dataclass(frozen=True)
class Stall:
    """A time without messages: its partition, begin and end in seconds since 1970."""

    partition: int
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.ended - self.began


@dataclass
class Gaps:
    """The time of the last message, and the longest time between two."""

    partition: int
    last: float | None = None
    longest: Stall | None = None

    def tick(self, now: float) -> None:
        """Record a message."""
        if self.last is not None and now - self.last > (self.longest.seconds if self.longest else 0.0):
            self.longest = Stall(self.partition, self.last, now)
        self.last = now


@dataclass
class Written:
    """What one partition acknowledged; `end` is the offset after the last acknowledged message."""

    gaps: Gaps
    sent: int = 0
    acknowledged: Ranges = field(default_factory=Ranges)
    errors: dict[str, int] = field(default_factory=dict)
    end: int = 0

    @property
    def outstanding(self) -> int:
        """Return how many messages are neither acknowledged nor failed."""
        return self.sent - len(self.acknowledged) - sum(self.errors.values())


@dataclass
class ReadBack:
    """What was read from one partition; `error` is why it was not read to its end, if so."""

    seen: Ranges = field(default_factory=Ranges)
    highest: int = -1
    duplicates: int = 0
    reordered: int = 0
    error: str = ""

    def add(self, sequence: int) -> None:
        """Add the next message in the order of the log."""
        if not self.seen.add(sequence):
            self.duplicates += 1
        elif sequence < self.highest:
            self.reordered += 1
        self.highest = max(self.highest, sequence)


@dataclass
class CanaryLog:
    """All that a run of the canary has recorded for the verdict."""

    began: float
    written: dict[int, Written] = field(default_factory=dict)
    read: dict[int, ReadBack] = field(default_factory=dict)
    arrivals: dict[int, Gaps] = field(default_factory=dict)
    histogram: Histogram = field(default_factory=Histogram)
    curve: SlowestOverTime = field(init=False)

    def __post_init__(self) -> None:
        self.curve = SlowestOverTime(self.began)

    def begin(self, now: float) -> None:
        """Begin the measurement now; acknowledgements are kept."""
        self.began, self.curve = now, SlowestOverTime(now)
        for written in self.written.values():
            written.gaps = Gaps(written.gaps.partition, now)
        self.arrivals = {partition: Gaps(partition, now) for partition in self.arrivals}
