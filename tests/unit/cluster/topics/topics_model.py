"""A model of a cluster's topics: steps are carried out on it as brokers would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kafka_fab.cluster.topics.topic_change import AddPartitions, Configure, Create, Delete, MoveReplicas, Step
from kafka_fab.cluster.topics.topics_state import Replicas, TopicsState, TopicState

DEFAULT_PARTITIONS, DEFAULT_COPIES = 3, 1


def applied(live: TopicsState, steps: Iterable[Step]) -> TopicsState:
    """Return the cluster after some steps; whatever a broker would refuse fails."""
    topics = dict(live.topics)
    for step in steps:
        if isinstance(step, Create):
            assert step.name not in topics
            topics[step.name] = _made(live, step)
        elif isinstance(step, Delete):
            del topics[step.name]
        elif isinstance(step, Configure | AddPartitions | MoveReplicas):
            topics[step.name] = _changed(live, topics[step.name], step)
    return replace(live, topics=topics)


def _made(live: TopicsState, step: Create) -> TopicState:
    copies = step.replication or DEFAULT_COPIES
    placed = step.replicas or _by_controller(live, 0, step.partitions or DEFAULT_PARTITIONS, copies)
    return TopicState(step.name, _valid(live, placed), config=step.config)


def _changed(live: TopicsState, found: TopicState, step: Configure | AddPartitions | MoveReplicas) -> TopicState:
    if isinstance(step, Configure):
        assert all(found.config.get(name) == turn.before for name, turn in step.changes.items())
        config = {**found.config, **{name: turn.after for name, turn in step.changes.items()}}
        return replace(found, config={name: value for name, value in config.items() if value is not None})
    if isinstance(step, AddPartitions):
        assert step.before == len(found.replicas) < step.after
        copies = len(found.replicas[0])
        new = step.replicas or _by_controller(live, step.before, step.after - step.before, copies)
        assert all(len(replicas) == copies for replicas in new), "brokers take no other number for new partitions"
        return replace(found, replicas=(*found.replicas, *_valid(live, new)))
    replicas = list(found.replicas)
    for number, (before, after) in step.changes.items():
        assert replicas[number] == before
        assert live.brokers.keys() >= set(after) - set(before), "a new replica on a broker that is down never ends"
        replicas[number] = after
    return replace(found, replicas=tuple(replicas))


def _by_controller(live: TopicsState, first: int, count: int, copies: int) -> tuple[Replicas, ...]:
    ring = sorted(live.brokers)
    return tuple(tuple(ring[(at + copy) % len(ring)] for copy in range(copies)) for at in range(first, first + count))


def _valid(live: TopicsState, placed: tuple[Replicas, ...]) -> tuple[Replicas, ...]:
    for replicas in placed:
        assert replicas
        assert len(set(replicas)) == len(replicas)
        assert live.brokers.keys() >= set(replicas)
    return placed
