"""Mover: partitions get other replicas, some at a time, throttled and told; taken back where it is interrupted."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kafka_fab.cluster.topics.topic_change import MoveReplicas
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live import reassignment
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import Refused
from kafka_fab.operate.topics import disk_space, move_record
from kafka_fab.operate.topics.defer_signals import interruptible, uncut, undisturbed
from kafka_fab.operate.topics.disk_space import Turns
from kafka_fab.operate.topics.leftovers import cancel
from kafka_fab.operate.topics.move_progress import MoveProgress
from kafka_fab.operate.topics.throttling import throttled
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

# So many partitions are copied to a broker at once: more would only share the throttle.
AT_ONCE = 10
PAUSE = 0.5


def move(work: Work, moves: Sequence[MoveReplicas]) -> Refused:
    """Move partitions and return what was refused by name; raise Unreachable, Unwilling, or KeyboardInterrupt.

    On an interruption what is on its way is cancelled and what is done stays; throttles are removed in any case.
    """
    turns = {TopicPartition(one.name, number): turn for one in moves for number, turn in one.turns.items()}
    if reassignment.under_way(work.desk):
        raise RequestRejected("somebody else has begun to move partitions meanwhile: wait for their end, and run again")
    need = disk_space.needed(work.cluster, turns)
    disk_space.refuse_full(work.cluster, turns, need)
    tale = MoveProgress(work, turns, need)
    names = [one.name for one in moves]
    with interruptible(), move_record.noted(work.lock, names, work.throttle), throttled(work, moves), tale:
        return Mover(work, turns, tale).carry_out()


@dataclass
class Mover:
    """Moves that are waiting, on their way, and done."""

    work: Work
    turns: Turns
    tale: MoveProgress
    waiting: list[TopicPartition] = field(default_factory=list)
    moving: set[TopicPartition] = field(default_factory=set)
    done: set[TopicPartition] = field(default_factory=set)
    refused: Refused = field(default_factory=dict)

    def carry_out(self) -> Refused:
        """Begin moves as others end, until all are done; return what was refused by name."""
        self.waiting = list(self.turns)
        try:
            while self.waiting or self.moving:
                self._begin()
                self._await()
        except KeyboardInterrupt:
            self._take_back()
            raise
        return self.refused

    def _begin(self) -> None:
        copying = Counter(number for place in self.moving for number in self._gets(place))
        chosen: dict[TopicPartition, Replicas | None] = {}
        for place in self.waiting:
            gets = self._gets(place)
            if all(copying[number] < AT_ONCE for number in gets):
                copying.update(gets)
                chosen[place] = self.turns[place][1]
        if not chosen:
            return
        self.waiting = [place for place in self.waiting if place not in chosen]
        # Noted before it is asked for: whatever happens, all that may be on its way is taken back.
        self.moving |= chosen.keys()
        with uncut():
            refused = reassignment.begin(self.work.desk, chosen)
        for partition, reason in refused.items():
            self.moving.discard(partition)
            self.refused[partition.topic] = f"partition {partition.partition}: {reason}"

    def _gets(self, place: TopicPartition) -> set[int]:
        before, after = self.turns[place]
        return set(after) - set(before)

    def _await(self) -> None:
        """Wait until something has come to its end, or nothing is on its way."""
        before = len(self.moving)

        def ended() -> bool:
            self._look()
            self.tale.tell(self.done, self.moving)
            self.work.lock.tell(f"{len(self.done)} of {len(self.turns)} partitions moved")
            return len(self.moving) < before or not self.moving

        until(ended, float("inf"), PAUSE)

    def _look(self) -> None:
        left = self.moving & reassignment.under_way(self.work.desk).keys()
        self.done |= self.moving - left
        self.moving = left

    def _take_back(self) -> None:
        with undisturbed():
            try:
                self._look()
                self.done |= cancel(self.work, self.moving)
            finally:
                moved = f"{len(self.done)} of {len(self.turns)} partitions are moved"
                text = f"interrupted: {moved}, and what was on its way is taken back"
                print(f"{text}; run `{FAB} topics.apply` again to go on", file=sys.stderr)
