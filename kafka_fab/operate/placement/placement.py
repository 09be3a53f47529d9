"""Placement: every partition's copies, how each stands, and where it lies. Pure values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import NOBODY, Partition, State
from kafka_fab.live.log_dirs import Copy, LogDir

LEADER, IN_SYNC, BEHIND, OFFLINE = "leader", "in sync", "behind", "offline"
ADDING, REMOVING, MOVING = "adding", "removing", "moving"


@dataclass(frozen=True)
class Broker:
    """A broker: where it is, whether it is registered, and its log directories, or why they are not known."""

    id: int
    host: str
    rack: str = ""
    up: bool = True
    directories: tuple[LogDir, ...] = ()
    silent: str = ""

    @property
    def has_failed_disk(self) -> bool:
        """Return whether the broker has given up one of its directories."""
        return any(directory.error for directory in self.directories)


@dataclass(frozen=True)
class LogOnDisk:
    """A copy on a disk: its directory, its bytes, and how many messages it is behind."""

    path: str
    size: int
    lag: int = 0


@dataclass(frozen=True)
class Replica:
    """A partition's copy on a broker; `log` where its disk is known, `future` where it moves to another disk."""

    broker: int
    state: str
    move: str = ""
    log: LogOnDisk | None = None
    future: LogOnDisk | None = None

    @property
    def size(self) -> int | None:
        """Return the bytes that it takes on all disks of its broker, or None where they are not known."""
        return self.log.size + (self.future.size if self.future else 0) if self.log else None


@dataclass(frozen=True)
class Placed:
    """A partition with its replicas, the preferred leader first; `reassigned` while a move is under way."""

    topic: str
    number: int
    leader: int
    replicas: tuple[Replica, ...]
    reassigned: bool = False

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
        """Return the broker that should lead it: the first that stays."""
        staying = (replica.broker for replica in self.replicas if replica.move != REMOVING)
        return next(staying, NOBODY)

    @property
    def moves(self) -> bool:
        """Return whether a copy comes, goes, or changes its disk."""
        return self.reassigned or any(replica.move for replica in self.replicas)

    def count(self, state: str) -> int:
        """Return how many of its replicas stand so; one that is being added need not have caught up."""
        return sum(replica.state == state for replica in self.replicas if (state, replica.move) != (BEHIND, ADDING))


@dataclass(frozen=True)
class Placement:
    """All of it: brokers by rack and id, partitions by topic and number, and what could not be read."""

    brokers: tuple[Broker, ...]
    partitions: tuple[Placed, ...]
    unknown: tuple[str, ...] = ()

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics' names in order."""
        return tuple(dict.fromkeys(partition.topic for partition in self.partitions))

    def of(self, topic: str) -> "Placement":
        """Return the part of one topic."""
        return replace(self, partitions=tuple(one for one in self.partitions if one.topic == topic))

    def by_topic(self) -> dict[str, "Placement"]:
        """Return the part of each topic by its name."""
        parts: dict[str, list[Placed]] = {}
        for partition in self.partitions:
            parts.setdefault(partition.topic, []).append(partition)
        return {topic: replace(self, partitions=tuple(part)) for topic, part in parts.items()}


Logs = Mapping[TopicPartition, Sequence[tuple[str, Copy]]]


def placement(state: State, brokers: Iterable[Broker]) -> Placement:
    """Return what is where, from one reading of the cluster and from its brokers' disks."""
    known = {broker.id: replace(broker, up=broker.id in state.up) for broker in brokers}
    # Who is not in hosts.ini any more, but still has copies.
    strangers = {number for partition in state.partitions for number in partition.replicas} - known.keys()
    known |= {number: Broker(number, "?", up=number in state.up) for number in strangers}
    logs = {number: _logs(broker) for number, broker in known.items()}
    placed = (_placed(partition, state, known, logs) for partition in state.partitions)
    return Placement(
        tuple(sorted(known.values(), key=lambda broker: (broker.rack, broker.id))),
        tuple(sorted(placed, key=lambda one: one.topic_partition)),
        (*state.unknown, *(broker.silent for broker in known.values() if broker.silent)),
    )


def _logs(broker: Broker) -> Logs:
    found: dict[TopicPartition, list[tuple[str, Copy]]] = {}
    for directory in broker.directories:
        for copy in directory.copies:
            found.setdefault(copy.topic_partition, []).append((directory.path, copy))
    return found


def _placed(partition: Partition, state: State, brokers: Mapping[int, Broker], logs: Mapping[int, Logs]) -> Placed:
    key = partition.topic_partition
    replicas = (_replica(partition, brokers[number], logs[number].get(key, ())) for number in partition.replicas)
    reassigned = key in state.reassigning
    return Placed(partition.topic, partition.number, partition.leader, tuple(replicas), reassigned)


def _replica(partition: Partition, broker: Broker, copies: Sequence[tuple[str, Copy]]) -> Replica:
    log, future = (next(_matching(copies, future), None) for future in (False, True))
    offline = not broker.up or (broker.has_failed_disk and log is None)
    state = OFFLINE if offline else _standing(partition, broker.id)
    return Replica(broker.id, state, _move(partition, broker.id, future), log, future)


def _matching(copies: Sequence[tuple[str, Copy]], future: bool) -> Iterator[LogOnDisk]:
    return (LogOnDisk(path, copy.size, copy.lag) for path, copy in copies if copy.future == future)


def _standing(partition: Partition, number: int) -> str:
    if number == partition.leader:
        return LEADER
    return IN_SYNC if number in partition.isr else BEHIND


def _move(partition: Partition, number: int, future: LogOnDisk | None) -> str:
    if number in partition.adding:
        return ADDING
    if number in partition.removing:
        return REMOVING
    return MOVING if future else ""
