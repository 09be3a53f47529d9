"""What an operator can type: `fab lab.up`, `fab lab.down`, `fab lab.status`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import task

if TYPE_CHECKING:
    from invoke.context import Context

HELP_UP = {
    "name": "what the lab is called; several may be up at once",
    "hosts": "names with commas, or kafka*50 for kafka1 to kafka50",
    "subnet": "as in 10.87.5.0/24; the first free one when not given",
    "suite": "Debian's bookworm or trixie, or bookworm-python",
    "folder": "where ssh_config and conf/local.yaml go; this checkout when not given",
}


@task(help=HELP_UP)
def up(
    _c: Context,
    name: str = "demo",
    hosts: str = "kafka1,kafka2,kafka3",
    subnet: str = "",
    suite: str = "bookworm",
    folder: str = "",
) -> None:
    """Boot throw-away hosts on this machine, ready for ssh."""
    from lab import LabError, LabSpec
    from lab import up as build
    from lab.machine import CHECKOUT
    from lab.names import host_names

    try:
        build(LabSpec(name, host_names(hosts), subnet, suite, Path(folder) if folder else CHECKOUT))
    except LabError as refused:
        raise Exit(f"lab: {refused}", code=1) from None


@task(help={"name": "which lab", "all": "all labs of this machine, also other checkouts'"})
def down(_c: Context, name: str = "demo", all: bool = False) -> None:  # noqa: A002 - it is the flag's name
    """Remove a lab's hosts and every trace of them."""
    from lab import LabError
    from lab import down as remove
    from lab.machine import say

    begun = time.monotonic()
    try:
        gone = remove(name, all_labs=all)
    except LabError as refused:
        raise Exit(f"lab: {refused}", code=1) from None
    what = f"removed {', '.join(gone)}" if gone else "nothing to remove"
    say(f"{what} ({time.monotonic() - begun:.1f} s)")


@task(help={"json": "as JSON, for programs"})
def status(_c: Context, json: bool = False) -> None:
    """Show this machine's labs and which of their hosts are up."""
    from lab import report

    print(report.as_json() if json else report.as_text())


@task(help={"version": "which Kafka", "cache": "where to keep it; .cache of this checkout when not given"})
def archive(_c: Context, version: str = "3.9.1", cache: str = "") -> None:
    """Get a Kafka archive: Apache's own, or one assembled from Maven Central's jars."""
    from lab.archive import ArchiveError, ensure
    from lab.machine import CACHE

    try:
        ensure(version, Path(cache) if cache else CACHE)
    except ArchiveError as refused:
        raise Exit(f"lab: {refused}", code=1) from None


ns = Collection("lab", up, down, status, archive)
