"""Provide Kafka archives: Apache's own where within reach, else assembled from Maven Central's jars."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import time
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.request import urlopen

from lab.dist import checksum
from lab.dist.release import releases
from lab.dist.tree import members, pack
from lab.machine import say as aloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.dist.release import Release

    Say = Callable[[str], object]

APACHE = "https://archive.apache.org/dist/kafka"
CONNECT_SECONDS = 3
STALL_SECONDS = 30
SAY_EVERY = 3.0
CHUNK = 1 << 20


class ArchiveError(Exception):
    """No archive could be had; the message says why, and what would help."""


def ensure(version: str, cache: Path, say: Say = aloud) -> Path:
    """Return a version's archive, at Apache's place for it below `cache`/mirror; get or build it first."""
    known = releases()
    if version not in known:
        raise ArchiveError(f"The lab has no Kafka {version}. It knows {', '.join(known)}.")
    release = known[version]
    target = cache / "mirror" / "kafka" / version / release.file
    try:
        with _alone(cache / "build" / f"kafka-{version}", say) as (work, lock):
            if _finished(target):
                say(f"Kafka {version}: {target} is there")
            else:
                _obtain(release, target, work, lock, say)
    except OSError as problem:
        raise ArchiveError(f"Kafka {version}'s archive cannot be written: {problem}.") from problem
    return target


@contextmanager
def _alone(work: Path, say: Say) -> Iterator[tuple[Path, int]]:
    """Give an empty folder to build in, to one process at a time; what a killed one left is swept."""
    work.parent.mkdir(parents=True, exist_ok=True)
    with work.with_name(f"{work.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{work.name}: another process makes it; waiting for that to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            yield work, lock.fileno()
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _finished(target: Path) -> bool:
    """Tell whether the archive is there and whole."""
    try:
        expected = checksum.read(_beside(target, "sha512").read_text(), target.name)
        return checksum.digest(target, "sha512") == expected
    except (FileNotFoundError, ValueError):
        return False


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f"{target.name}.{kind}")


def _obtain(release: Release, target: Path, work: Path, lock: int, say: Say) -> None:
    """Get the archive from Apache or build it, then put it in place with its checksums, itself last."""
    made = work / release.file
    origin = "Apache's own"
    try:
        from_apache(release, made, say)
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        say(f"Kafka {release.version}: Apache's archive cannot be downloaded ({reason})")
        from_maven(release, made, lock, say)
        origin = "assembled from Maven Central's jars"
    target.parent.mkdir(parents=True, exist_ok=True)
    for kind in sorted({"sha512", release.digest}):
        _beside(made, kind).write_text(checksum.written(made.name, checksum.digest(made, kind)))
        _beside(made, kind).replace(_beside(target, kind))
    made.replace(target)
    say(f"Kafka {release.version}: {target} ({origin}, {target.stat().st_size / 1e6:.0f} MB)")


def from_apache(release: Release, made: Path, say: Say, base: str = APACHE) -> None:
    """Download Apache's archive; the small checksum file, asked for first, shows soon if that can work."""
    url = f"{base}/{release.version}/{release.file}"
    with urlopen(f"{url}.{release.digest}", timeout=CONNECT_SECONDS) as reply:
        expected = checksum.read(reply.read().decode(), release.file)
    say(f"Kafka {release.version}: downloading {url}")
    with urlopen(url, timeout=STALL_SECONDS) as reply, made.open("wb") as out:
        due = time.monotonic() + SAY_EVERY
        while chunk := reply.read(CHUNK):
            out.write(chunk)
            if time.monotonic() > due:
                say(f"  {out.tell() / 1e6:.0f} MB")
                due = time.monotonic() + SAY_EVERY
    if checksum.digest(made, release.digest) != expected:
        raise ValueError(f"what came has another {release.digest} than Apache's")


def from_maven(release: Release, made: Path, lock: int, say: Say) -> None:
    """Assemble an archive in Apache's layout from the jars on Maven Central and the lab's own launchers."""
    if shutil.which("mvn") is None:
        raise ArchiveError("Assembling one needs mvn, which is not here. Debian's package is maven.")
    say(f"Kafka {release.version}: assembling one from Maven Central's jars with mvn")
    jars = made.parent / "jars"
    options = ["-B", "-Dstyle.color=never", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    command = ["mvn", *options, "-f", str(release.pom), "dependency:copy-dependencies"]
    # mvn holds the lock too: should this process be killed, the next one waits until mvn is done as well.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=(lock,)
    ) as maven:
        assert maven.stdout is not None
        words = _followed(maven.stdout, say)
    if maven.returncode:
        raise ArchiveError(f"mvn failed with exit code {maven.returncode}. Its words:\n{_complaint(words)}")
    say(f"  packing {len(list(jars.glob('*.jar')))} jars")
    pack(release.top, members(release, jars), made)


def _followed(output: IO[str], say: Say) -> list[str]:
    """Return mvn's lines, counting its downloads aloud while they come."""
    lines: list[str] = []
    fetched, due = 0, time.monotonic() + SAY_EVERY
    for line in output:
        lines.append(line.rstrip())
        fetched += line.startswith("[INFO] Downloaded")
        if time.monotonic() > due:
            say(f"  mvn: {fetched} files fetched")
            due = time.monotonic() + SAY_EVERY
    return lines


def _complaint(lines: list[str]) -> str:
    """Return the few lines in which mvn says what is wrong: its first errors, else its last words."""
    errors = [line for line in lines if line.startswith("[ERROR]")][:3]
    return "\n".join(f"  {line}" for line in errors or [line for line in lines if line][-3:])
