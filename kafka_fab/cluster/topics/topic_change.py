"""Topic change: one difference between the file and the cluster, of each kind that there is; what is only said, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_fab.cluster.topics.desired_topics import Entity
from kafka_fab.cluster.topics.topics_state import Replicas


@dataclass(frozen=True)
class Create:
    """A new topic; without replicas the controller places it, and 0 leaves a number to the brokers' default."""

    name: str
    partitions: int = 0
    replication: int = 0
    config: Mapping[str, str] = field(default_factory=dict)
    replicas: tuple[Replicas, ...] = ()


@dataclass(frozen=True)
class ValueChange:
    """A config's value before and after; None is the brokers' default."""

    before: str | None
    after: str | None


@dataclass(frozen=True)
class Configure:
    """Configs of a topic set, or reset to the brokers' defaults."""

    name: str
    turns: Mapping[str, ValueChange]


@dataclass(frozen=True)
class MoveReplicas:
    """Partitions of a topic that get other replicas: before and after, by partition."""

    name: str
    turns: Mapping[int, tuple[Replicas, Replicas]]

    @property
    def copies(self) -> int:
        """Return how many replicas are copied to a broker that has none yet."""
        return sum(len(set(after) - set(before)) for before, after in self.turns.values())

    @property
    def adds(self) -> bool:
        """Return whether a partition has more replicas afterwards."""
        return any(len(after) > len(before) for before, after in self.turns.values())


@dataclass(frozen=True)
class AddPartitions:
    """More partitions for a topic; without replicas the controller places the new ones."""

    name: str
    before: int
    after: int
    replicas: tuple[Replicas, ...] = ()


@dataclass(frozen=True)
class Delete:
    """A topic that goes, with its messages."""

    name: str


@dataclass(frozen=True)
class QuotaChange:
    """Rates of a quota's entity; None ends a limit. `ends` where the file says that none is to be left."""

    name: str
    entity: Entity
    turns: Mapping[str, tuple[float | None, float | None]]
    ends: bool = False


@dataclass(frozen=True)
class Refusal:
    """What cannot be brought about, and what to do; nothing at all is applied while there is one."""

    name: str
    text: str


@dataclass(frozen=True)
class Note:
    """What the operator should know."""

    name: str
    text: str


Change = Create | Configure | MoveReplicas | AddPartitions | Delete | QuotaChange
Step = Change | Refusal | Note
