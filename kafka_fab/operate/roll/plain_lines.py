"""Plain lines: a roll told in plain lines: the time, the host, what happened."""

import time

from kafka_fab.operate.roll.roll_events import RollEvent

SILENT = ("end", "triggered", "starting", "stopping")


class RollPrinter:
    """Prints events as they come, each a line; columns are as wide as the longest host."""

    def __init__(self, wide: int) -> None:
        self._wide = wide

    def __call__(self, event: RollEvent) -> None:
        """Print an event."""
        if event.kind not in SILENT:
            print(line(event, self._wide), flush=True)


def line(event: RollEvent, wide: int) -> str:
    """Return an event as a line."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    return f"{clock}  {event.host:<{wide}}  {event.text}".rstrip()
