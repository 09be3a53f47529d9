"""ZooKeeper mover: partitions moved where only ZooKeeper can be told (0.8.0): no throttle, and no way back."""

import sys
from collections.abc import Sequence

from kafka_fab.cluster.topics.topic_change import MoveReplicas
from kafka_fab.live import topic_znodes
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic_requests import Refused
from kafka_fab.operate.topics import move_record
from kafka_fab.operate.topics.defer_signals import interruptible
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

PAUSE = 0.5


def move(work: Work, moves: Sequence[MoveReplicas]) -> Refused:
    """Move partitions, all at once; raise Unreachable, Unwilling, or KeyboardInterrupt, which leaves them on their
    way.
    """
    wanted = {move.name: set(move.turns) for move in moves}
    told = [0]

    def ended() -> bool:
        topics = topic_znodes.read(work.cluster).topics
        left = sum(len(numbers & topics[name].moving) for name, numbers in wanted.items() if name in topics)
        if left != told[0]:
            told[0] = left
            work.tell(f"moving: {left} partitions are on their way")
        return not left

    with interruptible(), move_record.noted(work.lock, wanted, 0):
        topic_znodes.begin(work.cluster, moves)
        try:
            until(ended, float("inf"), PAUSE)
        except KeyboardInterrupt:
            text = f"interrupted: this version cannot take moves back; they go on, `{FAB} topics.plan` tells how far"
            print(text, file=sys.stderr)
            raise
    return {}
