"""Placement: the replicas of every partition: state, broker, log directory and size. Pure values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import NOBODY, Partition, State
from kafka_fab.live.client.describe_log_dirs import LogDir, ReplicaLog


class ReplicaState(StrEnum):
    """Whether a replica leads, or how it follows."""

    LEADER = "leader"
    IN_SYNC = "in sync"
    OUT_OF_SYNC = "out of sync"
    OFFLINE = "offline"


class ReplicaMove(StrEnum):
    """What is being done to a replica; `moving` is to another log directory of the same broker."""

    NONE = ""
    ADDING = "adding"
    REMOVING = "removing"
    MOVING = "moving"


@dataclass(frozen=True)
class Broker:
    """A broker: its host and rack, whether it is registered, and its log directories, or why they are unknown."""

    id: int
    host: str
    rack: str = ""
    up: bool = True
    directories: tuple[LogDir, ...] = ()
    error: str = ""

    @property
    def has_failed_disk(self) -> bool:
        """Return whether one of the broker's log directories is offline."""
        return any(directory.error for directory in self.directories)


@dataclass(frozen=True)
class LogOnDisk:
    """A replica's log on disk: its log directory, its bytes and its offset lag."""

    path: str
    size: int
    lag: int = 0


@dataclass(frozen=True)
class Replica:
    """A replica on a broker; `log` where its log directory is known, `future` while it moves to another one."""

    broker: int
    state: ReplicaState
    move: ReplicaMove = ReplicaMove.NONE
    log: LogOnDisk | None = None
    future: LogOnDisk | None = None

    @property
    def size(self) -> int | None:
        """Return the bytes that it takes in all log directories of its broker, or None where they are unknown."""
        return self.log.size + (self.future.size if self.future else 0) if self.log else None


@dataclass(frozen=True)
class PartitionPlacement:
    """A partition with its replicas, the preferred leader first; `reassigning` during a reassignment."""

    topic: str
    number: int
    leader: int
    replicas: tuple[Replica, ...]
    reassigning: bool = False

    @property
    def topic_partition(self) -> TopicPartition:
        """Return topic and number as one value."""
        return TopicPartition(self.topic, self.number)

    @property
    def name(self) -> str:
        """Return topic and number as Kafka writes them: orders-7."""
        return str(self.topic_partition)

    @property
    def preferred(self) -> int:
        """Return the preferred leader: the first replica that is not being removed."""
        return next((one.broker for one in self.replicas if one.move != ReplicaMove.REMOVING), NOBODY)

    @property
    def moves(self) -> bool:
        """Return whether a replica is being added, removed, or moved to another log directory."""
        return self.reassigning or any(replica.move for replica in self.replicas)

    @property
    def is_offline(self) -> bool:
        """Return whether the partition has no leader."""
        return self.leader == NOBODY

    @property
    def is_under_replicated(self) -> bool:
        """Return whether a replica is out of sync; one that is being added need not have caught up."""
        lagging = (ReplicaState.OUT_OF_SYNC, ReplicaState.OFFLINE)
        return any(one.state in lagging for one in self.replicas if one.move != ReplicaMove.ADDING)

    @property
    def has_offline_replica(self) -> bool:
        """Return whether the broker or the log directory of a replica is offline."""
        return any(one.state == ReplicaState.OFFLINE for one in self.replicas)

    @property
    def is_off_preferred(self) -> bool:
        """Return whether another replica than the preferred one leads."""
        return self.leader not in (NOBODY, self.preferred)


@dataclass(frozen=True)
class Placement:
    """Brokers by rack and id, partitions by topic and number, and what could not be read."""

    brokers: tuple[Broker, ...]
    partitions: tuple[PartitionPlacement, ...]
    unknown: tuple[str, ...] = ()

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics' names in order."""
        return tuple(dict.fromkeys(partition.topic for partition in self.partitions))

    def of(self, topic: str) -> "Placement":
        """Return the placement of one topic."""
        return replace(self, partitions=tuple(one for one in self.partitions if one.topic == topic))

    def by_topic(self) -> dict[str, "Placement"]:
        """Return the placement of each topic by its name."""
        parts: dict[str, list[PartitionPlacement]] = {}
        for partition in self.partitions:
            parts.setdefault(partition.topic, []).append(partition)
        return {topic: replace(self, partitions=tuple(part)) for topic, part in parts.items()}


Logs = Mapping[TopicPartition, Sequence[tuple[str, ReplicaLog]]]


def placement(state: State, brokers: Iterable[Broker]) -> Placement:
    """Return the placement, from a state of the cluster and its brokers' log directories."""
    known = {broker.id: replace(broker, up=broker.id in state.up) for broker in brokers}
    # Brokers that still have replicas, but are not in hosts.ini any more.
    unexpected = {number for partition in state.partitions for number in partition.replicas} - known.keys()
    known |= {number: Broker(number, "?", up=number in state.up) for number in unexpected}
    logs = {number: _logs(broker) for number, broker in known.items()}
    placed = (_placed(partition, state, known, logs) for partition in state.partitions)
    return Placement(
        tuple(sorted(known.values(), key=lambda broker: (broker.rack, broker.id))),
        tuple(sorted(placed, key=lambda one: one.topic_partition)),
        (*state.unknown, *(broker.error for broker in known.values() if broker.error)),
    )


def _logs(broker: Broker) -> Logs:
    found: dict[TopicPartition, list[tuple[str, ReplicaLog]]] = {}
    for directory in broker.directories:
        for replica in directory.replicas:
            found.setdefault(replica.topic_partition, []).append((directory.path, replica))
    return found


def _placed(
    partition: Partition, state: State, brokers: Mapping[int, Broker], logs: Mapping[int, Logs]
) -> PartitionPlacement:
    key = partition.topic_partition
    replicas = (_replica(partition, brokers[number], logs[number].get(key, ())) for number in partition.replicas)
    reassigning = key in state.reassigning
    return PartitionPlacement(partition.topic, partition.number, partition.leader, tuple(replicas), reassigning)


def _replica(partition: Partition, broker: Broker, logs: Sequence[tuple[str, ReplicaLog]]) -> Replica:
    log, future = (next(_matching(logs, future), None) for future in (False, True))
    is_offline = not broker.up or (broker.has_failed_disk and log is None)
    state = ReplicaState.OFFLINE if is_offline else _state(partition, broker.id)
    return Replica(broker.id, state, _move(partition, broker.id, future), log, future)


def _matching(logs: Sequence[tuple[str, ReplicaLog]], future: bool) -> Iterator[LogOnDisk]:
    return (LogOnDisk(path, log.size, log.lag) for path, log in logs if log.future == future)


def _state(partition: Partition, number: int) -> ReplicaState:
    if number == partition.leader:
        return ReplicaState.LEADER
    return ReplicaState.IN_SYNC if number in partition.isr else ReplicaState.OUT_OF_SYNC


def _move(partition: Partition, number: int, future: LogOnDisk | None) -> ReplicaMove:
    if number in partition.adding:
        return ReplicaMove.ADDING
    if number in partition.removing:
        return ReplicaMove.REMOVING
    return ReplicaMove.MOVING if future else ReplicaMove.NONE
