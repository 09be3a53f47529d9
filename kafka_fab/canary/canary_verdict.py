"""Canary verdict: whether every acknowledged message was read back, once and in order. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kafka_fab.canary.canary_log import CanaryLog, Gaps, ReadBack, Stall, Written
from kafka_fab.canary.latency import merged


@dataclass(frozen=True)
class CanaryVerdict:
    """The result of a canary.

    Counts are of messages; times are in seconds since 1970, latencies in milliseconds from send to acknowledgement.

    - lost: acknowledged, and not in the log, which was read from start to end.
    - unread: acknowledged, and beyond the offset to which the log could be read; `read_errors` says why.
    - duplicates: read more than once. Only an idempotent producer promises that there are none.
    - reordered: first read after a later message.
    - errors: failed in the producer, by the error's name; these were never acknowledged.
    - stalls: the longest time between two acknowledgements of each partition; `stall` is the longest of all.
    - read_gap: the longest time in which the consumer got nothing from a partition. It fetches a few messages at
      once, so a quarter of a second is normal.
    - curve: (time, latency), the slowest of each interval.
    - runs: how many canaries it covers: one more for each resume.
    """

    run: str
    topic: str
    idempotent: bool
    began: float
    ended: float
    acknowledged: int
    read: int
    lost: int
    unread: int
    duplicates: int
    reordered: int
    errors: dict[str, int]
    stalls: tuple[Stall, ...]
    stall: Stall | None
    read_gap: Stall | None
    p50_ms: float
    p99_ms: float
    max_ms: float
    curve: tuple[tuple[float, float], ...] = ()
    read_errors: tuple[str, ...] = ()
    partitions: int = 0
    runs: int = 1

    @property
    def ok(self) -> bool:
        """Return whether every acknowledged message was read back."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why the check failed, in sentences; a canary without acknowledged messages has failed, too."""
        known = {
            f"{self.lost} of {self.acknowledged} acknowledged messages are lost": self.lost,
            f"{self.unread} acknowledged messages could not be read back: {'; '.join(self.read_errors)}": self.unread,
            f"{self.reordered} messages were reordered": self.reordered,
            f"{self.duplicates} messages are duplicates": self.duplicates if self.idempotent else 0,
            "no message was acknowledged": not self.acknowledged,
        }
        return tuple(reason for reason, applies in known.items() if applies)

    def to_json(self) -> dict[str, Any]:
        """Return it for JSON, with `ok` and `reasons`, and `seconds` in each stall."""
        stalls = [_stall(stall) for stall in self.stalls]
        stall, gap = _stall(self.stall), _stall(self.read_gap)
        more = {"ok": self.ok, "reasons": self.reasons, "stalls": stalls, "stall": stall, "read_gap": gap}
        return asdict(self) | more


def judge(  # noqa: PLR0913, PLR0917 - the log, and the run's attributes
    log: CanaryLog, run: str, topic: str, idempotent: bool, ended: float, earlier: Sequence[CanaryLog] = ()
) -> CanaryVerdict:
    """Return the verdict on acknowledged and read messages, also of earlier runs of the same operation."""
    logs = [*earlier, log]
    reads = [
        (written, one.read.get(partition, ReadBack())) for one in logs for partition, written in one.written.items()
    ]
    missing = [_missing(written, read) for written, read in reads]
    stalls = _longest(written.gaps for written, _ in reads)
    read_gaps = _longest(gaps for one in logs for gaps in one.arrivals.values())
    histogram = merged([one.histogram for one in logs])
    return CanaryVerdict(
        run=run,
        topic=topic,
        idempotent=idempotent,
        began=logs[0].began,
        ended=ended,
        partitions=len(log.written),
        acknowledged=sum(len(written.acknowledged) for written, _ in reads),
        read=sum(len(read.seen) for _, read in reads),
        lost=sum(lost for lost, _ in missing),
        unread=sum(unread for _, unread in missing),
        duplicates=sum(read.duplicates for _, read in reads),
        reordered=sum(read.reordered for _, read in reads),
        errors=dict(sum((Counter(written.errors) for written, _ in reads), Counter())),
        stalls=tuple(stalls),
        stall=max(stalls, key=lambda stall: stall.seconds, default=None),
        read_gap=max(read_gaps, key=lambda gap: gap.seconds, default=None),
        p50_ms=histogram.percentile(50),
        p99_ms=histogram.percentile(99),
        max_ms=histogram.highest,
        curve=tuple(point for one in logs for point in one.curve.points()),
        read_errors=tuple(read.error for _, read in reads if read.error),
        runs=len(logs),
    )


def _missing(written: Written, read: ReadBack) -> tuple[int, int]:
    """Return how many acknowledged messages are lost, and how many are beyond the last offset read."""
    runs = written.acknowledged.without(read.seen)
    missing = sum(end - start for start, end in runs)
    if not read.error:
        return missing, 0
    beyond = sum(end - max(start, read.highest) for start, end in runs if end > read.highest)
    return missing - beyond, beyond


def _longest(gaps: Iterable[Gaps]) -> list[Stall]:
    return [gap.longest for gap in gaps if gap.longest]


def _stall(stall: Stall | None) -> dict[str, float] | None:
    return asdict(stall) | {"seconds": stall.seconds} if stall else None
