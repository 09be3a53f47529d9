"""Move progress: how far moves are: one line that is painted over on a terminal, a line now and then in a pipe."""

import sys
import time
from collections.abc import Collection, Mapping
from types import TracebackType

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.operate.placement.formats import size
from kafka_fab.operate.topics import disk_space
from kafka_fab.operate.topics.disk_space import Turns
from kafka_fab.operate.topics.work import Work
from kafka_fab.output import paint
from kafka_fab.typed_command import FAB

# Seconds between two lines in a pipe, and between two looks at the bytes.
PAUSE, LOOK = 10.0, 2.0
STUCK = 300.0


class MoveProgress:
    """Counts partitions and bytes; also tells when nothing has moved for five minutes."""

    def __init__(self, work: Work, turns: Turns, need: Mapping[TopicPartition, int]) -> None:
        self._work, self._turns = work, turns
        self._need = {place: need[place] * len(self._gets(place)) for place in turns}
        self._live = work.painted and sys.stdout.isatty()
        self._block = paint.Block()
        self._done, self._copied = 0, 0
        self._told = self._looked = self._grown = time.monotonic()

    def __enter__(self) -> "MoveProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.erase()

    def tell(self, done: Collection[TopicPartition], moving: Collection[TopicPartition]) -> None:
        """Tell what is done, and what is on its way."""
        now = time.monotonic()
        if now - self._looked >= LOOK or len(done) > self._done:
            self._looked = now
            self._look(done, moving)
        if self._live:
            self._block.paint([self._line(len(done))[: paint.size()[0] - 1]])
        elif now - self._told >= PAUSE or len(done) == len(self._turns):
            self._told = now
            self._work.tell(self._line(len(done)))
        if now - self._grown >= STUCK:
            self._grown = now
            text = f"nothing has moved for {STUCK:.0f} s: end this by Ctrl-C, and give more by --throttle"
            self._work.tell(
                f"{text}, now {self._work.throttle} bytes/s; or see `{FAB} status`, whether a broker is down"
            )

    def _look(self, done: Collection[TopicPartition], moving: Collection[TopicPartition]) -> None:
        copied = sum(self._need[place] for place in done)
        brokers = {number for place in moving for number in self._gets(place)}
        there = disk_space.sizes(self._work.cluster, brokers)
        copied += sum(there.get(number, {}).get(place, 0) for place in moving for number in self._gets(place))
        if (len(done), copied) != (self._done, self._copied):
            self._done, self._copied, self._grown = len(done), copied, self._looked

    def _line(self, done: int) -> str:
        whole = sum(self._need.values())
        copied = whole if done == len(self._turns) else min(self._copied, whole)
        bytes_told = f", {size(copied)} of {size(whole)}" if whole else ""
        return f"moving: {done} of {len(self._turns)} partitions{bytes_told}"

    def _gets(self, place: TopicPartition) -> set[int]:
        before, after = self._turns[place]
        return set(after) - set(before)
