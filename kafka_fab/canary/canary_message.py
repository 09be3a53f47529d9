"""The canary's messages: whose they are, which number, and at what pace they are written."""

import threading
import time

# Messages per second of a partition, and of all together: enough to date a stall, and little load beside a roll.
RATE, RATE_OF_ALL = 10.0, 400.0
DELIVERY_SECONDS = 120
RUN_BYTES = 8


def content(run: bytes, sequence: int) -> bytes:
    """Return a message: the run that wrote it, and its number."""
    return run + sequence.to_bytes(8)


def sequence_of(run: bytes, value: bytes) -> int | None:
    """Return a message's number, or None if it is another run's."""
    return int.from_bytes(value[RUN_BYTES:]) if value.startswith(run) else None


def period(partitions: int) -> float:
    """Return the seconds between two messages of a partition."""
    return 1 / min(RATE, RATE_OF_ALL / partitions)


class Pace:
    """The beat of a writer; one that comes late goes on from there instead of catching up."""

    def __init__(self, period: float) -> None:
        self._stopped = threading.Event()
        self._period, self._due = period, time.monotonic()

    def beats(self) -> bool:
        """Wait for the next beat and return True, or False when there is none any more."""
        self._due = max(self._due + self._period, time.monotonic())
        return not self._stopped.wait(self._due - time.monotonic())

    def stop(self) -> None:
        """End it, also for one that waits."""
        self._stopped.set()
