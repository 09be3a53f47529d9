"""Package version: of a cluster's packages: what is typed, else the time of the last commit to its folder."""

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.frozen_value import dataclass

VERSION = re.compile(r"[0-9][A-Za-z0-9.+~]*")
RELEASE = re.compile(r"[1-9][0-9]*")
EPOCH = "SOURCE_DATE_EPOCH"
# Nothing before it is younger than Kafka.
NO_TIME = 1293840000


@dataclass(frozen=True)
class Made:
    """A version, and when its content counts as made."""

    version: str
    epoch: int


def of(folder: Path, typed: str, release: str) -> Made:
    """Return the version of a folder's packages; raise Exit where nothing says one."""
    if not RELEASE.fullmatch(release):
        raise Exit(f"--release {release}: a number such as 2 is wanted", code=1)
    if typed:
        if not VERSION.fullmatch(typed):
            raise Exit(f"--version {typed}: digits, letters, dots, + and ~ are wanted, a digit first", code=1)
        return Made(typed, given() or _committed(folder) or NO_TIME)
    changed = _git(folder, "status", "--porcelain", "--", ".")
    committed = _committed(folder)
    if not committed or changed is None:
        raise Exit(f"{folder} has no commit to take the version from: commit it, or give --version", code=1)
    if changed:
        names = ", ".join(line[3:] for line in changed.splitlines()[:4])
        raise Exit(f"{folder} has changes that are in no commit ({names}): commit them, or give --version", code=1)
    return Made(datetime.fromtimestamp(committed, UTC).strftime("%Y%m%d.%H%M%S"), given() or committed)


def given() -> int:
    """Return the time that the environment gives, or 0; raise Exit where it gives none that is one."""
    text = os.environ.get(EPOCH, "")
    if text and not text.isdecimal():
        raise Exit(f"{EPOCH} must be seconds since 1970, but is `{text}`", code=1)
    return int(text or 0)


def _committed(folder: Path) -> int:
    said = _git(folder, "log", "-1", "--format=%ct", "--", ".")
    return int(said) if said else 0


def _git(folder: Path, *words: str) -> str | None:
    """Return what git says of a folder, or None where there is no repository, or no git."""
    try:
        ended = subprocess.run(
            ["git", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return None if ended.returncode else ended.stdout.rstrip("\n")
