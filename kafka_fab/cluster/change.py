"""Change: one line that a host said, and the reader of such lines."""

from collections.abc import Iterable

from kafka_fab.cluster.values.secret import hidden
from kafka_fab.frozen_value import dataclass

STATUSES = ("ok", "changed", "would", "failed", "restart", "foreign", "note")


@dataclass(frozen=True)
class Change:
    """What became of one resource; `diff` holds the lines of a file's difference."""

    status: str
    kind: str
    name: str
    detail: str = ""
    diff: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.status == "says":
            return self.name
        return "  ".join(filter(None, (self.status, self.kind, self.name, self.detail)))


class ChangeReader:
    """Reads a host's lines into changes; a `diff` line belongs to the change that follows it."""

    def __init__(self) -> None:
        self._diff: list[str] = []
        self.other_lines: list[str] = []

    def feed(self, line: str) -> Change | None:
        """Return the change that a line completes, if it does."""
        head, _, rest = line.partition("\t")
        if head == "diff":
            self._diff.append(rest)
            return None
        if head not in STATUSES:
            self.other_lines.append(line)
            return None
        kind, name, detail = [*rest.split("\t", 2), "", ""][:3]
        if head != "ok":
            # What is ok is data for other functions and is not shown.
            name, detail = hidden(name), hidden(detail)
        change = Change(head, kind, name, detail, tuple(self._diff))
        self._diff.clear()
        return change


def read_changes(lines: Iterable[str]) -> list[Change]:
    """Return what lines of the library say."""
    reader = ChangeReader()
    return [change for change in map(reader.feed, lines) if change]


def key_values(detail: str) -> dict[str, str]:
    """Return the KEY=VALUE words of a change's detail."""
    return dict(word.split("=", 1) for word in detail.split() if "=" in word)
