"""Desired topics: the topics and quotas of conf/topics.yaml as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka_fab.cluster.settings import checked
from kafka_fab.cluster.values.validator import within

# Kafka's own notation for all users or clients without a quota of their own.
DEFAULT = "<default>"
QUOTA_KEYS = ("producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate")
Entity = tuple[tuple[str, str], ...]


def rate(text: str) -> str:
    """Return why a text is not a rate, or nothing."""
    try:
        good = 0 < float(text) < float("inf")
    except ValueError:
        good = False
    return "" if good else f"must be a number greater than 0, found `{text}`"


def quota(default: str = "") -> Any:
    """Return a field for a rate that may be left out."""
    return checked(default, rate)


@dataclass(frozen=True)
class TopicBody:
    """A topic's block in the file; 0 partitions or replicas, and an empty placement, are not given.

    `placement` is a list of broker ids for each partition, its preferred leader first.
    """

    partitions: int = checked(0, within(1, 100_000))
    replication: int = checked(0, within(1, 1000))
    config: Mapping[str, str] = field(default_factory=dict)
    placement: tuple[tuple[int, ...], ...] = ()
    absent: bool = False


@dataclass(frozen=True)
class Topic:
    """A topic that must exist or, if `absent`, must not."""

    name: str
    partitions: int = 0
    replication: int = 0
    config: Mapping[str, str] = field(default_factory=dict)
    placement: tuple[tuple[int, ...], ...] = ()
    absent: bool = False

    @property
    def partition_count(self) -> int:
        """Return the number of partitions, 0 where it is not given."""
        return self.partitions or len(self.placement)

    @property
    def replica_count(self) -> int:
        """Return the number of replicas of each partition, 0 where it is not given."""
        return self.replication or (len(self.placement[0]) if self.placement else 0)


@dataclass(frozen=True)
class QuotaBody:
    """An entry of the file's quotas: a user, a client id, or both, and their rates."""

    user: str = ""
    client_id: str = ""
    producer_byte_rate: str = quota()
    consumer_byte_rate: str = quota()
    request_percentage: str = quota()
    controller_mutation_rate: str = quota()
    absent: bool = False


@dataclass(frozen=True)
class Quota:
    """The limits of a user, a client id, or a user's client: bytes/s, percent of a thread, partitions/s."""

    entity: Entity
    rates: Mapping[str, float] = field(default_factory=dict)
    absent: bool = False


@dataclass(frozen=True)
class DesiredTopics:
    """The topics and quotas of the file; `file` and `lines` are for messages that need the cluster, too."""

    topics: tuple[Topic, ...] = ()
    quotas: tuple[Quota, ...] = ()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def where(self, name: str) -> str:
        """Return the prefix `FILE:LINE: ` of a topic or of a quota's entity, by its name."""
        return f"{self.file}:{self.lines[name]}: " if name in self.lines else ""


def entity_of(user: str, client_id: str) -> Entity:
    """Return the entity of a quota; user or client id may be empty."""
    return tuple((kind, name) for kind, name in (("client-id", client_id), ("user", user)) if name)


def name_of(entity: Entity) -> str:
    """Return the name of an entity: user alice client-id nightly."""
    return " ".join(f"{kind} {name}" for kind, name in sorted(entity, reverse=True))
