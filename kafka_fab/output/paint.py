"""Paint: a block of lines at the end of a terminal's text, painted over in place."""

import os
import re
import sys
from collections.abc import Sequence

COLOUR = re.compile(r"\x1b\[[\d;]*m")
USUAL = (80, 24)


def size() -> tuple[int, int]:
    """Return the terminal's columns and lines just now; some that are none say 0."""
    columns, lines = os.get_terminal_size()
    return columns or USUAL[0], lines or USUAL[1]


class Block:
    """Lines that are painted again and again; each is to be shorter than the terminal is wide."""

    def __init__(self) -> None:
        self._lengths: list[int] = []

    def paint(self, lines: Sequence[str], above: Sequence[str] = ()) -> None:
        """Show these lines instead of those before; lines `above` stay there for good."""
        # All in one piece, and over what is there instead of after an erasure: nothing flickers.
        over = "\x1b[K\n" if self._lengths and not above else "\n"
        up = self._up() + ("\x1b[J" if self._lengths and above else "")
        text = "".join(f"{line}{over}" for line in (*above, *lines))
        sys.stdout.write(f"{up}{text}" + ("\x1b[J" if self._lengths else ""))
        sys.stdout.flush()
        self._lengths = [len(COLOUR.sub("", line)) for line in lines]

    def erase(self) -> None:
        """Show nothing any more; what is printed next stands in the block's place."""
        if self._lengths:
            sys.stdout.write(f"{self._up()}\x1b[J")
            self._lengths = []

    def _up(self) -> str:
        width = size()[0]
        # In a terminal that has become narrower, a line may fill several of its rows.
        rows = sum(max(1, -(-length // width)) for length in self._lengths)
        return f"\x1b[{rows}F" if rows else ""
