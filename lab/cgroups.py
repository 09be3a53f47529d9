"""A control group of its own for each host, where no systemd runs this machine to give it one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lab.machine import wait_until

TOP = "kafka-fab-lab"
HIERARCHIES = tuple(Path("/sys/fs/cgroup") / name for name in ("unified", "systemd", "."))


def run_by_systemd() -> bool:
    """Say whether systemd is this machine's init: then systemd-nspawn asks it for a scope."""
    return Path("/run/systemd/system").is_dir()


def make(lab: str, host: str) -> list[Path]:
    """Make a host's control groups; none where systemd does it."""
    if run_by_systemd():
        return []
    made = [root / TOP / lab / host for root in HIERARCHIES if (root / "cgroup.procs").is_file()]
    for group in made:
        group.mkdir(parents=True, exist_ok=True)
    return made


def remove(keep: set[str]) -> None:
    """Remove the control groups of all labs but these."""
    for root in HIERARCHIES:
        labs = (root / TOP).iterdir() if (root / TOP).is_dir() else ()
        for group in [group for group in labs if group.is_dir() and group.name not in keep]:
            wait_until(lambda group=group: _is_removed(group), 5)  # type: ignore[misc]
        with suppress(OSError):
            (root / TOP).rmdir()


def _is_removed(group: Path) -> bool:
    # The kernel lets go of a group a moment after its last process; the groups below go first.
    with suppress(OSError):
        for inner in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
            inner.rmdir()
        group.rmdir()
    return not group.exists()
