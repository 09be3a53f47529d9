"""Topics state: topics and brokers as the cluster has them at one moment."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Replicas = tuple[int, ...]


@dataclass(frozen=True)
class TopicState:
    """A topic: replicas, ISR and leader of each partition, and its topic configs.

    During a reassignment `replicas` are those at its end. A leader of -1 means that the partition is offline.
    """

    name: str
    replicas: tuple[Replicas, ...]
    isr: tuple[frozenset[int], ...] = ()
    leaders: tuple[int, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    moving: frozenset[int] = frozenset()

    def in_sync(self, partition: int) -> frozenset[int]:
        """Return a partition's ISR; where it is unknown, all its replicas."""
        return self.isr[partition] if self.isr else frozenset(self.replicas[partition])


@dataclass(frozen=True)
class TopicsState:
    """Brokers that are up with their racks, and every topic; configs only of topics that were asked for."""

    brokers: Mapping[int, str]
    topics: Mapping[str, TopicState] = field(default_factory=dict)

    def load(self) -> "ReplicaCount":
        """Return how many replicas and preferred leaders each broker has."""
        return ReplicaCount.of(replicas for topic in self.topics.values() for replicas in topic.replicas)


@dataclass
class ReplicaCount:
    """Replicas and preferred leaders of each broker, counted up while a plan is made."""

    replicas: Counter[int] = field(default_factory=Counter)
    leaders: Counter[int] = field(default_factory=Counter)

    @staticmethod
    def of(partitions: Iterable[Replicas]) -> "ReplicaCount":
        """Return the load of some partitions."""
        load = ReplicaCount()
        for replicas in partitions:
            load.add(replicas)
        return load

    def add(self, replicas: Replicas) -> None:
        """Count a partition's replicas, the first as its leader."""
        self.replicas.update(replicas)
        self.leaders.update(replicas[:1])
