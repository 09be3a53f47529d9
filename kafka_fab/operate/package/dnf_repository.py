"""DNF repository: the metadata of a folder of RPMs, made by createrepo_c."""

import shutil
import subprocess
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.operate.package.signing import SigningKey

MISSING = (
    "createrepo_c is not installed, which writes the metadata of a repository of RPMs: install createrepo-c (Debian) "
    "or createrepo_c (Fedora), or make DEBs alone: --format deb"
)
TIME_LIMIT = 600


def find() -> str:
    """Return the program; raise Exit where there is none."""
    found = shutil.which("createrepo_c")
    if not found:
        raise Exit(MISSING, code=1)
    return found


def write(folder: Path, signer: SigningKey | None) -> None:
    """Write repodata/ of all RPMs in a folder, signed where there is a key."""
    ended = subprocess.run(
        [find(), "--quiet", "--general-compress-type=gz", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT,
    )
    if ended.returncode:
        raise Exit(f"createrepo_c failed with status {ended.returncode}: {' '.join(ended.stderr.split())}", code=1)
    index = folder / "repodata/repomd.xml"
    signature = index.with_name("repomd.xml.asc")
    if signer:
        signer.detached(index, signature)
    else:
        signature.unlink(missing_ok=True)
