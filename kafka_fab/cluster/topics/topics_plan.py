"""Topics plan: the changes that bring a cluster's topics to what the file says. A pure function.

Topics that the file does not name are left alone. Those that it names are complete: other configs are reset.
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
    RejectedChange,
    Step,
    ValueChange,
)
from kafka_fab.cluster.topics.topic_rules import INTERNAL, MIN_ISR
from kafka_fab.cluster.topics.topics_state import ReplicaCount, TopicsState, TopicState
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.typed_command import FAB

ORDER = (Create, Configure, MoveReplicas, AddPartitions, Delete)


def plan(wanted: DesiredTopics, live: TopicsState, delete: bool = False, ours: bool = False) -> tuple[Step, ...]:
    """Return the steps from the cluster's topics to the file's, in the order in which they are applied.

    With `ours` the replicas of new partitions are assigned here, as 0.8.0 needs; else by the controller, unless the
    file has a placement. Topics are deleted only with `delete`.
    """
    planner = Planner(live, live.load(), delete, ours)
    steps = [_free(step, live) for topic in wanted.topics for step in planner.steps(topic)]
    growing = {step.name for step in steps if isinstance(step, MoveReplicas) and step.adds}
    return tuple(sorted(steps, key=lambda step: _rank(step, growing)))


def _free(step: Step, live: TopicsState) -> Step:
    """Return a step; a move is rejected during another reassignment, as the two would undo each other."""
    moving = [
        str(TopicPartition(topic.name, number)) for topic in live.topics.values() for number in sorted(topic.moving)
    ]
    if not (moving and isinstance(step, MoveReplicas)):
        return step
    more = f" and {len(moving) - 3} more" if len(moving) > 3 else ""
    names = ", ".join(moving[:3]) + more
    return RejectedChange(
        step.name, f"cannot move replicas while {names} are being reassigned: wait until they are, or cancel it"
    )


def _rank(step: Step, growing: set[str]) -> float:
    if isinstance(step, Configure) and step.name in growing and MIN_ISR in step.changes:
        # With a higher value producers would fail until the new replicas are in sync.
        return ORDER.index(MoveReplicas) + 0.5
    return ORDER.index(type(step)) if isinstance(step, ORDER) else len(ORDER)


@dataclass(frozen=True)
class Planner:
    """Plans topic by topic; `load` is counted up, so that later assignments consider earlier ones."""

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
            yield RejectedChange(topic.name, reason)
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
            yield Note(topic.name, "is `absent` in the file, but exists: only --delete deletes it")

    def _obstacle(self, topic: Topic, found: TopicState | None) -> str:
        """Return why a topic cannot become what the file says, and what to do, or nothing."""
        there = len(found.replicas) if found else 0
        if found is None and (other := self._collision(topic)):
            return f"collides with topic {other}: . and _ are the same in metric names; choose another name"
        if topic.partition_count and topic.partition_count < there:
            return _shrinks(topic, there)
        if found and topic.partition_count > there and topic.name in INTERNAL:
            return f"the brokers rely on its {there} partitions: remove `partitions`"
        return self._too_few(topic, found)

    def _collision(self, topic: Topic) -> str:
        name = topic.name.replace(".", "_")
        return next((other for other in self.live.topics if other.replace(".", "_") == name), "")

    def _too_few(self, topic: Topic, found: TopicState | None) -> str:
        there = found.replicas if found else ()
        up, added = self.live.brokers, topic.partition_count > len(there) or not found
        placed = {number for old, new in zip(there, topic.placement, strict=False) for number in set(new) - set(old)}
        placed |= {number for replicas in topic.placement[len(there) :] for number in replicas}
        if placed - up.keys():
            return f"broker {min(placed - up.keys())} of its placement is down: start it first ({FAB} start)"
        if topic.replica_count > len(up) and (added or any(len(replicas) < topic.replica_count for replicas in there)):
            text = f"{topic.replica_count} replicas need as many brokers, but {len(up)} are up"
            return f"{text}: start the others ({FAB} start)"
        return ""

    def _create(self, topic: Topic) -> Create:
        replicas = topic.placement
        if self.ours and not replicas:
            replicas = assign(topic.partition_count, topic.replica_count, self.live.brokers, self.load)
        return Create(topic.name, topic.partition_count, topic.replica_count, topic.config, replicas)

    def _move(self, topic: Topic, found: TopicState) -> Iterator[MoveReplicas]:
        after = dict(enumerate(topic.placement[: len(found.replicas)]))
        if topic.replica_count and not after:
            after = resize(found, topic.replica_count, self.live.brokers, self.load)
        changes = {number: ValueChange(found.replicas[number], replicas) for number, replicas in after.items()}
        moved = {number: change for number, change in changes.items() if change.before != change.after}
        if moved:
            yield MoveReplicas(topic.name, moved)

    def _grow(self, topic: Topic, found: TopicState) -> Iterator[Step]:
        before = len(found.replicas)
        if topic.partition_count <= before:
            return
        replicas = topic.placement[before:]
        if self.ours and not replicas:
            copies = topic.replica_count or len(found.replicas[0])
            own = ReplicaCount.of(found.replicas)
            replicas = assign(topic.partition_count - before, copies, self.live.brokers, self.load, own)
        yield AddPartitions(topic.name, before, topic.partition_count, replicas)
        compacted = "compact" in topic.config.get("cleanup.policy", found.config.get("cleanup.policy", ""))
        keys = "its keys (it is compacted)" if compacted else "keys, if its messages have any,"
        yield Note(topic.name, f"{keys} map to other partitions from now on: order holds only within a partition")


def _shrinks(topic: Topic, there: int) -> str:
    return (
        f"cannot reduce {there} partitions to {topic.partition_count}: Kafka cannot remove partitions. Set {there}, or "
        "create a new topic and move its clients"
    )
