"""A small apt repository of the packages that a root file system was built from.

So a host without a way to the Internet installs Java from "the distribution".
"""

from __future__ import annotations

import hashlib
import shutil
from email.utils import formatdate
from typing import TYPE_CHECKING

from lab.machine import CACHE, run

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = CACHE / "debs"


def is_built(suite: str) -> bool:
    """Say whether a suite's repository is there."""
    return (FOLDER / suite / "Release").is_file()


def collect(suite: str, archives: Path) -> None:
    """Move the packages in a folder into a suite's repository."""
    staging = FOLDER / f"{suite}.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for deb in sorted(archives.glob("*.deb")):
        # apt writes the colon of an epoch as %3a, and a URL would read that back as a colon.
        deb.rename(staging / deb.name.replace("%3a", "."))
    packages = "\n".join(stanza(deb) for deb in sorted(staging.glob("*.deb"))).encode()
    (staging / "Packages").write_bytes(packages)
    (staging / "Release").write_text(release(suite, packages))
    shutil.rmtree(FOLDER / suite, ignore_errors=True)
    staging.rename(FOLDER / suite)


def stanza(deb: Path) -> str:
    """Describe one package as a paragraph of Packages."""
    content = deb.read_bytes()
    fields = run("dpkg-deb", "--field", deb).rstrip("\n")
    checksum = hashlib.sha256(content).hexdigest()
    return f"{fields}\nFilename: ./{deb.name}\nSize: {len(content)}\nSHA256: {checksum}\n"


def release(suite: str, packages: bytes) -> str:
    """Write the Release file, which spares apt its warnings."""
    checksum = hashlib.sha256(packages).hexdigest()
    date = formatdate(usegmt=True)
    return f"Suite: {suite}\nCodename: {suite}\nDate: {date}\nSHA256:\n {checksum} {len(packages)} Packages\n"
