"""Timing: several sides of one comparison, run in turn, and what each took beside the others."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kafka_fab.output.report import table as report_table

Action = Callable[[], object]
T = TypeVar("T")
FLOOR, OURS = "floor", "kafka-fab"
LIMIT = 3600


@dataclass(frozen=True)
class Job:
    """One comparison: the seconds of each side, run by run."""

    name: str
    sides: Mapping[str, tuple[float, ...]]

    def median(self, side: str) -> float:
        """Return the median of a side's seconds."""
        return statistics.median(self.sides[side])

    def ratio(self, side: str, other: str = FLOOR) -> float:
        """Return a side's median over another's."""
        return self.median(side) / self.median(other)

    def rows(self, base: str = FLOOR) -> list[tuple[object, ...]]:
        """Return a row for each side: minimum, median, maximum, beside a base, beside kafka-fab."""
        return [
            (
                self.name,
                side,
                min(took),
                self.median(side),
                max(took),
                self._beside(side, base),
                self._beside(side, OURS),
            )
            for side, took in self.sides.items()
        ]

    def _beside(self, side: str, other: str) -> str:
        return f"{self.ratio(side, other):.2f}" if other in self.sides and side != other and self.median(other) else ""


def table(jobs: Sequence[Job]) -> str:
    """Return the sides of all jobs as a table; the base is the floor, or what stands in its place."""
    base = next((side for job in jobs for side in (FLOOR, *job.sides) if side in job.sides and side != OURS), FLOOR)
    heading = ("what", "side", "min", "median", "max", f"x {base}", f"x {OURS}")
    return report_table([heading, *(row for job in jobs for row in job.rows(base))])


@dataclass(frozen=True)
class Target:
    """The limit of kafka-fab's seconds in a job: a multiple of another side's median, or a number of its own."""

    job: str
    most: float
    beside: str = ""

    def missed(self, job: Job) -> str:
        """Return how a job misses this target; nothing where it meets it, or is another job."""
        if job.name != self.job or (self.beside and self.beside not in job.sides):
            return ""
        found = job.ratio(OURS, self.beside) if self.beside else max(job.sides[OURS])
        unit = f" x {self.beside}" if self.beside else ""
        return f"{job.name}: {found:.3f}{unit}, the target is at most {self.most:.3f}" if found > self.most else ""


def interleave(
    name: str, sides: Mapping[str, Action], runs: int, before: Action | None = None, patience: float = float("inf")
) -> Job:
    """Time several actions in turn; `before` prepares each and is not timed; without it each has a warm-up.

    A side whose first run took longer than the patience (seconds) is not run again, and that run counts.
    """
    took = rounds(name, {side: partial(timed, action) for side, action in sides.items()}, runs, before, patience)
    return Job(name, took)


def rounds(
    name: str, sides: Mapping[str, Callable[[], T]], runs: int, before: Action | None, patience: float
) -> dict[str, tuple[T, ...]]:
    """Measure several sides in turn, as `interleave` does, and return what each measured, run by run.

    A measurement is the seconds that it took, or has them as its `seconds`.
    """
    prepare = before or _nothing
    found: dict[str, list[T]] = {side: [] for side in sides}
    slow = set[str]()
    for run in range(1 if before else 0, runs + 1):
        for side in [side for side in sides if side not in slow]:
            prepare()
            one = sides[side]()
            if _seconds(one) > patience:
                slow.add(side)
            is_warm_up = not run and side not in slow
            report(f"{name}, {side}: {_seconds(one):.2f} s{' (warm-up, not counted)' * is_warm_up}")
            found[side] += [] if is_warm_up else [one]
    return {side: tuple(each) for side, each in found.items()}


def paired(name: str, sides: Mapping[str, Callable[[], T]], runs: int) -> dict[str, tuple[T, ...]]:
    """Measure several sides in turn without a warm-up, each second time the other way round, as `rounds` otherwise."""
    found: dict[str, list[T]] = {side: [] for side in sides}
    for run in range(runs):
        for side in sorted(sides, key=list(sides).index, reverse=bool(run % 2)):
            one = sides[side]()
            report(f"{name}, {side}: {_seconds(one):.2f} s")
            found[side].append(one)
    return {side: tuple(each) for side, each in found.items()}


def _nothing() -> None:
    """Prepare nothing."""


def _seconds(measurement: object) -> float:
    return float(getattr(measurement, "seconds", measurement))  # type: ignore[arg-type]


def report(text: str) -> None:
    """Print the progress of a benchmark to standard error, beside its tables."""
    print(f"  {text}", file=sys.stderr, flush=True)


def timed(action: Action) -> float:
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def command(words: Sequence[str], folder: str = ".", **environment: str) -> Action:
    """Return an action that runs a command as a whole process; it must succeed."""

    def run() -> None:
        ended = subprocess.run(
            words, cwd=folder, env=os.environ | environment, check=False, text=True, timeout=LIMIT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if ended.returncode:
            sys.exit(f"{' '.join(words)} ended with {ended.returncode}:\n{ended.stdout}")

    return run
