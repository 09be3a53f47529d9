"""The Debian root file system that all hosts of a suite share, built once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from lab import debs, processes
from lab.machine import CACHE, LabError, run, say

SUITES = {
    "bookworm": "openjdk-17-jre-headless",
    "trixie": "openjdk-21-jre-headless",
    # For tools beside which kafka-fab is measured: it needs no Python on a host itself.
    "bookworm-python": "openjdk-17-jre-headless",
}
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "curl", "ca-certificates", "iproute2",
    "procps", "psmisc", "diffutils", "iputils-ping", "less", "netcat-openbsd",
)  # fmt: skip
ADMIN_PASSWORD = "pa ss'w\"o$rd é"
SETTLE = Path(__file__).with_name("rootfs.sh")
FOLDER = CACHE / "rootfs"
# A finished tree says inside what it was built from: tree and proof come by one rename.
PROOF = Path("etc/kafka-fab-lab")
# What a killed lab.up leaves of a bootstrap is swept like the processes of a lab that died.
BUILDING = {processes.MARK: processes.mark("(root file system)")}
# A Java package fails to configure without the folder of the manual pages.
OPTIONS = (
    "--variant=minbase",
    "--skip=cleanup/apt/cache",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    '--essential-hook=mkdir -p "$1/usr/share/man/man1"',
    '--customize-hook=sh "$SETTLE" "$1"',
)


def java_package(suite: str) -> str:
    """Name the Java package of a suite."""
    if suite not in SUITES:
        raise LabError(f"suite {suite!r} is not one of {', '.join(SUITES)}.")
    return SUITES[suite]


def packages(suite: str) -> tuple[str, ...]:
    """Name all packages that a suite's root file system has on top of Debian's smallest."""
    python = ("python3", "python3-apt") if suite.endswith("-python") else ()
    return (*PACKAGES, *python, java_package(suite))


def tree(suite: str) -> Path:
    """Say where a suite's root file system is."""
    return FOLDER / suite


def spec(suite: str) -> str:
    """Sum up everything that a suite's root file system is made from."""
    java = java_package(suite)
    others = [package for package in packages(suite) if package != java]
    parts = [suite, java, *others, *OPTIONS, ADMIN_PASSWORD, SETTLE.read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_built(suite: str) -> bool:
    """Say whether a suite's root file system and packages are there, and of today's making."""
    proof = tree(suite) / PROOF
    return proof.is_file() and proof.read_text() == spec(suite) and debs.is_built(suite)


def ensure(suite: str) -> Path:
    """Build a suite's root file system unless it is there."""
    if is_built(suite):
        return tree(suite)
    if _in_use(suite):
        raise LabError(
            f"the root file system of {suite} must be rebuilt, but a lab runs on it: run `fab lab.down` first."
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob(f"{suite}.*"):
        remove(stale)
    say(f"building the root file system of {suite} (once, about 40 s) ...")
    begun = time.monotonic()
    staging = Path(tempfile.mkdtemp(prefix=f"{suite}.", dir=FOLDER))
    staging.chmod(0o755)
    _bootstrap(suite, staging)
    debs.collect(suite, staging / "var/cache/apt/archives")
    (staging / PROOF).write_text(spec(suite))
    remove(tree(suite))
    staging.rename(tree(suite))
    say(f"the root file system of {suite} is built ({time.monotonic() - begun:.0f} s)")
    return tree(suite)


def _bootstrap(suite: str, staging: Path) -> None:
    include, debian = ",".join(packages(suite)), suite.partition("-")[0]
    log = FOLDER / f"{suite}.log"
    with log.open("wb") as out:
        done = subprocess.run(
            # A killed lab.up must not leave a bootstrap behind that goes on writing.
            ["setpriv", "--pdeathsig=KILL", "mmdebstrap", f"--include={include}", *OPTIONS, debian, staging],
            umask=0o022, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
            env={**os.environ, "ADMIN_PASSWORD": ADMIN_PASSWORD, "SETTLE": str(SETTLE), **BUILDING},
        )  # fmt: skip
    if done.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise LabError(f"mmdebstrap could not build {suite} (all of it in {log}):\n{last}")


def _in_use(suite: str) -> bool:
    return f"lowerdir={tree(suite)}," in Path("/proc/mounts").read_text()


def remove(folder: Path) -> None:
    """Remove a tree with what a killed bootstrap may have left mounted in it."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{folder}/")]):
        run("umount", "--lazy", mount)
    if folder.is_dir():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
