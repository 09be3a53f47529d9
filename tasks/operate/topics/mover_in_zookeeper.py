"""Mover in ZooKeeper: partitions moved where only ZooKeeper can be told (0.8.0): no throttle, and no way back."""

import sys
from collections.abc import Sequence

from tasks.cluster.topics.change import Move
from tasks.live import topics_in_zookeeper
from tasks.live.admin import Refused
from tasks.live.wait import until
from tasks.operate.topics import ownership
from tasks.operate.topics.signals import interruptible
from tasks.operate.topics.work import Work

PAUSE = 0.5


def move(work: Work, moves: Sequence[Move]) -> Refused:
    """Move partitions, all at once; raise Silent, Unwilling, or KeyboardInterrupt, which leaves them on their way."""
    wanted = {move.name: set(move.turns) for move in moves}
    told = [0]

    def ended() -> bool:
        topics = topics_in_zookeeper.read(work.cluster).topics
        left = sum(len(numbers & topics[name].moving) for name, numbers in wanted.items() if name in topics)
        if left != told[0]:
            told[0] = left
            work.tell(f"moving: {left} partitions are on their way")
        return not left

    with interruptible(), ownership.noted(work.lock, wanted, 0):
        topics_in_zookeeper.begin(work.cluster, moves)
        try:
            until(ended, float("inf"), PAUSE)
        except KeyboardInterrupt:
            text = "interrupted: this version cannot take moves back; they go on, `fab topics.plan` tells how far"
            print(text, file=sys.stderr)
            raise
    return {}
