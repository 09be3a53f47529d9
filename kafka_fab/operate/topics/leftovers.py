"""Leftovers: what a killed run has begun is waited for, and its throttles are removed, before anything else."""

import time
from collections.abc import Iterable

from kafka_fab.cluster.model import Node
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live import reassignment, replication_throttle
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.topics import move_record
from kafka_fab.operate.topics.defer_signals import interruptible, undisturbed
from kafka_fab.operate.topics.move_record import Unfinished
from kafka_fab.operate.topics.throttling import free_after_kill
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

PAUSE, TELL = 0.5, 10.0
CANCELS = 60.0


def any_left(work: Work) -> bool:
    """Return whether something moves or is throttled, or may be, as a broker does not tell; raise Unreachable or
    RequestRejected.

    It is asked of the brokers alone: only where there is something the hosts are asked whose it is.
    """
    if work.cluster.release.create_topics_version is None:
        return False
    rates_found, unknown = replication_throttle.looked_for(work.cluster, _brokers(work))
    return bool(rates_found or unknown or reassignment.under_way(work.desk))


def adopt(work: Work) -> None:
    """Wait for what a killed run of ours has begun, and remove its throttles; nothing if there was none.

    Raise Unreachable, Unwilling, or KeyboardInterrupt after taking back what was on its way.
    """
    run = move_record.left_behind(work.lock)
    if run is None:
        return
    with interruptible(), move_record.taken_over(work.lock, run):
        work.tell(f"going on with what {run.id} of {run.by} has begun and not ended")
        try:
            _finish(work, run)
        finally:
            free_after_kill(work, run.targets, move_record.throttle_of(run))
    work.tell("its moves are done, and its throttles are removed")


def _brokers(work: Work) -> list[Node]:
    return [node for node in work.cluster.brokers if node.broker]


def _finish(work: Work, run: Run) -> None:
    mine: set[TopicPartition] = set()
    told = time.monotonic()

    def ended() -> bool:
        nonlocal told
        mine.clear()
        mine.update(place for place in reassignment.under_way(work.desk) if place[0] in run.targets)
        _, down = replication_throttle.looked_for(work.cluster, _brokers(work)) if mine else ({}, {})
        if down:
            names = ", ".join(node.host for node in down)
            text = f"{len(mine)} partitions are still on their way, and the brokers of {names} do not answer"
            raise Unfinished(f"{text}: start them, then run `{FAB} topics.apply` again")
        if mine and time.monotonic() - told > TELL:
            told = time.monotonic()
            work.tell(f"moving: {len(mine)} partitions are still on their way")
        return not mine

    try:
        until(ended, float("inf"), PAUSE)
    except KeyboardInterrupt:
        with undisturbed():
            cancel(work, mine)
        raise


def cancel(work: Work, moving: Iterable[TopicPartition]) -> set[TopicPartition]:
    """Take back what is on its way, wait until it is, and return what had ended before; raise Unreachable or
    RequestRejected.
    """
    places = set(moving)
    if not places:
        return set()
    ended = set(reassignment.begin(work.desk, dict.fromkeys(places)))
    if not until(lambda: not places & reassignment.under_way(work.desk).keys(), CANCELS, PAUSE):
        raise RequestRejected(f"what was on its way has been cancelled, and is still there after {CANCELS:.0f} s")
    return ended
