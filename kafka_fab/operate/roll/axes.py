"""Axes: time from left to right, latency from bottom to top, and the lines of the grid. Pure."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

MOST_TICKS = 8
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
# The lower end of the axis.
LEAST_MS = 1.0


@dataclass(frozen=True)
class GridLine:
    """A line of the grid: its position, its label, and the label at its other end."""

    at: float
    name: str
    other: str = ""


@dataclass(frozen=True)
class Time:
    """The time axis: the seconds since `began` between two positions."""

    began: float
    seconds: float
    left: float
    right: float

    def x(self, moment: float) -> float:
        """Return the position of a moment; an end of the axis where it is outside."""
        share = min(1.0, max(0.0, (moment - self.began) / self.seconds))
        return self.left + share * (self.right - self.left)

    def marks(self) -> tuple[GridLine, ...]:
        """Return marks at round times since the beginning, with the time of day."""
        step = next((step for step in TICKS if self.seconds / step <= MOST_TICKS), None)
        step = step or TICKS[-1] * math.ceil(self.seconds / TICKS[-1] / MOST_TICKS)
        return tuple(self._mark(seconds) for seconds in range(0, int(self.seconds) + 1, step))

    def _mark(self, seconds: int) -> GridLine:
        moment = self.began + seconds
        return GridLine(self.x(moment), elapsed(seconds), time.strftime("%H:%M:%S", time.localtime(moment)))


def elapsed(seconds: int) -> str:
    """Return a time since the beginning: 0:05, 12:00, 1:02:00."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


@dataclass(frozen=True)
class Latency:
    """The latency axis: milliseconds on a logarithmic scale, so that both a stall and the usual are visible."""

    first: int
    last: int
    top: float
    bottom: float

    def y(self, ms: float) -> float:
        """Return the position of a latency."""
        share = (math.log10(max(LEAST_MS, ms)) - self.first) / (self.last - self.first)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)

    def marks(self) -> tuple[GridLine, ...]:
        """Return a mark at each power of ten."""
        return tuple(GridLine(self.y(10.0**power), level(power)) for power in range(self.first, self.last + 1))


def latency(latencies: Sequence[float], top: float, bottom: float) -> Latency:
    """Return the axis that holds all of these; at least two powers of ten."""
    powers = [math.log10(max(LEAST_MS, ms)) for ms in latencies] or [0.0]
    first = math.floor(min(powers))
    return Latency(first, max(math.ceil(max(powers)), first + 2), top, bottom)


def level(power: int) -> str:
    """Return the name of a power of ten of milliseconds."""
    return f"{10 ** (power - 3)} s" if power >= 3 else f"{10.0**power:g} ms"
