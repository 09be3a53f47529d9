"""File sections: the sections of conf/topics.yaml, each with a reader, a pure planner, and appliers of its changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.topics import quota_changes, topics_plan
from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import (
    AddPartitions,
    Change,
    Configure,
    Create,
    Delete,
    MoveReplicas,
    QuotaChange,
    Step,
)
from kafka_fab.cluster.topics.topics_state import TopicsState
from kafka_fab.live import topic_list, topic_requests, topic_znodes
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import client_quotas
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.operate.topics import mover, zookeeper_mover
from kafka_fab.operate.topics.work import Work

# Applies changes of one type, and returns what was rejected by name.
Applier = Callable[[Work, Sequence[Any]], Rejections]


@dataclass(frozen=True)
class FileSection:
    """A section; `checks` are appliers that only validate."""

    name: str
    read: Callable[[Work, DesiredTopics], Any]
    plan: Callable[[DesiredTopics, Any, bool], tuple[Step, ...]]
    appliers: Mapping[type[Change], Applier]
    checks: Mapping[type[Change], Applier] = field(default_factory=dict)


def sections_of(cluster: Cluster) -> tuple[FileSection, ...]:
    """Return the sections that the version of a cluster supports."""
    return (TOPICS_IN_ZOOKEEPER,) if cluster.release.create_topics_version is None else (TOPICS, QUOTAS)


def _read(work: Work, wanted: DesiredTopics) -> TopicsState:
    return topic_list.read(work.admin, [topic.name for topic in wanted.topics])


def _asking(request: Callable[[AdminClient, Sequence[Any]], Rejections]) -> Applier:
    return lambda work, steps: request(work.admin, steps)


def _in_zookeeper(change: Callable[[Cluster, Sequence[Any]], Rejections]) -> Applier:
    return lambda work, steps: change(work.cluster, steps)


def _altering_quotas(work: Work, changes: Sequence[Any], validate_only: bool = False) -> Rejections:
    return client_quotas.alter(work.admin.ask, changes, validate_only)


TOPICS = FileSection(
    "topics",
    _read,
    topics_plan.plan,
    {
        Create: _asking(topic_requests.create),
        Configure: _asking(topic_requests.configure),
        MoveReplicas: mover.move,
        AddPartitions: _asking(topic_requests.add_partitions),
        Delete: _asking(topic_requests.delete),
    },
    {
        Create: _asking(partial(topic_requests.create, validate_only=True)),
        Configure: _asking(partial(topic_requests.configure, validate_only=True)),
    },
)
TOPICS_IN_ZOOKEEPER = FileSection(
    "topics",
    lambda work, _: topic_znodes.read(work.cluster),
    partial(topics_plan.plan, ours=True),
    {
        Create: _in_zookeeper(topic_znodes.create),
        MoveReplicas: zookeeper_mover.move,
        AddPartitions: _in_zookeeper(topic_znodes.add_partitions),
    },
)
QUOTAS = FileSection(
    "quotas",
    lambda work, wanted: client_quotas.describe(work.admin.ask) if wanted.quotas else {},
    quota_changes.plan,
    {QuotaChange: _altering_quotas},
    {QuotaChange: partial(_altering_quotas, validate_only=True)},
)
