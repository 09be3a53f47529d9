"""What lies where: partitions, brokers, disks."""

import sys
from collections.abc import Sequence
from itertools import pairwise

from invoke.context import Context
from invoke.tasks import task

NAME = "placement"


def positional(typed: Sequence[str]) -> list[str]:
    """Return the argument that a word behind the task's name is: Invoke knows none that may be left out."""
    behind = next((word for before, word in pairwise(typed) if before == NAME), "-")
    return [] if behind.startswith("-") else ["topic"]


@task(
    positional=positional(sys.argv),
    help={
        "topic": "the matrix of this one; without it a line for each topic",
        "partition": "where this partition's copies lie",
        "files": "with --partition: the files on the hosts, held against what the brokers tell",
        "all": "the matrix of every topic",
        "html": "a page with the picture, for a browser",
        "json": "as JSON, for programs",
    },
)
def placement(  # noqa: PLR0913, PLR0917 - its switches
    c: Context,
    topic: str | None = None,
    partition: int = -1,
    files: bool = False,
    all: bool = False,  # noqa: A002 - --all
    html: str = "",
    json: bool = False,
) -> None:
    """Show partitions x brokers, the bytes of each log directory, and how evenly all of it lies."""
    from tasks.operate.placement.command import Typed
    from tasks.operate.placement.command import placement as show

    show(c, Typed(topic or "", partition, files, all, html, json))
