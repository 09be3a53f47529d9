"""Entry: what a code means, what causes it, and the commands that show more or end it."""

from kafka_fab.frozen_value import dataclass
from kafka_fab.runbook.codes import Code

PAGE = "docs/runbook.md"


@dataclass(frozen=True)
class Command:
    """A command to copy, and what it shows or does; words in capitals are the reader's to fill in."""

    command: str
    purpose: str


@dataclass(frozen=True)
class Entry:
    """One code: a title, what it means for the cluster, likely causes first, and commands in the order of use."""

    code: Code
    title: str
    meaning: str
    causes: tuple[str, ...]
    commands: tuple[Command, ...]

    @property
    def anchor(self) -> str:
        """Return where the entry is on the runbook page."""
        return f"{PAGE}#{self.code.lower()}"
