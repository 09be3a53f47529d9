"""APT repository: the metadata of a folder of DEBs, which apt reads as a flat repository."""

import gzip
import hashlib
import time
from email.utils import formatdate
from pathlib import Path

from kafka_fab.operate.package import deb_file, package_version
from kafka_fab.operate.package.signing import SigningKey

SUMS = {"MD5Sum": "md5", "SHA1": "sha1", "SHA256": "sha256"}
# In Packages the first one is written otherwise.
SUMS_OF_PACKAGE = {"MD5sum": "md5", "SHA1": "sha1", "SHA256": "sha256"}


def write(folder: Path, signer: SigningKey | None) -> None:
    """Write Packages and Release of all DEBs in a folder, signed where there is a key.

    Each file is renamed into place, what names the others last.
    """
    packages = "\n".join(stanza(file) for file in sorted(folder.glob("*.deb")))
    indices = {"Packages": packages.encode(), "Packages.gz": gzip.compress(packages.encode(), mtime=0)}
    now = package_version.given() or int(time.time())
    for name, content in {**indices, "Release": release(indices, now).encode()}.items():
        replace(folder / name, content)
    whole, apart = folder / "InRelease", folder / "Release.gpg"
    if signer:
        signer.clear(folder / "Release", whole)
        signer.detached(folder / "Release", apart)
    else:
        for earlier in (whole, apart):
            # One of an earlier key's would not fit any more.
            earlier.unlink(missing_ok=True)


def stanza(file: Path) -> str:
    """Return a package's lines in Packages."""
    content = file.read_bytes()
    sums = [f"{title}: {_digest(algorithm, content)}" for title, algorithm in SUMS_OF_PACKAGE.items()]
    return "\n".join([deb_file.control(file), f"Filename: ./{file.name}", f"Size: {len(content)}", *sums, ""])


def release(indices: dict[str, bytes], now: int) -> str:
    """Return Release: the checksums of the indices."""
    lines = ["Origin: kafka-fab", "Label: kafka-fab", "Architectures: all", f"Date: {formatdate(now, usegmt=True)}"]
    for title, algorithm in SUMS.items():
        lines.append(f"{title}:")
        lines += [f" {_digest(algorithm, content)} {len(content)} {name}" for name, content in indices.items()]
    return "\n".join(lines) + "\n"


def _digest(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def replace(file: Path, content: bytes) -> None:
    """Write a file that is complete or as it was."""
    draft = file.with_name(f".{file.name}.new")
    draft.write_bytes(content)
    draft.replace(file)
