"""Throttling: the replication throttle of brokers and topics during a move, removed however the move ends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from kafka_fab.cluster.model import Node
from kafka_fab.cluster.topics import throttle_lists
from kafka_fab.cluster.topics.throttle_lists import Entries
from kafka_fab.cluster.topics.topic_change import Configure, MoveReplicas
from kafka_fab.live import replication_throttle, topic_list, topic_requests
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.topics.defer_signals import defer_signals, ignore_signals
from kafka_fab.operate.topics.move_record import MoveUnfinished
from kafka_fab.operate.topics.work import Work
from kafka_fab.typed_command import FAB


@contextmanager
def throttled(work: Work, moves: Sequence[MoveReplicas]) -> Iterator[None]:
    """Throttle some moves; raise Unreachable or RequestRejected, or MoveUnfinished where the throttle is left."""
    copying = [move for move in moves if move.added_replicas]
    topics = topic_list.read(work.admin, [move.name for move in copying]).topics
    lists, brokers = throttle_lists.added(copying, topics), _unlimited(work, copying)
    try:
        with defer_signals():
            replication_throttle.set_rate(work.cluster, brokers, work.throttle)
            _configure(work, throttle_lists.merged(lists, topics))
        yield
    finally:
        if copying:
            remove(work, brokers, lists)


def remove(work: Work, brokers: Iterable[Node], lists: Mapping[str, Entries]) -> None:
    """Remove our entries from topics' throttle lists and our rates from brokers; raise MoveUnfinished."""
    with _uninterrupted():
        topics = topic_list.read(work.admin, lists).topics
        _configure(work, throttle_lists.cleared(lists, topics))
        replication_throttle.remove(work.cluster, brokers)


def remove_after_kill(work: Work, topics: Iterable[str], rate: int) -> None:
    """Empty topics' throttle lists and remove the rate that a killed run has set on brokers; raise MoveUnfinished."""
    with _uninterrupted():
        found = topic_list.read(work.admin, topics).topics
        # The lists first: where no rate is found, no list is left either.
        _configure(work, throttle_lists.emptied(topics, found))
        left = replication_throttle.remove_rate(
            work.cluster, [node for node in work.cluster.brokers if node.broker], rate
        )
    if left:
        reasons = "; ".join(f"{node.host}: {why}" for node, why in left.items())
        raise MoveUnfinished(
            f"cannot remove the replication throttle of {rate} bytes/s from {reasons}. No topic is throttled by it any "
            f"more; when these brokers are up, run `{FAB} topics.apply` to remove it"
        )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore signals during the removal; raise MoveUnfinished with what to do where it fails."""
    with ignore_signals():
        try:
            yield
        except (Unreachable, RequestRejected) as problem:
            text = f"cannot remove the replication throttles: {problem}; run `{FAB} topics.apply` again to remove them"
            raise MoveUnfinished(text) from problem


def _unlimited(work: Work, moves: Iterable[MoveReplicas]) -> list[Node]:
    """Return the brokers of some moves, without those that have a throttle of somebody else's."""
    ids = {number for move in moves for one in move.changes.values() for number in (*one.before, *one.after)}
    nodes = [node for node in work.cluster.brokers if node.broker and node.broker.id in ids]
    foreign = replication_throttle.found(work.cluster, nodes)
    for node, rate in foreign.items():
        work.tell(f"{node.host} already has a replication throttle of {rate} bytes/s: it stays")
    return [node for node in nodes if node not in foreign]


def _configure(work: Work, lists: Iterable[Configure]) -> None:
    rejected = topic_requests.configure(work.admin, list(lists))
    if rejected:
        raise RequestRejected("; ".join(f"{name}: {reason}" for name, reason in rejected.items()))
