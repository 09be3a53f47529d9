"""Process record: arguments and environment of every process on this machine and in its lab's hosts.

All that is seen is kept, so that a secret can be looked for that is known only afterwards.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
PACE = 0.002
# A process may start another program in its first moments; later it is looked at now and then.
YOUNG, NOW_AND_THEN = 0.3, 1.0


@dataclass(frozen=True)
class Seen:
    """A text of a process: of which kind, and whether the process runs inside a host of a lab."""

    kind: str
    is_inside: bool
    text: bytes


class ProcessRecord:
    """Looks at all processes every few milliseconds until the block ends."""

    def __init__(self) -> None:
        self.seen: set[Seen] = set()
        self.rounds = 0
        self._since: dict[str, float] = {}
        self._own = (PROC / "self/ns/pid").readlink()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> ProcessRecord:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def found(self, secret: str) -> list[Seen]:
        """Return where a secret was seen."""
        return [one for one in list(self.seen) if secret.encode() in one.text]

    def _look(self) -> None:
        last = 0.0
        while not self._over.wait(PACE):
            now = time.monotonic()
            is_time_for_all = now - last > NOW_AND_THEN
            last = now if is_time_for_all else last
            with os.scandir(PROC) as entries:
                pids = [one.name for one in entries if one.name.isdecimal()]
            self._since = {pid: self._since.get(pid, now) for pid in pids}
            for pid, since in self._since.items():
                if is_time_for_all or now - since < YOUNG:
                    self._read(pid)
            self.rounds += 1

    def _read(self, pid: str) -> None:
        with suppress(OSError):
            is_inside = (PROC / pid / "ns/pid").readlink() != self._own
            for kind in ("cmdline", "environ"):
                self.seen.add(Seen(kind, is_inside, (PROC / pid / kind).read_bytes()))
