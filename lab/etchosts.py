"""Lines of labs in this machine's /etc/hosts; everything else stays as it is, byte for byte.

A block is put before the rest: so it can be taken out again exactly, whatever the file ends with,
and a lab's names mean the lab's hosts while it is up.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ETC_HOSTS = Path("/etc/hosts")
BLOCK = re.compile(
    rb"^# kafka-fab lab (?P<name>[a-z0-9-]+) begin\n(?:[^#\n]*\n)*# kafka-fab lab (?P=name) end\n",
    re.MULTILINE,
)


def with_block(text: bytes, lab: str, addresses: Mapping[str, str]) -> bytes:
    """Put a lab's block into the text of /etc/hosts, in place of the one it had."""
    lines = "".join(f"{address} {name}\n" for name, address in addresses.items())
    block = f"# kafka-fab lab {lab} begin\n{lines}# kafka-fab lab {lab} end\n"
    return block.encode() + without_blocks(text, {lab})


def without_blocks(text: bytes, labs: set[str]) -> bytes:
    """Take the blocks of these labs out of the text of /etc/hosts."""
    return BLOCK.sub(lambda found: b"" if found["name"].decode() in labs else found[0], text)


def labs_in(text: bytes) -> set[str]:
    """Name the labs that have a block."""
    return {found["name"].decode() for found in BLOCK.finditer(text)}


def read(path: Path = ETC_HOSTS) -> bytes:
    """Read the file; one that is missing is as good as an empty one."""
    return path.read_bytes() if path.exists() else b""


def replace(text: bytes, path: Path = ETC_HOSTS) -> None:
    """Write the file, by rename where it can be renamed."""
    path = path.resolve()
    beside = path.with_name(f"{path.name}.kafka-fab-lab")
    if read(path) == text:
        beside.unlink(missing_ok=True)
        return
    beside.write_bytes(text)
    with suppress(FileNotFoundError):
        shutil.copymode(path, beside)
    try:
        beside.rename(path)
    except OSError:
        # A container's /etc/hosts is often a mount of its own: it can be written, not renamed over.
        beside.unlink()
        with path.open("r+b") as out:
            out.write(text)
            out.truncate()
            os.fsync(out.fileno())
