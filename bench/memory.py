"""Memory: the most that a command and all that it has started hold at one time on the control machine."""

import os
import threading
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from bench.timing import Action

PAUSE = 0.2


def peak(action: Action) -> float:
    """Run an action and return the greatest sum of its processes' proportional set sizes, in MiB.

    What this process had started before, as a lab's hosts, is no part of it.
    """
    greatest, over = [0.0], threading.Event()
    others = _children()[os.getpid()]

    def watch() -> None:
        while not over.wait(PAUSE):
            greatest[0] = max(greatest[0], sum(map(_size, _descendants(os.getpid(), others))))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        action()
    finally:
        over.set()
        watching.join()
    return greatest[0] / 1024


def _children() -> dict[int, list[int]]:
    """Return all processes of this machine by their parents."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children[int(stat.read_text().rpartition(")")[2].split()[1])].append(int(stat.parent.name))
        except OSError:
            continue
    return children


def _descendants(root: int, others: Collection[int]) -> set[int]:
    children = _children()
    found, left = set[int](), [root]
    while left:
        mine = [child for child in children[left.pop()] if child not in others]
        found.update(mine)
        left += mine
    return found


def _size(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
