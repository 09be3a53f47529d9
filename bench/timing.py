"""Timing: several sides of one comparison, run in turn, and what each took beside the others."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

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

    def rows(self) -> list[tuple[object, ...]]:
        """Return a row for each side: minimum, median, maximum, beside the floor, beside kafka-fab."""
        return [
            (
                self.name,
                side,
                min(took),
                self.median(side),
                max(took),
                self._beside(side, FLOOR),
                self._beside(side, OURS),
            )
            for side, took in self.sides.items()
        ]

    def _beside(self, side: str, other: str) -> str:
        return f"{self.ratio(side, other):.2f}" if other in self.sides and side != other and self.median(other) else ""


HEADING = ("what", "side", "min", "median", "max", "x floor", "x kafka-fab")


@dataclass(frozen=True)
class Target:
    """What is wanted of kafka-fab in a job: at most so many times another side's median, or at most so much itself."""

    job: str
    most: float
    beside: str = ""

    def missed(self, job: Job) -> str:
        """Return in words by how much a job misses this target; nothing where it does not, or is not meant."""
        if job.name != self.job or (self.beside and self.beside not in job.sides):
            return ""
        found = job.ratio(OURS, self.beside) if self.beside else max(job.sides[OURS])
        unit = f" x {self.beside}" if self.beside else ""
        return f"{job.name}: {found:.3f}{unit}, wanted at most {self.most:.3f}" if found > self.most else ""


def interleave(
    name: str, sides: Mapping[str, Action], runs: int, before: Action | None = None, patience: float = float("inf")
) -> Job:
    """Time several actions in turn; `before` sets the stage and is not timed, without it each has a warm-up.

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
    took: dict[str, list[T]] = {side: [] for side in sides}
    done = set[str]()
    for run in range(1 if before else 0, runs + 1):
        for side in (side for side in sides if side not in done):
            if before:
                before()
            one = sides[side]()
            seconds: Any = getattr(one, "seconds", one)
            if seconds > patience:
                done.add(side)
            counts = run or side in done
            told(f"{name}, {side}: {seconds:.2f} s{'' if counts else ' (warm-up, not counted)'}")
            if counts:
                took[side].append(one)
    return {side: tuple(each) for side, each in took.items()}


def told(text: str) -> None:
    """Tell how far a bench is, beside its tables."""
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
