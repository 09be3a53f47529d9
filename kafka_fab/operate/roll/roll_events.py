"""Roll events: what happens in a roll, for its listeners: the screen and the journal."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kafka_fab.runbook.codes import RollCode, coded


@dataclass(frozen=True)
class RollEvent:
    """One event: its time (seconds since the epoch), host, kind and text."""

    time: float
    host: str
    kind: str
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[RollEvent], None]


class RollEvents:
    """Sends events to its listeners."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = list(listeners)

    def emit(self, host: str, kind: str, text: str, **details: Any) -> None:
        """Send one event."""
        event = RollEvent(time.time(), host, kind, text, details)
        for listener in self.listeners:
            listener(event)

    def warn(self, host: str, text: str, code: RollCode) -> None:
        """Send a problem that does not end the roll, with its code."""
        self.emit(host, "problem", coded(text, code), code=code)


class Journal:
    """A file with a line of JSON for each event, synced to disk before the roll continues."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._lines = file.open("a")

    def __call__(self, event: RollEvent) -> None:
        """Append an event."""
        self._lines.write(json.dumps(asdict(event), ensure_ascii=False) + "\n")
        self._lines.flush()
        os.fsync(self._lines.fileno())
