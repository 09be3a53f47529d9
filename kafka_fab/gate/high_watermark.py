"""High watermark: the KRaft quorum's, from reading to reading: does it advance as it should? Pure.

From 3.3 on the active controller writes a record when it has written none for metadata.max.idle.interval.ms.
"""

from kafka_fab.frozen_value import dataclass

# Long enough for a controller on a busy host: ten times the default interval.
IDLE = 5.0
INTERVALS = 10


@dataclass(frozen=True)
class HighWatermark:
    """The high watermark in an epoch of the quorum's leader, and since when it is this one, by time.monotonic."""

    offset: int
    epoch: int
    since: float


def followed(before: HighWatermark | None, offset: int, epoch: int, now: float) -> HighWatermark:
    """Return the high watermark of a new reading; a new leader may take a moment before it commits anything."""
    same = before is not None and (before.offset, before.epoch) == (offset, epoch)
    return before if before and same else HighWatermark(offset, epoch, now)


def idle(mark: HighWatermark, now: float, interval_ms: int) -> float:
    """Return for how long it has not advanced, 0 where that is not too long; with interval 0 nothing is written."""
    seconds = now - mark.since
    return seconds if interval_ms and seconds >= max(IDLE, INTERVALS * interval_ms / 1000) else 0.0
