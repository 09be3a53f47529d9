"""Mover: partitions are reassigned some at a time, throttled; cancelled where it is interrupted."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kafka_fab.cluster.topics.topic_change import MoveReplicas, added_brokers
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client import reassignment
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.operate.topics import disk_space, move_record
from kafka_fab.operate.topics.defer_signals import defer_signals, ignore_signals, interruptible
from kafka_fab.operate.topics.disk_space import Moves
from kafka_fab.operate.topics.leftovers import cancel
from kafka_fab.operate.topics.move_progress import MoveProgress
from kafka_fab.operate.topics.throttling import throttled
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

# Partitions copied to a broker at the same time: more would only share the throttle.
AT_ONCE = 10
PAUSE = 0.5


def move(work: Work, moves: Sequence[MoveReplicas]) -> Rejections:
    """Move partitions and return what was rejected by name; raise Unreachable, RequestRejected or KeyboardInterrupt.

    On an interruption the moves in progress are cancelled and finished ones stay; throttles are removed in any case.
    """
    changes = {TopicPartition(one.name, number): change for one in moves for number, change in one.changes.items()}
    if reassignment.in_progress(work.admin.ask):
        raise RequestRejected("another reassignment has started meanwhile: wait until it has finished, then run again")
    need = disk_space.needed(work.cluster, changes)
    disk_space.refuse_full(work.cluster, changes, need)
    progress = MoveProgress(work, changes, need)
    names = [one.name for one in moves]
    with interruptible(), move_record.noted(work.lock, names, work.throttle), throttled(work, moves), progress:
        return Mover(work, changes, progress).run()


@dataclass
class Mover:
    """Moves that are waiting, in progress, and done."""

    work: Work
    moves: Moves
    progress: MoveProgress
    waiting: list[TopicPartition] = field(default_factory=list)
    moving: set[TopicPartition] = field(default_factory=set)
    done: set[TopicPartition] = field(default_factory=set)
    rejected: Rejections = field(default_factory=dict)

    def run(self) -> Rejections:
        """Start moves as others finish, until all are done; return what was rejected by name."""
        self.waiting = list(self.moves)
        try:
            while self.waiting or self.moving:
                self._start()
                self._await()
        except KeyboardInterrupt:
            self._cancel()
            raise
        return self.rejected

    def _start(self) -> None:
        copying = Counter(number for partition in self.moving for number in added_brokers(self.moves[partition]))
        chosen: dict[TopicPartition, Replicas | None] = {}
        for partition in self.waiting:
            receivers = added_brokers(self.moves[partition])
            if all(copying[number] < AT_ONCE for number in receivers):
                copying.update(receivers)
                chosen[partition] = self.moves[partition].after
        if not chosen:
            return
        self.waiting = [partition for partition in self.waiting if partition not in chosen]
        # Noted before the request: whatever happens, all that may be in progress is cancelled.
        self.moving |= chosen.keys()
        with defer_signals():
            rejected = reassignment.begin(self.work.admin.ask, chosen)
        for partition, reason in rejected.items():
            self.moving.discard(partition)
            self.rejected[partition.topic] = f"partition {partition.partition}: {reason}"

    def _await(self) -> None:
        """Wait until a move has finished, or none is in progress."""
        before = len(self.moving)

        def has_ended() -> bool:
            self._update()
            self.progress.show(self.done, self.moving)
            self.work.lock.report_progress(f"{len(self.done)} of {len(self.moves)} partitions moved")
            return len(self.moving) < before or not self.moving

        until(has_ended, float("inf"), PAUSE)

    def _update(self) -> None:
        left = self.moving & reassignment.in_progress(self.work.admin.ask).keys()
        self.done |= self.moving - left
        self.moving = left

    def _cancel(self) -> None:
        with ignore_signals():
            try:
                self._update()
                self.done |= cancel(self.work, self.moving)
            finally:
                moved = f"{len(self.done)} of {len(self.moves)} partitions are moved"
                text = f"interrupted: {moved}, the others keep their replicas"
                print(f"{text}; run `{FAB} topics.apply` again to continue", file=sys.stderr)
