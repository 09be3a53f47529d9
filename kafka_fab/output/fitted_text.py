"""Fitted text: a message on a terminal broken between words, where the terminal would break it within one."""

import shutil
import sys
from textwrap import wrap

INDENT = "    "


def fitted(text: str) -> str:
    """Return a message for standard error: lines that fit a terminal, or as it is for a file or a program."""
    return to_width(text, shutil.get_terminal_size().columns) if sys.stderr.isatty() else text


def to_width(text: str, width: int) -> str:
    """Return a text whose lines are no longer than a width, but for a word that is."""
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    begin = line[: len(line) - len(line.lstrip())]
    # Paths, options and names stay what can be copied.
    return wrap(
        line, width, initial_indent="", subsequent_indent=f"{begin}{INDENT}", break_long_words=False,
        break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip
