"""Throttling: brokers and topics limited as long as a move lasts, and free again whatever becomes of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from kafka_fab.cluster.model import Node
from kafka_fab.cluster.topics import throttle_lists
from kafka_fab.cluster.topics.throttle_lists import Entries
from kafka_fab.cluster.topics.topic_change import Configure, MoveReplicas
from kafka_fab.live import replication_throttle, topic_list, topic_requests
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.topic import RequestRejected
from kafka_fab.operate.topics.defer_signals import uncut, undisturbed
from kafka_fab.operate.topics.move_record import Unfinished
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB


@contextmanager
def throttled(work: Work, moves: Sequence[MoveReplicas]) -> Iterator[None]:
    """Limit what some moves copy; raise Unreachable or RequestRejected where that fails, Unfinished where it cannot be
    ended.
    """
    copying = [move for move in moves if move.copies]
    topics = topic_list.read(work.desk, [move.name for move in copying]).topics
    lists, brokers = throttle_lists.added(copying, topics), _unlimited(work, copying)
    try:
        with uncut():
            replication_throttle.limit(work.cluster, brokers, work.throttle)
            _configure(work, throttle_lists.merged(lists, topics))
        yield
    finally:
        if copying:
            free(work, brokers, lists)


def free(work: Work, brokers: Iterable[Node], lists: Mapping[str, Entries]) -> None:
    """Take our entries from topics' lists and our rates from brokers; raise Unfinished."""
    with _surely():
        topics = topic_list.read(work.desk, lists).topics
        _configure(work, throttle_lists.cleared(lists, topics))
        replication_throttle.lift(work.cluster, brokers)


def free_after_kill(work: Work, topics: Iterable[str], rate: int) -> None:
    """Empty topics' lists, and take the rate that a killed run has set from brokers; raise Unfinished."""
    with _surely():
        found = topic_list.read(work.desk, topics).topics
        # The lists first: who finds no rate knows that no list is left.
        _configure(work, throttle_lists.emptied(topics, found))
        left = replication_throttle.release(work.cluster, [node for node in work.cluster.brokers if node.broker], rate)
    if left:
        reasons = "; ".join(f"{node.host}: {why}" for node, why in left.items())
        raise Unfinished(
            f"a throttle of {rate} bytes/s may be left on {reasons}. No topic is on its list any more; when they are "
            f"up again, `{FAB} topics.apply` removes it"
        )


@contextmanager
def _surely() -> Iterator[None]:
    """Let nothing cut the clearing off, and tell what to do where it fails."""
    with undisturbed():
        try:
            yield
        except (Unreachable, RequestRejected) as problem:
            text = f"throttles could not be removed: {problem}: run `{FAB} topics.apply` again, which removes them"
            raise Unfinished(text) from problem


def _unlimited(work: Work, moves: Iterable[MoveReplicas]) -> list[Node]:
    """Return the brokers that some moves concern, without those that somebody else has limited."""
    ids = {number for move in moves for before, after in move.turns.values() for number in (*before, *after)}
    nodes = [node for node in work.cluster.brokers if node.broker and node.broker.id in ids]
    theirs = replication_throttle.found(work.cluster, nodes)
    for node, rate in theirs.items():
        work.tell(f"{node.host} has a throttle of {rate} bytes/s already: it is kept")
    return [node for node in nodes if node not in theirs]


def _configure(work: Work, lists: Iterable[Configure]) -> None:
    refused = topic_requests.configure(work.desk, list(lists))
    if refused:
        raise RequestRejected("; ".join(f"{name}: {reason}" for name, reason in refused.items()))
