"""Find and end the processes of labs, by the mark that each carries in its environment.

A process id in a file goes stale; the mark goes where the process goes. A host's init has it too:
it outlives a systemd-nspawn that was killed with SIGKILL.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lab.machine import LabError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MARK = "KAFKA_FAB_LAB"
# Its memory has to be given back first, which on a busy machine takes a while.
SECONDS_TO_END = 60
Started: TypeAlias = "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Process:
    """A process of a lab: of a host (its init or its systemd-nspawn), or (host empty) of the lab itself."""

    pid: int
    lab: str
    host: str
    is_init: bool


def mark(lab: str, host: str = "") -> str:
    """Write the mark of a lab's process."""
    return f"{lab}/{host}"


def marked() -> list[Process]:
    """List the processes of all labs on this machine."""
    found = []
    for folder in Path("/proc").iterdir():
        # A process may end while it is looked at.
        with suppress(OSError):
            if folder.name.isdigit() and (value := _mark_of(folder)) is not None:
                lab, _, host = value.partition("/")
                inner = _inner_pids(folder)
                # What is deeper is of a lab inside a container, which is a machine of its own.
                if inner in ([], ["1"]):
                    found.append(Process(int(folder.name), lab, host, is_init=bool(inner)))
    return found


def _mark_of(folder: Path) -> str | None:
    for entry in (folder / "environ").read_bytes().split(b"\0"):
        if entry.startswith(MARK.encode() + b"="):
            return entry.decode().partition("=")[2]
    return None


def _inner_pids(folder: Path) -> list[str]:
    """List the ids that a process has in the PID namespaces below this machine's."""
    lines = (folder / "status").read_text().splitlines()
    return next((line.split()[2:] for line in lines if line.startswith("NSpid:")), [])


def leaders() -> dict[tuple[str, str], int]:
    """Map (lab, host) to the process id of the host's init, for every host that runs."""
    return {(one.lab, one.host): one.pid for one in marked() if one.host and one.is_init}


def end(wanted: Callable[[Process], bool]) -> None:
    """Kill the processes that are wanted until none is left; the end of a host's init ends all of its host."""
    # A systemd-nspawn whose host ended tidies up after itself; a killed one does not.
    patience = time.monotonic() + 1
    with ExitStack() as open_until_then:
        ends: dict[int, int] = {}

        def are_gone() -> bool:
            left = _others(wanted)
            for one in left:
                _watch(one.pid, ends, open_until_then)
                if one.is_init or not one.host or time.monotonic() > patience:
                    _kill(one.pid)
            return not left

        if not wait_until(are_gone, 10):
            raise LabError(f"these processes do not end: {[one.pid for one in _others(wanted)]}")
        _await_ends(ends)


def _others(wanted: Callable[[Process], bool]) -> list[Process]:
    return [one for one in marked() if wanted(one) and one.pid != os.getpid()]


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _watch(pid: int, ends: dict[int, int], open_until_then: ExitStack) -> None:
    """Open a process's pidfd: its environment is gone before the process is."""
    if pid not in ends:
        with suppress(ProcessLookupError):
            ends[pid] = os.pidfd_open(pid)
            open_until_then.callback(os.close, ends[pid])


def _await_ends(ends: dict[int, int]) -> None:
    """Wait until processes have ended; the kernel ends a host's init after all that ran below it."""
    deadline = time.monotonic() + SECONDS_TO_END
    for pid, fd in ends.items():
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise LabError(f"process {pid} of a host has not ended after {SECONDS_TO_END} s")


def start(argv: Sequence[str], log: Path, marking: str, env: dict[str, str], folder: Path) -> Started:
    """Start a marked process that outlives this one and its terminal."""
    with log.open("ab") as out:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, **env, MARK: marking},
            cwd=folder,
        )
