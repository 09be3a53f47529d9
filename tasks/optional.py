"""Optional: a positional argument that may be omitted, which Invoke does not have."""

import sys
from collections.abc import Sequence
from itertools import pairwise


def optional(task: str, argument: str, typed: Sequence[str] = sys.argv) -> list[str]:
    """Return a task's positional arguments: its argument if the word after its name is no switch, else none."""
    following = next((word for before, word in pairwise(typed) if before == task), "-")
    return [] if following.startswith("-") else [argument]
