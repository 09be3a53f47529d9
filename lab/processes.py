"""Find and end the processes of labs, by the mark that each carries in its environment.

A process id in a file goes stale; the mark goes where the process goes. A host's init has it too:
it outlives a systemd-nspawn that was killed with SIGKILL.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.machine import LabError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK = "KAFKA_FAB_LAB"


@dataclass(frozen=True)
class Process:
    """A process of a lab: of one of its hosts, or (host empty) of the lab itself."""

    pid: int
    lab: str
    host: str

    @property
    def is_init(self) -> bool:
        """Say whether it is the first process of its PID namespace: the host's systemd."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("NSpid:"):
                    return line.split()[2:] == ["1"]
        return False


def mark(lab: str, host: str = "") -> str:
    """Write the mark of a lab's process."""
    return f"{lab}/{host}"


def marked() -> list[Process]:
    """List the processes of all labs on this machine."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (value := _mark_of(folder)) is not None:
            lab, _, host = value.partition("/")
            found.append(Process(int(folder.name), lab, host))
    return found


def _mark_of(folder: Path) -> str | None:
    with suppress(OSError):
        for entry in (folder / "environ").read_bytes().split(b"\0"):
            if entry.startswith(MARK.encode() + b"="):
                return entry.decode().partition("=")[2]
    return None


def leaders() -> dict[tuple[str, str], int]:
    """Map (lab, host) to the process id of the host's init, for every host that runs."""
    return {(one.lab, one.host): one.pid for one in marked() if one.host and one.is_init}


def end(processes: Iterable[Process]) -> None:
    """Kill processes and wait until they are gone; a host's init takes all of the host with it."""
    every = [one for one in processes if one.pid != os.getpid()]
    # A systemd-nspawn whose host ended tidies up after itself; a killed one does not.
    _kill([one.pid for one in every if one.is_init or not one.host])
    if not _wait([one.pid for one in every], 2):
        _kill([one.pid for one in every])
    if not _wait([one.pid for one in every], 10):
        raise LabError(f"processes that don't end: {[one.pid for one in every if _is_running(one.pid)]}")


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _wait(pids: list[int], seconds: float) -> bool:
    return wait_until(lambda: not any(_is_running(pid) for pid in pids), seconds)


def _is_running(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def start(argv: Sequence[str], log: Path, marking: str, env: dict[str, str], folder: Path) -> None:
    """Start a marked process that outlives this one and its terminal."""
    with log.open("ab") as out:
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, **env, MARK: marking},
            cwd=folder,
        )
