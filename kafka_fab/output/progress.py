"""Progress: what one host has done so far in the current task; written by its thread, read by the screen."""

import time
from dataclasses import dataclass, field
from typing import Any

from kafka_fab.cluster.change import Change


@dataclass
class HostProgress:
    """One host's part of a task."""

    host: str
    changes: list[Change] = field(default_factory=list)
    doing: str = ""
    error: str = ""
    value: Any = None
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    # Whether the host has let us in: before, nothing that a task means to do has begun.
    connected: bool = False

    @property
    def seconds(self) -> float:
        """Return how long the host has been at it, or was."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def at(self) -> str:
        """Return what is under way."""
        return self.doing or "working" if self.connected else "connecting"

    def count(self, *statuses: str) -> int:
        """Return how many changes have one of the statuses."""
        return sum(change.status in statuses for change in self.changes)

    @property
    def result(self) -> str:
        """Return the host's result in a word."""
        if self.error:
            return "failed"
        return "changed" if self.count("changed") else "would change" if self.count("would") else "ok"
