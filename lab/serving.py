"""Keep a lab's mirror running: the archives of Kafka and the packages of Debian, for its hosts."""

from __future__ import annotations

import sys
from pathlib import Path

from lab import processes
from lab.labs import MIRROR_PORT, Lab
from lab.machine import CACHE, CHECKOUT, LabError, wait_until

FOLDER = CACHE / "mirror"
READY = " serves "


def ensure(lab: Lab) -> None:
    """Start a lab's mirror unless it answers."""
    (FOLDER / "kafka").mkdir(parents=True, exist_ok=True)
    debian = FOLDER / "debian"
    if not debian.is_symlink():
        debian.symlink_to(Path("../debs"))
    if _runs(lab):
        return
    log = lab.state / "mirror.log"
    log.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "lab.mirror", "--bind", lab.bridge_address]
    argv += ["--port", str(MIRROR_PORT), "--root", str(FOLDER)]
    mirror = processes.start(argv, log, processes.mark(lab.name), {}, CHECKOUT)
    # Its first line says that it serves; that something answers may be another's doing.
    wait_until(lambda: READY in log.read_text() or mirror.poll() is not None, 10)
    if READY not in log.read_text():
        raise LabError(f"the mirror at {lab.mirror} does not start: {log.read_text().strip()}")


def _runs(lab: Lab) -> bool:
    return any(one.lab == lab.name and not one.host for one in processes.marked())
