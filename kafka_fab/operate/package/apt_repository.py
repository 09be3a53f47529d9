"""APT repository: the metadata of a folder of DEBs, which apt reads as a flat repository."""

import gzip
import hashlib
import os
import time
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path

from kafka_fab.operate.package import deb_file
from kafka_fab.operate.package.signing import Signer

SUMS = (("MD5Sum", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"))


def write(folder: Path, signer: Signer | None) -> None:
    """Write Packages and Release of all DEBs in a folder, signed where there is a key.

    Each file is renamed into place, what names the others last.
    """
    packages = "\n".join(stanza(file) for file in sorted(folder.glob("*.deb")))
    indices = {"Packages": packages.encode(), "Packages.gz": gzip.compress(packages.encode(), mtime=0)}
    now = int(os.environ.get("SOURCE_DATE_EPOCH", "") or time.time())
    for name, content in {**indices, "Release": release(indices, now).encode()}.items():
        replace(folder / name, content)
    signed = {"InRelease": "clear", "Release.gpg": "detached"}
    for name, how in signed.items():
        if signer:
            getattr(signer, how)(folder / "Release", folder / name)
        else:
            # One of an earlier key's would not fit any more.
            (folder / name).unlink(missing_ok=True)


def stanza(file: Path) -> str:
    """Return a package's lines in Packages."""
    content = file.read_bytes()
    sums = {"MD5sum": "md5", "SHA1": "sha1", "SHA256": "sha256"}
    more = [f"Filename: ./{file.name}", f"Size: {len(content)}", *_sums(content, sums.items())]
    return "\n".join([deb_file.control(file), *more, ""])


def release(indices: dict[str, bytes], now: int) -> str:
    """Return Release: the checksums of the indices."""
    lines = ["Origin: kafka-fab", "Label: kafka-fab", "Architectures: all", f"Date: {formatdate(now, usegmt=True)}"]
    for title, algorithm in SUMS:
        lines.append(f"{title}:")
        lines += [
            f" {hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()} {len(content)} {name}"
            for name, content in indices.items()
        ]
    return "\n".join(lines) + "\n"


def _sums(content: bytes, wanted: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{title}: {hashlib.new(name, content, usedforsecurity=False).hexdigest()}" for title, name in wanted]


def replace(file: Path, content: bytes) -> None:
    """Write a file that is complete or as it was."""
    draft = file.with_name(f".{file.name}.new")
    draft.write_bytes(content)
    draft.replace(file)
