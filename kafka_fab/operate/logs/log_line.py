"""Log line: log lines with their host, coloured on a terminal, or as JSON."""

import json
import os
import threading
from collections.abc import Sequence

from kafka_fab.operate.logs.log_event import LogEvent, Source, time_of

COLOURS = (36, 33, 35, 32, 34, 91, 96, 93, 95, 92, 94, 31)


class LogPrinter:
    """Prints lines of several hosts from several threads, without mixing them."""

    def __init__(self, sources: Sequence[Source], as_json: bool, colours: bool) -> None:
        hosts = list(dict.fromkeys(source.host for source in sources))
        wide = max(map(len, hosts))
        both = {source.service for source in sources}
        roles = max(map(len, both))
        painted = colours and not os.environ.get("NO_COLOR")
        self._as_json, self._lock = as_json, threading.Lock()
        self._heads = {}
        for source in sources:
            # The service only if there are several.
            text = f"{source.host:<{wide}}" + (f" {source.service:<{roles}}" if len(both) > 1 else "")
            colour = COLOURS[hosts.index(source.host) % len(COLOURS)]
            self._heads[source] = f"\x1b[{colour}m{text}\x1b[0m" if painted else text

    def show(self, event: LogEvent) -> None:
        """Print an event."""
        if self._as_json:
            self._print([self._json(event.source, event.time, event.lines)])
        else:
            self._print([f"{self._heads[event.source]}  {line}" for line in event.lines])

    def show_line(self, source: Source, line: str) -> None:
        """Print a line."""
        self._print([self._json(source, time_of(line), [line]) if self._as_json else f"{self._heads[source]}  {line}"])

    def _json(self, source: Source, time: str, lines: Sequence[str]) -> str:
        content = {"host": source.host, "service": source.service, "time": time, "lines": list(lines)}
        return json.dumps(content, ensure_ascii=False)

    def _print(self, lines: Sequence[str]) -> None:
        with self._lock:
            print("\n".join(lines), flush=True)
