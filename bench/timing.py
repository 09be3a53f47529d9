"""Timing: two commands run in turn, and the ratio of what they took."""

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Action = Callable[[], None]


@dataclass(frozen=True)
class Pair:
    """Seconds of two sides, run by run."""

    name: str
    ours: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return ours over the floor's, by their medians."""
        return statistics.median(self.ours) / statistics.median(self.floor)

    def rows(self) -> list[tuple[object, ...]]:
        """Return a row per side: minimum, median, maximum, and the ratio."""
        sides = (("kafka-fab", self.ours, f"{self.ratio:.2f}"), ("floor", self.floor, ""))
        return [(self.name, side, min(took), statistics.median(took), max(took), ratio) for side, took, ratio in sides]


def interleave(name: str, ours: Action, floor: Action, runs: int, before: Action = lambda: None) -> Pair:
    """Time two actions in turn, after a warm-up of each; `before` sets the stage and is not timed."""
    took: tuple[list[float], list[float]] = ([], [])
    for run in range(runs + 1):
        for side, action in zip(took, (ours, floor), strict=True):
            before()
            seconds = timed(action)
            if run:
                side.append(seconds)
    return Pair(name, tuple(took[0]), tuple(took[1]))


def timed(action: Action) -> float:
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def command(words: Sequence[str], folder: str = ".", **environment: str) -> Action:
    """Return an action that runs a command as a whole process; it must succeed."""
    import os

    def run() -> None:
        subprocess.run(words, cwd=folder, env=os.environ | environment, check=True, capture_output=True, timeout=300)

    return run
