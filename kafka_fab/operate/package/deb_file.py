"""DEB file: its control fields, read from the archive that it is."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from invoke.exceptions import Exit

MAGIC = b"!<arch>\n"
HEADER = 60


def control(file: Path) -> str:
    """Return the control fields of a DEB as they are in it; raise Exit where it is none."""
    try:
        return _control(file.read_bytes())
    except (ValueError, KeyError, tarfile.TarError) as error:
        raise Exit(f"{file} is no DEB: remove it from the repository ({error})", code=1) from error


def _control(content: bytes) -> str:
    for name, data in _members(content):
        if name.startswith("control.tar"):
            with tarfile.open(fileobj=io.BytesIO(data)) as opened:
                found = opened.extractfile("./control")
                return found.read().decode().strip("\n") if found else ""
    raise ValueError("it has no control fields")


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an ar archive (ar(5)): a header of 60 bytes each, padded to an even place."""
    if not content.startswith(MAGIC):
        raise ValueError("it does not begin as one")
    at = len(MAGIC)
    while at + HEADER <= len(content):
        name, size = content[at : at + 16].decode().strip().rstrip("/"), int(content[at + 48 : at + 58])
        yield name, content[at + HEADER : at + HEADER + size]
        at += HEADER + size + size % 2
