"""Plot: what a section has measured as an SVG, readable in light and dark: bars, or lines over the number of hosts."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.timing import FLOOR, OURS, Job

ORDER = (OURS, "kafka-fab, no canary", FLOOR, "floor, canary beside", "pyinfra", "Ansible with Mitogen", "Ansible")
# The colours that the pictures' style has for them.
KINDS = dict(zip(ORDER, (0, 2, 1, 1, 3, 4, 5), strict=True))
WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 760.0, 160.0, 70.0, 15.0, 14.0, 22.0
HIGH, TOP, BELOW = 300.0, 24.0, 40.0
TICKS = tuple(base * 10.0**power for power in range(-2, 5) for base in (1, 2, 5))


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale: from one value at one place to another value at another place."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value is."""
        part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places and words of round values, not too close to each other."""
        found: list[tuple[float, str]] = []
        for tick in TICKS:
            if self.low <= tick <= self.high and (not found or abs(self.at(tick) - found[-1][0]) > 34):
                found.append((self.at(tick), f"{tick:g}"))
        return found


def _scale(values: Iterable[float], start: float, end: float) -> Scale:
    known = [value for value in values if value > 0]
    return Scale(min(known) / 1.5, max(known) * 1.1, start, end)


def bars(title: str, jobs: Sequence[Job]) -> str:
    """Return a group of bars for each job, a bar for each side: its median, on a logarithmic scale."""
    scale = _scale((job.median(side) for job in jobs for side in job.sides), LEFT, WIDTH - RIGHT)
    groups, y = [], TOP + HEAD
    for job in jobs:
        lines = []
        for side in _sides([job]):
            y += BAR
            value = job.median(side)
            lines.append({"y": y, "side": side, "kind": KINDS[side], "x": scale.at(value), "words": f"{value:.2f} s"})
        groups.append({"name": job.name, "y": lines[0]["y"], "bars": lines})
        y += GAP + HEAD
    return _drawn("bars.svg.j2", title, groups=groups, scale=scale, width=WIDTH, left=LEFT, bar=BAR, height=y)


def lines(title: str, measured: Sequence[tuple[int, Job]]) -> str:
    """Return a line for each side: its median over the number of hosts, both on logarithmic scales."""
    across = Scale(min(n for n, _ in measured), max(n for n, _ in measured), 60, WIDTH - 190)
    jobs = [job for _, job in measured]
    up = _scale((job.median(side) for job in jobs for side in job.sides), HIGH, TOP + HEAD)
    drawn = []
    for side in _sides(jobs):
        points = [(across.at(n), up.at(job.median(side))) for n, job in measured if side in job.sides]
        drawn.append({"side": side, "kind": KINDS[side], "points": points, "words": f"{jobs[-1].median(side):.1f} s"})
    numbers = [(across.at(n), n) for n, _ in measured]
    return _drawn("lines.svg.j2", title, lines=_apart(drawn), up=up, numbers=numbers, width=WIDTH, height=HIGH + BELOW)


def _apart(drawn: list[dict[str, object]]) -> list[dict[str, object]]:
    """Give each line's name a place of its own, near the line's end."""
    last = math.inf
    for line in sorted(drawn, key=lambda line: -line["points"][-1][1]):  # type: ignore[index]
        last = min(line["points"][-1][1], last - 15)  # type: ignore[index]
        line["label"] = last
    return drawn


def _sides(jobs: Iterable[Job]) -> list[str]:
    return sorted({side for job in jobs for side in job.sides}, key=ORDER.index)


def _drawn(template: str, title: str, **values: object) -> str:
    place = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return place.get_template(template).render(title=title, **values)
