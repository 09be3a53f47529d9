"""Leftovers: moves and throttles of a killed run: finish the moves and remove the throttles before anything else."""

import time
from collections.abc import Iterable

from kafka_fab.cluster.model import Node
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live import replication_throttle
from kafka_fab.live.client import reassignment
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.topics import move_record
from kafka_fab.operate.topics.defer_signals import ignore_signals, interruptible
from kafka_fab.operate.topics.move_record import MoveUnfinished
from kafka_fab.operate.topics.throttling import remove_after_kill
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB

PAUSE, SHOW = 0.5, 10.0
CANCELS = 60.0


def any_left(work: Work) -> bool:
    """Return whether a reassignment or a throttle is there or may be; raise Unreachable or RequestRejected.

    Only brokers are asked: the hosts' records are read only where there is something.
    """
    if work.cluster.release.create_topics_version is None:
        return False
    found, unknown = replication_throttle.found_and_unknown(work.cluster, _brokers(work))
    return bool(found or unknown or reassignment.in_progress(work.admin.ask))


def adopt(work: Work) -> None:
    """Wait for the moves of a killed run, and remove its throttles; do nothing if there was none.

    Raise Unreachable, RequestRejected, or KeyboardInterrupt after cancelling the moves.
    """
    run = move_record.left_behind(work.lock)
    if run is None:
        return
    with interruptible(), move_record.taken_over(work.lock, run):
        work.tell(f"finishing the moves of run {run.id}, which {run.by} started and did not finish")
        try:
            _finish(work, run)
        finally:
            remove_after_kill(work, run.targets, move_record.throttle_of(run))
    work.tell("its moves are finished, and its throttles are removed")


def _brokers(work: Work) -> list[Node]:
    return [node for node in work.cluster.brokers if node.broker]


def _finish(work: Work, run: Run) -> None:
    moving: set[TopicPartition] = set()
    shown = time.monotonic()

    def has_ended() -> bool:
        nonlocal shown
        moving.clear()
        moving.update(one for one in reassignment.in_progress(work.admin.ask) if one.topic in run.targets)
        _, down = replication_throttle.found_and_unknown(work.cluster, _brokers(work)) if moving else ({}, {})
        if down:
            names = ", ".join(node.host for node in down)
            text = f"{len(moving)} partitions are still moving, and the brokers of {names} did not answer"
            raise MoveUnfinished(f"{text}: start them, then run `{FAB} topics.apply` again")
        if moving and time.monotonic() - shown > SHOW:
            shown = time.monotonic()
            work.tell(f"moving: {len(moving)} partitions left")
        return not moving

    try:
        until(has_ended, float("inf"), PAUSE)
    except KeyboardInterrupt:
        with ignore_signals():
            cancel(work, moving)
        raise


def cancel(work: Work, moving: Iterable[TopicPartition]) -> set[TopicPartition]:
    """Cancel moves, wait until they are, and return those that had already ended; raise Unreachable or
    RequestRejected.
    """
    partitions = set(moving)
    if not partitions:
        return set()
    ended = set(reassignment.begin(work.admin.ask, dict.fromkeys(partitions)))
    if not until(lambda: not partitions & reassignment.in_progress(work.admin.ask).keys(), CANCELS, PAUSE):
        raise RequestRejected(f"the reassignments were cancelled, but are still in progress after {CANCELS:.0f} s")
    return ended
