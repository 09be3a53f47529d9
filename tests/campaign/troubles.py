"""Troubles: the faults of a step, each in a thread that waits for its moment, and takes the fault back in the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from subprocess import Popen

from lab import Host
from lab import faults as make
from lab.machine import wait_until
from tests.campaign.plan import Fault, Trouble

# A tool that has not begun yet is waited for: between two commands none runs.
PATIENCE = 30.0


class Troubles:
    """The faults of one step."""

    def __init__(self, faults: Sequence[Fault], hosts: Sequence[Host]) -> None:
        self._hosts, self._over, self._lock = tuple(hosts), threading.Event(), threading.Lock()
        self._tool: Popen[str] | None = None
        self._healed = time.monotonic()
        self._pool = ThreadPoolExecutor(max_workers=len(faults) or 1)
        self._coming = [self._pool.submit(self._bring, fault) for fault in faults]

    @property
    def healed(self) -> float:
        """When the last of them had gone: now, where one has not."""
        return self._healed if all(one.done() for one in self._coming) else time.monotonic()

    def watch(self, tool: Popen[str]) -> None:
        """Say which process of the tool runs now."""
        with self._lock:
            self._tool = tool

    def end(self) -> None:
        """Let those come that have not come yet, wait until all have gone, and raise what one could not do."""
        self._over.set()
        for one in self._coming:
            one.result()
        self._pool.shutdown()

    def _bring(self, fault: Fault) -> None:
        self._over.wait(fault.after)
        try:
            if fault.trouble is Trouble.TOOL_KILLED:
                self._kill_tool()
            else:
                with MAKERS[fault.trouble](fault, self._hosts):
                    time.sleep(fault.lasts)
        finally:
            self._healed = time.monotonic()

    def _kill_tool(self) -> None:
        wait_until(lambda: self._runs() or self._over.is_set(), PATIENCE)
        with self._lock, suppress(ProcessLookupError):
            if self._tool and self._tool.poll() is None:
                os.killpg(self._tool.pid, signal.SIGKILL)

    def _runs(self) -> bool:
        with self._lock:
            return self._tool is not None and self._tool.poll() is None


@contextmanager
def _killed(fault: Fault, hosts: Sequence[Host]) -> Iterator[None]:
    # One that an operation has just stopped has no process.
    hosts[fault.host].run(f"systemctl kill --signal=KILL {fault.unit}")
    yield


@contextmanager
def _frozen(fault: Fault, hosts: Sequence[Host]) -> Iterator[None]:
    hosts[fault.host].run(f"systemctl kill --signal=STOP {fault.unit}")
    try:
        yield
    finally:
        hosts[fault.host].run(f"systemctl kill --signal=CONT {fault.unit}")


MAKERS: Mapping[Trouble, Callable[[Fault, Sequence[Host]], AbstractContextManager[None]]] = {
    Trouble.SERVICE_KILLED: _killed,
    Trouble.FROZEN: _frozen,
    Trouble.CUT_OFF: lambda fault, hosts: make.unplugged(hosts[fault.host]),
    Trouble.LINK_CUT: lambda fault, hosts: make.cut_link(hosts[fault.host], hosts[fault.other]),
    Trouble.POWERED_OFF: lambda fault, hosts: make.powered_off(hosts[fault.host]),
    Trouble.DISK_FULL: lambda fault, hosts: make.full_disk(hosts[fault.host], fault.disk),
}
