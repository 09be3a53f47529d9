"""Ledger: the canary's log while several threads write it, with one clock."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from kafka_fab.canary.canary_log import CanaryLog, Gaps, Written
from kafka_fab.canary.notes import Notes

RECENT = 1.0


@dataclass(frozen=True)
class CanaryPulse:
    """The canary's current latency, gap and counts.

    - ms: the slowest acknowledgement of the last second, or else the last one, from send to acknowledgement.
    - gap: the seconds since the last acknowledgement of the partition that has waited longest.
    - stall: the longest such gap so far, also a current one.
    """

    ms: float = 0.0
    gap: float = 0.0
    acknowledged: int = 0
    errors: int = 0
    stall: float = 0.0


class Ledger:
    """Records what is sent, acknowledged, failed and read."""

    def __init__(self, partitions: Iterable[int], notes: Notes | None = None) -> None:
        # Seconds since 1970 from a monotonic clock: durations stay right when the clock is set.
        self._epoch = time.time() - time.monotonic()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._recent: deque[tuple[float, float]] = deque(maxlen=256)
        self._begun, self._notes = math.inf, notes
        self._log = self._new(partitions)

    def _new(self, partitions: Iterable[int]) -> CanaryLog:
        gaps = {partition: Gaps(partition) for partition in partitions}
        written = {partition: Written(Gaps(partition)) for partition in gaps}
        return CanaryLog(self.now(), written=written, arrivals=gaps)

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._epoch + time.monotonic()

    def send(self, partition: int) -> tuple[int, float]:
        """Return the next sequence of a partition, and the time."""
        with self._lock:
            written = self._log.written[partition]
            written.sent += 1
            return written.sent - 1, self.now()

    def acknowledge(self, partition: int, sequence: int, sent: float, offset: int) -> None:
        """Record an acknowledgement, with the message's offset."""
        with self._changed:
            now = self.now()
            written, ms = self._log.written[partition], (now - sent) * 1000
            written.acknowledged.add(sequence)
            written.gaps.tick(now)
            written.end = max(written.end, offset + 1)
            if sent >= self._begun:
                self._log.histogram.add(ms)
                self._log.curve.add(now, ms)
            self._recent.append((now, ms))
            if self._notes:
                self._notes.acknowledged(partition, sequence, offset, ms, now)
            self._changed.notify_all()

    def fail(self, partition: int, why: str) -> None:
        """Record a message that will not be acknowledged."""
        with self._changed:
            errors = self._log.written[partition].errors
            errors[why] = errors.get(why, 0) + 1
            if self._notes:
                self._notes.failed(partition, why)
            self._changed.notify_all()

    def arrive(self, partition: int) -> None:
        """Record that the reader got messages of a partition."""
        with self._lock:
            self._log.arrivals[partition].tick(self.now())

    def begin(self, seconds: float) -> bool:
        """Wait until each partition has acknowledged a message, and begin to measure; return whether each has.

        The first messages wait for connections and producer ids, which is no measure of the cluster.
        """
        with self._changed:
            written = self._log.written.values()
            if not self._changed.wait_for(lambda: all(len(each.acknowledged) for each in written), seconds):
                return False
            self._begun = self.now()
            self._log.begin(self._begun)
            if self._notes:
                self._notes.measured(self._begun)
            self._recent.clear()
            return True

    def await_all(self, seconds: float) -> bool:
        """Wait until nothing is outstanding; return whether nothing is."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(w.outstanding for w in self._log.written.values()), seconds)

    def pulse(self) -> CanaryPulse:
        """Return the current latency, gap and counts."""
        with self._lock:
            now, written = self.now(), self._log.written.values()
            late = [ms for at, ms in self._recent if now - at < RECENT] or [ms for _, ms in self._recent][-1:]
            gap = max((now - w.gaps.last for w in written if w.gaps.last is not None), default=0.0)
            return CanaryPulse(
                ms=max(late, default=0.0),
                gap=gap,
                acknowledged=sum(len(w.acknowledged) for w in written),
                errors=sum(sum(w.errors.values()) for w in written),
                stall=max(gap, *(w.gaps.longest.seconds for w in written if w.gaps.longest), 0.0),
            )

    def close(self) -> CanaryLog:
        """Return the final log: outstanding messages count as failed, current gaps end now."""
        with self._lock:
            closed, now = self._log, self.now()
            for written in closed.written.values():
                if written.outstanding:
                    written.gaps.tick(now)
                    written.errors["not acknowledged"] = written.outstanding
            for gaps in closed.arrivals.values():
                gaps.tick(now)
            # Later acknowledgements are not counted.
            self._log = self._new(closed.written)
            return closed
