"""Topics plan: the changes that bring a cluster's topics to what the file says. A pure function.

What the file does not name is left alone. What it names is complete: a config that is not in it is reset.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kafka_fab.cluster.topics.config_diff import configured
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Topic
from kafka_fab.cluster.topics.replica_assignment import assign, resize
from kafka_fab.cluster.topics.topic_change import (
    AddPartitions,
    Configure,
    Create,
    Delete,
    MoveReplicas,
    Note,
    Refusal,
    Step,
    ValueChange,
)
from kafka_fab.cluster.topics.topic_rules import INTERNAL, MIN_ISR
from kafka_fab.cluster.topics.topics_state import ReplicaCount, TopicsState, TopicState
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.typed_command import FAB

ORDER = (Create, Configure, MoveReplicas, AddPartitions, Delete)


def plan(wanted: DesiredTopics, live: TopicsState, delete: bool = False, ours: bool = False) -> tuple[Step, ...]:
    """Return the steps from what is there to what the file says, in the order in which they are taken.

    With `ours` new partitions are placed here, for clusters whose controller cannot; else the controller places
    those without an explicit placement. Topics are deleted only with `delete`.
    """
    planner = Planner(live, live.load(), delete, ours)
    steps = [_free(step, live) for topic in wanted.topics for step in planner.steps(topic)]
    growing = {step.name for step in steps if isinstance(step, MoveReplicas) and step.adds}
    return tuple(sorted(steps, key=lambda step: _rank(step, growing)))


def _free(step: Step, live: TopicsState) -> Step:
    """Return a step, or the refusal of a move while others move: two movers would undo each other's work."""
    moving = [
        str(TopicPartition(topic.name, number)) for topic in live.topics.values() for number in sorted(topic.moving)
    ]
    if not (moving and isinstance(step, MoveReplicas)):
        return step
    more = f" and {len(moving) - 3} more" if len(moving) > 3 else ""
    names = ", ".join(moving[:3]) + more
    return Refusal(step.name, f"replicas are not moved while {names} are being moved: wait for their end, or cancel it")


def _rank(step: Step, growing: set[str]) -> float:
    if isinstance(step, Configure) and step.name in growing and MIN_ISR in step.changes:
        # It may ask for more replicas in sync: writes would stop until the new ones are there.
        return ORDER.index(MoveReplicas) + 0.5
    return ORDER.index(type(step)) if isinstance(step, ORDER) else len(ORDER)


@dataclass(frozen=True)
class Planner:
    """Plans topic by topic; `load` is counted up, so that what is placed later knows of what was placed before."""

    live: TopicsState
    load: ReplicaCount
    delete: bool
    ours: bool

    def steps(self, topic: Topic) -> Iterator[Step]:
        """Yield a topic's steps, in no order."""
        found = self.live.topics.get(topic.name)
        if topic.absent:
            yield from self._absent(topic, found)
        elif reason := self._obstacle(topic, found):
            yield Refusal(topic.name, reason)
        elif found is None:
            yield self._create(topic)
        else:
            yield from configured(topic, found)
            yield from self._move(topic, found)
            yield from self._grow(topic, found)

    def _absent(self, topic: Topic, found: TopicState | None) -> Iterator[Step]:
        if found and self.delete:
            yield Delete(topic.name)
        elif found:
            yield Note(topic.name, "is to be absent, and is there: it is deleted only with --delete")

    def _obstacle(self, topic: Topic, found: TopicState | None) -> str:
        """Return why a topic cannot be brought to what the file says, and what to do, or nothing."""
        there = len(found.replicas) if found else 0
        if found is None and (twin := self._twin(topic)):
            return f"Kafka cannot tell it from {twin}, which is there: . and _ are one in metrics: choose another name"
        if topic.count and topic.count < there:
            return _shrinks(topic, there)
        if found and topic.count > there and topic.name in INTERNAL:
            return f"the brokers count on its {there} partitions: take `partitions` out"
        return self._too_few(topic, found)

    def _twin(self, topic: Topic) -> str:
        name = topic.name.replace(".", "_")
        return next((other for other in self.live.topics if other.replace(".", "_") == name), "")

    def _too_few(self, topic: Topic, found: TopicState | None) -> str:
        there = found.replicas if found else ()
        up, added = self.live.brokers, topic.count > len(there) or not found
        placed = {number for old, new in zip(there, topic.placement, strict=False) for number in set(new) - set(old)}
        placed |= {number for replicas in topic.placement[len(there) :] for number in replicas}
        if placed - up.keys():
            return f"broker {min(placed - up.keys())} of its placement is not up: start it first ({FAB} start)"
        if topic.copies > len(up) and (added or any(len(replicas) < topic.copies for replicas in there)):
            return f"{topic.copies} replicas need as many brokers, and {len(up)} are up: start the others ({FAB} start)"
        return ""

    def _create(self, topic: Topic) -> Create:
        replicas = topic.placement
        if self.ours and not replicas:
            replicas = assign(topic.count, topic.copies, self.live.brokers, self.load)
        return Create(topic.name, topic.count, topic.copies, topic.config, replicas)

    def _move(self, topic: Topic, found: TopicState) -> Iterator[MoveReplicas]:
        after = dict(enumerate(topic.placement[: len(found.replicas)]))
        if topic.copies and not after:
            after = resize(found, topic.copies, self.live.brokers, self.load)
        changes = {number: ValueChange(found.replicas[number], replicas) for number, replicas in after.items()}
        moved = {number: change for number, change in changes.items() if change.before != change.after}
        if moved:
            yield MoveReplicas(topic.name, moved)

    def _grow(self, topic: Topic, found: TopicState) -> Iterator[Step]:
        before = len(found.replicas)
        if topic.count <= before:
            return
        replicas = topic.placement[before:]
        if self.ours and not replicas:
            copies = topic.copies or len(found.replicas[0])
            own = ReplicaCount.of(found.replicas)
            replicas = assign(topic.count - before, copies, self.live.brokers, self.load, own)
        yield AddPartitions(topic.name, before, topic.count, replicas)
        compacted = "compact" in topic.config.get("cleanup.policy", found.config.get("cleanup.policy", ""))
        keyed = "it is compacted, so its messages have keys" if compacted else "where its messages have keys"
        yield Note(topic.name, f"{keyed}: keys go to other partitions from now on; their order holds only within each")


def _shrinks(topic: Topic, there: int) -> str:
    return (
        f"{topic.count} partitions are wanted, and it has {there}: Kafka takes none away. Write {there}, or make a "
        "new topic and let its clients move over"
    )
