"""Run this machine's own commands, and say whether it can carry a lab at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
INSTANCES_WANTED = 8192
PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "mmdebstrap": "mmdebstrap",
}


class LabError(Exception):
    """What a lab could not do, in words for the one who asked."""


def say(text: str) -> None:
    """Print a line of progress at once, also into a pipe."""
    print(f"lab: {text}", flush=True)


def run(*argv: str | Path, stdin: str = "", timeout: float = 60) -> str:
    """Run a command and return its output; fail with its own words."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise LabError(f"`{' '.join(words)}` took more than {timeout:.0f} s") from late
    if done.returncode:
        raise LabError(f"`{' '.join(words)}` failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait for an event, looking often; say whether it came."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def require() -> None:
    """Refuse a machine that can't carry a lab, with what to do about it."""
    if sys.platform != "linux":
        raise LabError("a lab needs Linux: its hosts are systemd containers. Run it in a Linux VM.")
    if os.geteuid() != 0:
        raise LabError("a lab needs root: it makes namespaces and boots hosts. Use sudo.")
    missing = [package for tool, package in PACKAGES.items() if not shutil.which(tool)]
    if missing:
        raise LabError(f"a lab needs more Debian packages: apt-get install {' '.join(sorted(missing))}")
    try:
        run("unshare", "--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "lab", "/mnt")
    except LabError as refused:
        raise LabError(
            f"this machine does not allow namespaces and mounts, so systemd-nspawn can't run: {refused}\n"
            "Use a virtual machine, or a container started with --privileged."
        ) from refused


def raise_limits() -> None:
    """Let the machine carry many systemds: each takes several inotify instances of root's."""
    if int(INSTANCES.read_text()) < INSTANCES_WANTED:
        INSTANCES.write_text(str(INSTANCES_WANTED))
