"""Timing: several sides of one comparison, run in turn, and what each took beside the others."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Action = Callable[[], object]
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


def interleave(
    name: str, sides: Mapping[str, Action], runs: int, before: Action | None = None, patience: float = float("inf")
) -> Job:
    """Time several actions in turn; `before` sets the stage and is not timed, without it each has a warm-up.

    A side whose first run took longer than the patience (seconds) is not run again, and that run counts.
    """
    took: dict[str, list[float]] = {side: [] for side in sides}
    for run in range(1 if before else 0, runs + 1):
        for side, action in sides.items():
            if took[side] and took[side][0] > patience:
                continue
            if before:
                before()
            seconds = timed(action)
            counts = run or seconds > patience
            told(f"{name}, {side}: {seconds:.2f} s{'' if counts else ' (warm-up, not counted)'}")
            if counts:
                took[side].append(seconds)
    return Job(name, {side: tuple(seconds) for side, seconds in took.items()})


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
