"""Typed command: `fab` or `kafka-fab`, as messages name the command to run next."""

import re
import sys
from pathlib import PurePath

PACKAGED = "kafka-fab"
# What the runbook's entries say: the same text for every reader.
WRITTEN = re.compile(r"(?<![\w./-])fab (?=[a-z-])")


def command(program: str) -> str:
    """Return what the operator typed to start a program: `kafka-fab` where it is installed under that name."""
    return PACKAGED if PurePath(program).stem == PACKAGED else "fab"


FAB = command(sys.argv[0])


def as_typed(text: str, typed: str = FAB) -> str:
    """Return a text that says `fab TASK` with the command that the operator typed."""
    return WRITTEN.sub(f"{typed} ", text)
