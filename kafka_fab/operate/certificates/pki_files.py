"""PKI files: keys and certificates in the cluster's folder, each written beside its place and renamed."""

import os
from pathlib import Path

from kafka_fab.cluster.security import stores

PRIVATE, PUBLIC = 0o600, 0o644
# Certificates are public, and belong in version control with hosts.ini; keys do not.
IGNORED = (
    "# Private keys: keep a backup elsewhere, not in version control.\n*.key\nfab.pem\nclients/\nrequests/\n.*.new\n"
)


def prepare(folder: Path) -> None:
    """Make pki/ with its .gitignore."""
    pki = stores.pki(folder)
    pki.mkdir(mode=0o700, exist_ok=True)
    ignore = stores.ignore_file(folder)
    if not ignore.exists():
        write(ignore, IGNORED)


def write(file: Path, text: str, mode: int = PUBLIC) -> None:
    """Write a file that is complete or not there; a private one is never readable to others, not even as a draft."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode, exist_ok=False)
    with draft.open("w", encoding="utf-8") as content:
        content.write(text)
        content.flush()
        os.fsync(content.fileno())
    draft.replace(file)
    sync_directory(file.parent)


def sync_directory(folder: Path) -> None:
    """Write a directory to the disk: what was renamed in it stays renamed after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
