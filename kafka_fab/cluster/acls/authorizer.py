"""Authorizer: how the brokers of a cluster authorize, by the configuration that they run with."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass

OPEN = "allow.everyone.if.no.acl.found"
SUPER_USERS = "super.users"
# The first in which a producer is idempotent by the right to write to a topic (KIP-679).
BY_TOPIC = (3,)


@dataclass(frozen=True)
class Authorizer:
    """How the brokers authorize: super users, and whether they allow what no ACL is about."""

    super_users: frozenset[str] = frozenset()
    open: bool = False
    # Before, a producer without rights of its own on the cluster cannot be idempotent.
    idempotent_by_topic: bool = True


def of(cluster: Cluster) -> Authorizer:
    """Return the authorizer of the brokers whose configuration is known; open where one of them is."""
    found = list(_properties(cluster))
    return Authorizer(
        frozenset(name.strip() for one in found for name in one.get(SUPER_USERS, "").split(";") if name.strip()),
        any(one.get(OPEN, "").strip().lower() == "true" for one in found),
        cluster.release.first >= BY_TOPIC,
    )


def is_known(cluster: Cluster) -> bool:
    """Return whether any broker's configuration is known."""
    return any(True for _ in _properties(cluster))


def _properties(cluster: Cluster) -> Iterator[Mapping[str, str]]:
    for (_, role), running in cluster.running.items():
        if role == Role.BROKER and running.properties:
            yield running.properties
