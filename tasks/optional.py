"""An argument that may be left out, and still needs no --name: Invoke knows none."""

import sys
from collections.abc import Sequence
from itertools import pairwise


def optional(task: str, argument: str, typed: Sequence[str] = sys.argv) -> list[str]:
    """Return what a task takes by place: its argument where a word that is no switch stands behind its name."""
    behind = next((word for before, word in pairwise(typed) if before == task), "-")
    return [] if behind.startswith("-") else [argument]
