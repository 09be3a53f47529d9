"""Topic change: one difference between the file and the cluster, of each kind that there is; what is only said, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from kafka_fab.cluster.topics.desired_topics import Entity
from kafka_fab.cluster.topics.topics_state import Replicas

T = TypeVar("T")


@dataclass(frozen=True)
class Create:
    """A new topic; without replicas the controller places it, and 0 leaves a number to the brokers' default."""

    name: str
    partitions: int = 0
    replication: int = 0
    config: Mapping[str, str] = field(default_factory=dict)
    replicas: tuple[Replicas, ...] = ()


class ValueChange(NamedTuple, Generic[T]):
    """A value before and after: of a config (None: the brokers' default), of a rate (None: no limit), of replicas."""

    before: T
    after: T


def added_brokers(change: ValueChange[Replicas]) -> set[int]:
    """Return the brokers that get a replica by a change of replicas."""
    return set(change.after) - set(change.before)


@dataclass(frozen=True)
class Configure:
    """Configs of a topic set, or reset to the brokers' defaults."""

    name: str
    changes: Mapping[str, ValueChange[str | None]]


@dataclass(frozen=True)
class MoveReplicas:
    """Partitions of a topic that get other replicas: before and after, by partition."""

    name: str
    changes: Mapping[int, ValueChange[Replicas]]

    @property
    def copies(self) -> int:
        """Return how many replicas are copied to a broker that has none yet."""
        return sum(len(added_brokers(change)) for change in self.changes.values())

    @property
    def adds(self) -> bool:
        """Return whether a partition has more replicas afterwards."""
        return any(len(after) > len(before) for before, after in self.changes.values())


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
    changes: Mapping[str, ValueChange[float | None]]
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
