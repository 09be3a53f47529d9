"""Which labs are on this machine, this checkout's and others'."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lab import names, network
from lab.host import STATE
from lab.labs import Lab
from lab.machine import say

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def lock() -> Iterator[None]:
    """Let one process at a time build or remove labs on this machine."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another lab command on this machine to end ...")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def save(lab: Lab) -> None:
    """Write a lab down, whole or not at all."""
    lab.state.mkdir(parents=True, exist_ok=True)
    beside = lab.state / "lab.json.new"
    beside.write_text(lab.to_json())
    beside.rename(lab.state / "lab.json")


def known() -> dict[str, Lab]:
    """Read all labs that are written down, alive or not."""
    labs = {}
    for path in sorted(STATE.glob("*/lab.json")):
        # An unreadable one is a leftover: it is swept, not obeyed.
        with suppress(OSError, json.JSONDecodeError, KeyError, ValueError):
            labs[path.parent.name] = Lab.from_json(Path(path).read_text())
    return labs


def live() -> dict[str, Lab]:
    """Read the labs that were built to the end and are there, be their hosts on or off."""
    spaces = network.namespaces()
    return {name: lab for name, lab in known().items() if lab.ready and _is_there(lab, spaces)}


def _is_there(lab: Lab, spaces: set[str]) -> bool:
    """Return whether each host has its disk and its network: a restart of this machine leaves neither."""
    return all(host.root.is_mount() and names.netns(lab.name, host.name) in spaces for host in lab.hosts.values())
