"""A text file that a user wrote: its content, or why it cannot be read."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from kafka_fab.cluster.schema.problem import Problem

MOST_BYTES = 4 << 20
MISSING = "write it, or correct its name"
ENCODING = "is not UTF-8: save it in that encoding"


def read(file: Path, name: str, missing: str = "") -> tuple[str, list[Problem]]:
    """Return the text of a file (without a byte order mark) and no problem, else nothing and the problem.

    `missing` is what to do where there is no such file; a file that may be missing (no `missing`) is empty then.
    """
    try:
        with _opened(file) as content:
            data = content.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return "", [Problem(name, 0, f"is missing: {missing}")] if missing else []
    except OSError as error:
        return "", [Problem(name, 0, unreadable(file, error))]
    if len(data) > MOST_BYTES:
        return "", [Problem(name, 0, f"is larger than {MOST_BYTES >> 20} MiB: the limit for such a file; shorten it")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        return "", [Problem(name, data[: error.start].count(b"\n") + 1, ENCODING)]


def _opened(file: Path) -> BinaryIO:
    mode = file.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        # To open a pipe is to wait for whoever writes into it, maybe for ever.
        raise OSError(errno.EINVAL, "not a regular file, but a pipe or a device")
    return file.open("rb")


def write(file: Path, text: str) -> None:
    """Write a text file; it is on the disk before it takes the place of an older one."""
    draft = file.with_suffix(".new")
    with draft.open("w") as content:
        content.write(text)
        content.flush()
        os.fsync(content.fileno())
    draft.replace(file)


def unreadable(file: Path, error: OSError) -> str:
    """Return why a file cannot be read, and what to do."""
    if isinstance(error, IsADirectoryError):
        return "is a directory: a file is needed there"
    if isinstance(error, PermissionError):
        return f"cannot be read: permission denied; let your user read it (`ls -l {file}` shows who may)"
    return f"cannot be read: {(error.strerror or str(error)).lower()}; check the file and the path to it"


def absent(file: Path) -> str:
    """Return why a path is no file that can be read, or nothing."""
    try:
        with _opened(file):
            return ""
    except FileNotFoundError:
        return f"there is no file {file}"
    except OSError as error:
        return f"{file} {unreadable(file, error)}"
    except ValueError:
        return f"{file} is not a path"
