"""Write and read checksum files the way Apache publishes them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
GROUPS = {32: 2, 40: 4}
LAST_COLUMN = 79


def digest(path: Path, kind: str) -> str:
    """Return a file's checksum as lower-case hexadecimal digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, kind).hexdigest()


def written(name: str, digits: str) -> str:
    """Return the text of a checksum file in the form of `gpg --print-md`: upper case, grouped, wrapped."""
    group = GROUPS.get(len(digits), 8)
    indent = len(name) + 2
    text = f"{name}: "
    if indent > 40:
        text, indent = f"{text}\n", 0
    column = indent
    for start in range(0, len(digits), group):
        if start and column + group > LAST_COLUMN:
            text, column = f"{text}\n{' ' * max(indent, 1)}", indent
        elif start:
            text, column = f"{text} ", column + 1
        if start == len(digits) // 2 and group < 8:
            text, column = f"{text} ", column + 1
        text, column = text + digits[start : start + group].upper(), column + group
    return f"{text}\n"


def read(text: str, name: str) -> str:
    """Return the checksum that a file of gpg's, sha512sum's or BSD's form names for `name`."""
    quoted = re.escape(name)
    found = re.search(rf"^\s*([0-9a-fA-F]{{32,128}})[ \t]+\*?{quoted}\s*$", text, re.MULTILINE) or re.search(
        rf"^\w+ \({quoted}\) = ([0-9a-fA-F]+)\s*$", text, re.MULTILINE
    )
    digits = found[1] if found else "".join(text.partition(f"{name}:")[2].split())
    if len(digits) not in LENGTHS.values() or not re.fullmatch("[0-9a-fA-F]+", digits):
        raise ValueError(f"no checksum of {name} in it")
    return digits.lower()
