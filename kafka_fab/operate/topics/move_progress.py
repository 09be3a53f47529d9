"""Move progress: one line that is repainted on a terminal, a line every ten seconds in a pipe."""

import sys
import time
from collections.abc import Collection, Mapping
from types import TracebackType

from kafka_fab.cluster.topics.topic_change import added_brokers
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.operate.placement.formats import size
from kafka_fab.operate.topics import disk_space
from kafka_fab.operate.topics.disk_space import Moves
from kafka_fab.operate.topics.work import Work
from kafka_fab.output import paint
from kafka_fab.typed_command import FAB

# Seconds between two lines in a pipe, and between two measurements.
PAUSE, MEASURE = 10.0, 2.0
STUCK = 300.0


class MoveProgress:
    """Counts partitions and bytes; warns when nothing has moved for five minutes."""

    def __init__(self, work: Work, moves: Moves, need: Mapping[TopicPartition, int]) -> None:
        self._work, self._moves = work, moves
        self._need = {partition: need[partition] * len(added_brokers(change)) for partition, change in moves.items()}
        self._live = work.painted and sys.stdout.isatty()
        self._block = paint.Block()
        self._done, self._copied = 0, 0
        self._shown = self._measured = self._grown = time.monotonic()

    def __enter__(self) -> "MoveProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.erase()

    def show(self, done: Collection[TopicPartition], moving: Collection[TopicPartition]) -> None:
        """Show what is done; warn where nothing has moved for too long."""
        now = time.monotonic()
        if now - self._measured >= MEASURE or len(done) > self._done:
            self._measured = now
            self._measure(done, moving)
        if self._live:
            self._block.paint([self._line(len(done))[: paint.size()[0] - 1]])
        elif now - self._shown >= PAUSE or len(done) == len(self._moves):
            self._shown = now
            self._work.tell(self._line(len(done)))
        if now - self._grown >= STUCK:
            self._grown = now
            self._work.tell(
                f"no progress for {STUCK:.0f} s: check with `{FAB} status` whether a broker is down; or press Ctrl-C "
                f"and run again with a higher --throttle (now {self._work.throttle} bytes/s)"
            )

    def _measure(self, done: Collection[TopicPartition], moving: Collection[TopicPartition]) -> None:
        copied = sum(self._need[partition] for partition in done)
        receivers = {partition: added_brokers(self._moves[partition]) for partition in moving}
        there = disk_space.sizes(self._work.cluster, set().union(*receivers.values()))
        copied += sum(there.get(number, {}).get(one, 0) for one, numbers in receivers.items() for number in numbers)
        if (len(done), copied) != (self._done, self._copied):
            self._done, self._copied, self._grown = len(done), copied, self._measured

    def _line(self, done: int) -> str:
        total = sum(self._need.values())
        copied = total if done == len(self._moves) else min(self._copied, total)
        sizes = f", {size(copied)} of {size(total)}" if total else ""
        return f"moving: {done} of {len(self._moves)} partitions{sizes}"
