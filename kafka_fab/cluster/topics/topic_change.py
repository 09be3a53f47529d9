"""Topic change: a difference between the file and the cluster, and what is only reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from kafka_fab.cluster.topics.desired_topics import Entity
from kafka_fab.cluster.topics.topics_state import Replicas

T = TypeVar("T")


@dataclass(frozen=True)
class Create:
    """A new topic; without replicas the controller assigns them, and 0 means the brokers' default."""

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
    """Partitions of a topic whose replicas change, by number."""

    name: str
    changes: Mapping[int, ValueChange[Replicas]]

    @property
    def added_replicas(self) -> int:
        """Return how many replicas are added on other brokers."""
        return sum(len(added_brokers(change)) for change in self.changes.values())

    @property
    def adds(self) -> bool:
        """Return whether a partition has more replicas afterwards."""
        return any(len(after) > len(before) for before, after in self.changes.values())


@dataclass(frozen=True)
class AddPartitions:
    """More partitions for a topic; without replicas the controller assigns them."""

    name: str
    before: int
    after: int
    replicas: tuple[Replicas, ...] = ()


@dataclass(frozen=True)
class Delete:
    """A topic to delete with its messages."""

    name: str


@dataclass(frozen=True)
class QuotaChange:
    """Rates of a quota's entity; `removes` where the entity is absent in the file."""

    name: str
    entity: Entity
    changes: Mapping[str, ValueChange[float | None]]
    removes: bool = False


@dataclass(frozen=True)
class RejectedChange:
    """A change that is not possible, and what to do; while there is one, nothing is applied."""

    name: str
    text: str


@dataclass(frozen=True)
class Note:
    """A note to the operator."""

    name: str
    text: str


Change = Create | Configure | MoveReplicas | AddPartitions | Delete | QuotaChange
Step = Change | RejectedChange | Note
