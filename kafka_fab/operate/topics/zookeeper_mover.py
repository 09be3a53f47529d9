"""ZooKeeper mover: partitions reassigned through ZooKeeper (0.8.0): without a throttle, and without cancelling."""

import sys
from collections.abc import Sequence

from kafka_fab.cluster.topics.topic_change import MoveReplicas
from kafka_fab.live import topic_znodes
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.operate.topics import move_record
from kafka_fab.operate.topics.defer_signals import interruptible
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

PAUSE = 0.5


def move(work: Work, moves: Sequence[MoveReplicas]) -> Rejections:
    """Move partitions, all at once; raise Unreachable, RequestRejected, or KeyboardInterrupt, which stops no move."""
    wanted = {move.name: set(move.changes) for move in moves}
    shown = 0

    def has_ended() -> bool:
        nonlocal shown
        topics = topic_znodes.read(work.cluster).topics
        left = sum(len(numbers & topics[name].moving) for name, numbers in wanted.items() if name in topics)
        if left != shown:
            shown = left
            work.tell(f"moving: {left} partitions left")
        return not left

    with interruptible(), move_record.noted(work.lock, wanted, 0):
        topic_znodes.begin(work.cluster, moves)
        try:
            until(has_ended, float("inf"), PAUSE)
        except KeyboardInterrupt:
            text = f"interrupted: this version of Kafka cannot cancel moves; they continue, see `{FAB} topics.plan`"
            print(text, file=sys.stderr)
            raise
    return {}
