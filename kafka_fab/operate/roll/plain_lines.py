"""Plain lines: the events of a roll as lines: time, host, text."""

import time

from kafka_fab.operate.roll.roll_events import RollEvent

NOT_PRINTED = ("end", "triggered", "starting", "stopping")


class RollPrinter:
    """Prints each event as a line as it comes; the host column is as wide as the longest host."""

    def __init__(self, width: int) -> None:
        self._width = width

    def __call__(self, event: RollEvent) -> None:
        """Print an event."""
        if event.kind not in NOT_PRINTED:
            print(line(event, self._width), flush=True)


def line(event: RollEvent, width: int) -> str:
    """Return an event as a line."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    return f"{clock}  {event.host:<{width}}  {event.text}".rstrip()
