"""Processor: what a command costs on the control machine, and on the whole machine with the lab's hosts."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from bench.timing import Action

# Of the first line of /proc/stat (proc_stat(5)): idle and iowait are no work, guest times are in user's already.
IDLE, COUNTED = (3, 4), 8


@dataclass(frozen=True)
class Spent:
    """Seconds of processor time: of the command and all that it has waited for, and of all processes."""

    own: float
    every: float


def spent(action: Action) -> Spent:
    """Run an action and return the processor time that passed meanwhile."""
    own, every = _own(), _every()
    action()
    return Spent(_own() - own, _every() - every)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _every() -> float:
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1 : 1 + COUNTED]]
    return sum(one for at, one in enumerate(ticks) if at not in IDLE) / os.sysconf("SC_CLK_TCK")
