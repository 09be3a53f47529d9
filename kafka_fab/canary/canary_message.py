"""Canary message: the run and sequence number in each message, and the rate of writing."""

import threading
import time

# Messages per second of a partition, and of all together: enough to locate a stall, and little load.
RATE, RATE_OF_ALL = 10.0, 400.0
DELIVERY_SECONDS = 120
RUN_BYTES = 8


def content(run: bytes, sequence: int) -> bytes:
    """Return a message: the run that wrote it, and its sequence number."""
    return run + sequence.to_bytes(8)


def sequence_of(run: bytes, value: bytes) -> int | None:
    """Return a message's sequence number, or None if it is another run's."""
    return int.from_bytes(value[RUN_BYTES:]) if value.startswith(run) else None


def period(partitions: int) -> float:
    """Return the seconds between two messages of a partition."""
    return 1 / min(RATE, RATE_OF_ALL / partitions)


class RateLimiter:
    """The rate of a writer; a late writer does not catch up."""

    def __init__(self, period: float) -> None:
        self._stopped = threading.Event()
        self._period, self._due = period, time.monotonic()

    def next(self) -> bool:
        """Wait for the next message's time and return True, or False when stopped."""
        self._due = max(self._due + self._period, time.monotonic())
        return not self._stopped.wait(self._due - time.monotonic())

    def stop(self) -> None:
        """Stop it, also for a thread that waits."""
        self._stopped.set()
