"""Keep a lab's mirror running: the archives of Kafka and the packages of Debian, for its hosts."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from pathlib import Path

from lab import processes
from lab.labs import MIRROR_PORT, Lab
from lab.machine import CACHE, CHECKOUT, LabError, wait_until

FOLDER = CACHE / "mirror"


def ensure(lab: Lab) -> None:
    """Start a lab's mirror unless it answers."""
    (FOLDER / "kafka").mkdir(parents=True, exist_ok=True)
    debian = FOLDER / "debian"
    if not debian.is_symlink():
        debian.symlink_to(Path("../debs"))
    if _answers(lab):
        return
    log = lab.state / "mirror.log"
    argv = [sys.executable, "-m", "lab.mirror", "--bind", lab.bridge_address]
    argv += ["--port", str(MIRROR_PORT), "--root", str(FOLDER)]
    processes.start(argv, log, processes.mark(lab.name), {}, CHECKOUT)
    if not wait_until(lambda: _answers(lab), 10):
        raise LabError(f"the mirror at {lab.mirror} does not answer: {log.read_text().strip()}")


def _answers(lab: Lab) -> bool:
    with suppress(OSError), socket.create_connection((lab.bridge_address, MIRROR_PORT), timeout=1):
        return True
    return False
