"""Roll events: what a roll says while it goes on, to whoever listens: the screen, the journal, the page."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RollEvent:
    """One thing that happened: when (seconds since the epoch), to whom, what kind, and in words."""

    time: float
    host: str
    kind: str
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[RollEvent], None]


class RollEvents:
    """Tells events to its listeners."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = list(listeners)

    def tell(self, host: str, kind: str, text: str, **details: Any) -> None:
        """Tell one event."""
        event = RollEvent(time.time(), host, kind, text, details)
        for listener in self.listeners:
            listener(event)


class Journal:
    """A file with a line of JSON for each event, on the disk before the roll goes on."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._lines = file.open("a")

    def __call__(self, event: RollEvent) -> None:
        """Write an event down."""
        self._lines.write(json.dumps(asdict(event), ensure_ascii=False) + "\n")
        self._lines.flush()
        os.fsync(self._lines.fileno())
