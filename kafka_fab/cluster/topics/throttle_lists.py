"""Throttle lists: the entries of topics' throttle lists that a move adds and removes. Pure functions.

A list has PARTITION:BROKER entries, or is `*`; a broker's rate applies only to listed replicas.
"""

from collections.abc import Iterable, Iterator, Mapping

from kafka_fab.cluster.topics.topic_change import Configure, MoveReplicas, ValueChange, added_brokers
from kafka_fab.cluster.topics.topic_rules import THROTTLES
from kafka_fab.cluster.topics.topics_state import TopicState

LEADERS, FOLLOWERS = THROTTLES
ALL = "*"
Entries = Mapping[str, frozenset[str]]


def entries(move: MoveReplicas) -> Entries:
    """Return a move's entries by list: the brokers that send its partitions, and those that receive them."""
    copied = {number: change for number, change in move.changes.items() if added_brokers(change)}
    senders = {f"{number}:{broker}" for number, change in copied.items() for broker in change.before}
    receivers = {f"{number}:{broker}" for number, change in copied.items() for broker in added_brokers(change)}
    return {LEADERS: frozenset(senders), FOLLOWERS: frozenset(receivers)}


def added(moves: Iterable[MoveReplicas], topics: Mapping[str, TopicState]) -> dict[str, Entries]:
    """Return the entries that are not listed yet, by topic; a list of `*` needs none."""
    found: dict[str, Entries] = {}
    for move in moves:
        own = topics[move.name].config
        fresh = {
            name: wanted - _listed(own.get(name)) for name, wanted in entries(move).items() if own.get(name) != ALL
        }
        if any(fresh.values()):
            found[move.name] = fresh
    return found


def merged(entries: Mapping[str, Entries], topics: Mapping[str, TopicState]) -> Iterator[Configure]:
    """Yield topics' lists with entries added."""
    for topic, lists in entries.items():
        own = topics[topic].config
        yield _configure(topic, own, {name: _listed(own.get(name)) | more for name, more in lists.items()})


def cleared(entries: Mapping[str, Entries], topics: Mapping[str, TopicState]) -> Iterator[Configure]:
    """Yield topics' lists with entries removed; other entries stay."""
    for topic, lists in entries.items():
        # A topic that was deleted meanwhile has no lists.
        own = topics[topic].config if topic in topics else {}
        yield from _changed(topic, own, {name: _listed(own.get(name)) - less for name, less in lists.items()})


def emptied(names: Iterable[str], topics: Mapping[str, TopicState]) -> Iterator[Configure]:
    """Yield topics' lists with all entries removed, for what a killed run has left."""
    for topic in names:
        own = topics[topic].config if topic in topics else {}
        yield from _changed(topic, own, dict.fromkeys(THROTTLES, frozenset()))


def _changed(topic: str, own: Mapping[str, str], lists: Entries) -> Iterator[Configure]:
    left = {name: some for name, some in lists.items() if own.get(name, ALL) != ALL}
    if left:
        yield _configure(topic, own, left)


def _configure(topic: str, own: Mapping[str, str], lists: Entries) -> Configure:
    return Configure(topic, {name: ValueChange(own.get(name), _text(some)) for name, some in lists.items()})


def _listed(text: str | None) -> frozenset[str]:
    return frozenset(filter(None, (entry.strip() for entry in (text or "").split(","))))


def _text(listed: Iterable[str]) -> str | None:
    return ",".join(sorted(listed)) or None
