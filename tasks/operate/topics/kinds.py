"""Kinds: what can be kept as a file, each with a reader, a planner that is pure, and an applier for each change.

Another kind (ACLs, SCRAM users) is one more entry here, and a section of the file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tasks.cluster.model import Cluster
from tasks.cluster.topics import limits, plan
from tasks.cluster.topics.change import Change, Configure, Create, Delete, Grow, Limit, Move, Step
from tasks.cluster.topics.found import Live
from tasks.cluster.topics.wanted import Wanted
from tasks.live import admin, inventory, quotas, topics_in_zookeeper
from tasks.live.admin import Refused
from tasks.live.desk import Desk
from tasks.operate.topics import mover, mover_in_zookeeper
from tasks.operate.topics.work import Work

# Brings changes of one sort about, and returns what was refused by name.
Applier = Callable[[Work, Sequence[Any]], Refused]


@dataclass(frozen=True)
class Kind:
    """One kind; `checks` are appliers that only look whether the brokers would take it."""

    name: str
    read: Callable[[Work, Wanted], Any]
    plan: Callable[[Wanted, Any, bool], tuple[Step, ...]]
    appliers: Mapping[type[Change], Applier]
    checks: Mapping[type[Change], Applier] = field(default_factory=dict)


def kinds(cluster: Cluster) -> tuple[Kind, ...]:
    """Return the kinds that a cluster's version has."""
    return (TOPICS_IN_ZOOKEEPER,) if cluster.release.create_topics_version is None else (TOPICS, QUOTAS)


def _read(work: Work, wanted: Wanted) -> Live:
    return inventory.read(work.desk, [topic.name for topic in wanted.topics])


def _asking(request: Callable[[Desk, Sequence[Any]], Refused]) -> Applier:
    return lambda work, steps: request(work.desk, steps)


def _in_zookeeper(change: Callable[[Cluster, Sequence[Any]], Refused]) -> Applier:
    return lambda work, steps: change(work.cluster, steps)


TOPICS = Kind(
    "topics",
    _read,
    plan.plan,
    {
        Create: _asking(admin.create),
        Configure: _asking(admin.configure),
        Move: mover.move,
        Grow: _asking(admin.grow),
        Delete: _asking(admin.delete),
    },
    {
        Create: _asking(partial(admin.create, only_look=True)),
        Configure: _asking(partial(admin.configure, only_look=True)),
    },
)
TOPICS_IN_ZOOKEEPER = Kind(
    "topics",
    lambda work, _: topics_in_zookeeper.read(work.cluster),
    partial(plan.plan, ours=True),
    {
        Create: _in_zookeeper(topics_in_zookeeper.create),
        Move: mover_in_zookeeper.move,
        Grow: _in_zookeeper(topics_in_zookeeper.grow),
    },
)
QUOTAS = Kind(
    "quotas",
    lambda work, wanted: quotas.read(work.desk) if wanted.quotas else {},
    limits.plan,
    {Limit: _asking(quotas.limit)},
    {Limit: _asking(partial(quotas.limit, only_look=True))},
)
