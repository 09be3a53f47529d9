"""Latency: the canary's write latencies in bounded memory: a histogram for percentiles, a curve for the report."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

# Each step of the histogram is 2 % wider than the one before: the accuracy of the percentiles.
STEP = math.log(1.02)
LEAST_MS = 0.01
POINTS = 600


@dataclass
class Histogram:
    """How many latencies fell into each step."""

    steps: dict[int, int] = field(default_factory=dict)
    count: int = 0
    highest: float = 0.0

    def add(self, ms: float) -> None:
        """Count one latency in milliseconds."""
        step = math.ceil(math.log(max(ms, LEAST_MS)) / STEP)
        self.steps[step] = self.steps.get(step, 0) + 1
        self.count += 1
        self.highest = max(self.highest, ms)

    def percentile(self, percent: float) -> float:
        """Return the latency in milliseconds that so many percent do not exceed, to 2 %; 0.0 of nothing."""
        left = math.ceil(self.count * percent / 100)
        for step in sorted(self.steps):
            left -= self.steps[step]
            if left <= 0:
                return min(math.exp(step * STEP), self.highest)
        return self.highest


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return one histogram of all."""
    found = Histogram()
    for one in histograms:
        for step, count in one.steps.items():
            found.steps[step] = found.steps.get(step, 0) + count
        found.count += one.count
        found.highest = max(found.highest, one.highest)
    return found


@dataclass
class SlowestOverTime:
    """The slowest latency of each interval; the intervals grow, so that their number is limited.

    The slowest, not the mean: the curve shows the peak at a broker's restart.
    """

    began: float
    width: float = 0.5
    limit: int = POINTS
    slowest: dict[int, tuple[float, float]] = field(default_factory=dict)

    def add(self, at: float, ms: float) -> None:
        """Add a latency in milliseconds at a time in seconds."""
        self._keep(at, ms)
        while len(self.slowest) > self.limit:
            points, self.slowest = self.slowest.values(), {}
            self.width *= 2
            for point in points:
                self._keep(*point)

    def _keep(self, at: float, ms: float) -> None:
        interval = int((at - self.began) // self.width)
        if ms > self.slowest.get(interval, (0.0, -1.0))[1]:
            self.slowest[interval] = (at, ms)

    def points(self) -> tuple[tuple[float, float], ...]:
        """Return (time in seconds, milliseconds), in the order of time."""
        return tuple(self.slowest[interval] for interval in sorted(self.slowest))
