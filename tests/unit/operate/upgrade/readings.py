"""Readings of an upgrade: clusters of three hosts whose services are at some version each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.upgrade.upgrade_state import UpgradeState
from kafka_fab.live.client.features import Levels, NodeFeatures
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.operate.upgrade import upgrade_reading
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading

KNOWN = {"metadata.version": Levels(7, 30), "group.version": Levels(0, 1)}


def tree(version: str) -> str:
    return f"/opt/kafka_2.13-{version}" if version else ""


def refs(cluster: Cluster) -> tuple[ServiceRef, ...]:
    return targets(cluster, cluster.nodes, WITH_ZOOKEEPER)


def service(ref: ServiceRef, version: str, trees: Sequence[str], **more: Any) -> ServiceVersion:
    """Return a service that runs a version."""
    saved = tree(more.pop("saved", ""))
    paths = tuple(map(tree, trees))
    return ServiceVersion(ref.host, ref.role, ref.unit, tree(version), tree(version), saved, paths, **more)


def reading(
    cluster: Cluster,
    services: Mapping[ServiceRef, ServiceVersion],
    finalized: Mapping[str, int] | None = None,
) -> UpgradeReading:
    """Return the reading of some services; in KRaft each node answers with the finalized features."""
    answers = {ref: NodeFeatures(KNOWN, finalized, 5) for ref in services if cluster.kraft and finalized is not None}
    levels = tuple(upgrade_reading._level(cluster, ref, one) for ref, one in services.items())
    state = UpgradeState(levels, cluster.settings.version, cluster.kraft, finalized if cluster.kraft else {})
    return UpgradeReading(state, services, answers)


def all_at(cluster: Cluster, version: str, finalized: Mapping[str, int] | None = None, **more: Any) -> UpgradeReading:
    """Return a reading with all services at one version, and both versions on each host."""
    trees = (version, cluster.settings.version)
    services = {ref: service(ref, version, trees, **more) for ref in refs(cluster)}
    return reading(cluster, services, finalized)


def with_services(found: UpgradeReading, cluster: Cluster, *changed: ServiceVersion) -> UpgradeReading:
    """Return a reading in which some services are at something else."""
    at = {(one.host, one.role): one for one in changed}
    services = {ref: at.get((ref.host, ref.role), one) for ref, one in found.services.items()}
    return replace(reading(cluster, services, found.state.finalized), unknown=found.unknown)
