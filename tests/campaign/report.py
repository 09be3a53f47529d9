"""Report: the table of a campaign's steps, and its verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka_fab.output import report as tables

HEADER = ("step", "operation", "faults", "tries", "seconds", "acknowledged", "longest stall", "result")
# Of a client's verdict: how many messages, by what became of them.
COUNTS = {"lost": "lost_messages", "reordered": "reordered", "duplicates": "duplicates", "errors": "all_errors"}
# Of these none may be: where the verdict names some.
NAMED = {"lost": "lost", "reordered": "late"}


@dataclass(frozen=True)
class Row:
    """A step: what was done, what came meanwhile, how often the tool was called, and what was wrong afterwards."""

    number: int
    operation: str
    faults: str
    tries: int = 0
    seconds: float = 0.0
    acknowledged: int = 0
    stall: float = 0.0
    problems: tuple[str, ...] = ()

    def cells(self) -> tuple[object, ...]:
        """Return the row of the table."""
        result = "failed" if self.problems else "ok"
        times = self.seconds, self.acknowledged, self.stall
        return self.number, self.operation, self.faults or "none", self.tries, *times, result


@dataclass(frozen=True)
class Report:
    """A whole campaign."""

    seed: int
    kind: str
    rows: Sequence[Row]
    load: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[str] = ()

    @property
    def failures(self) -> list[str]:
        """Return all that ends a campaign with an error."""
        found = [f"step {row.number}, {row.operation}: {problem}" for row in self.rows for problem in row.problems]
        found += self.problems
        if not self.load.get("acknowledged"):
            return [*found, "no message was acknowledged"]
        return found + [
            f"{number} messages {what}, such as {self.load[named][:5]}"
            for what, named in NAMED.items()
            if (number := self.load[COUNTS[what]])
        ]

    def text(self) -> str:
        """Return the table, the totals and the seed, and what is wrong."""
        rows: list[tuple[object, ...]] = [HEADER, *(row.cells() for row in self.rows)]
        counts = ", ".join(f"{self.load.get(name, '?')} {what}" for what, name in COUNTS.items())
        return "\n".join(
            (
                tables.table(rows),
                f"{self.load.get('acknowledged', 0)} messages acknowledged, {counts}",
                f"longest stall {self.load.get('longest_stall', 0):.2f} s; {len(self.rows)} operations",
                f"seed {self.seed}, {self.kind}",
                *(f"FAILED: {failure}" for failure in self.failures),
            )
        )
