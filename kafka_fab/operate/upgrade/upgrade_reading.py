"""Upgrade reading: versions, pins and features of every service, asked of the hosts and of the services themselves."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from functools import partial

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.upgrade import service_upgrade
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.upgrade.upgrade_state import ServiceLevel, UpgradeState
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.partition_case import assigned
from kafka_fab.gate.state import State
from kafka_fab.live.client import features
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.features import NodeFeatures
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.operate.hosts import versions
from kafka_fab.operate.hosts.services import service_of
from kafka_fab.operate.roll.candidates import is_up
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.remote.fleet import Fleet
from kafka_fab.runbook.codes import UpgradeCode

LOOK = 5.0
AT_ONCE = 50


@dataclass(frozen=True)
class UpgradeReading:
    """What every service is at; `features` of those brokers and controllers that answer; `unknown` hosts, and why.

    `joined` are the services that are up in their role and in sync; None where the cluster was not asked.
    """

    state: UpgradeState
    services: Mapping[ServiceRef, ServiceVersion]
    features: Mapping[ServiceRef, NodeFeatures] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    joined: frozenset[ServiceRef] | None = None

    @property
    def not_joined(self) -> dict[ServiceRef, str]:
        """Return the services that start with the wanted version already and are not in sync, and why."""
        behind = {one.name for one in self.state.behind}
        joined = self.services if self.joined is None else self.joined
        return {
            ref: "started, not in sync" if one.runs else "down"
            for ref, one in self.services.items()
            if one.starts and ref.name not in behind and ref not in joined
        }


def read(hosts: Fleet) -> UpgradeReading:
    """Return what every service of the cluster is at, as far as its host answers."""
    cluster = hosts.cluster
    found = versions.read(hosts)
    named = {(one.host, one.role): one for one in found.services}
    refs = targets(cluster, cluster.nodes, WITH_ZOOKEEPER)
    services = {one: named[one.host, one.role] for one in refs if (one.host, one.role) in named}
    answers = _features(cluster, services) if cluster.kraft else {}
    state = UpgradeState(
        tuple(_level(cluster, one, version) for one, version in services.items() if version.starts),
        cluster.settings.version,
        cluster.kraft,
        finalized(answers.values()) if cluster.kraft else {},
    )
    return UpgradeReading(state, services, answers, found.unknown)


def with_joined(found: UpgradeReading, state: State) -> UpgradeReading:
    """Return a reading with the services that have joined the cluster, by a reading of its state."""
    return replace(found, joined=frozenset(one for one in found.services if _has_joined(one, state)))


def _has_joined(target: ServiceRef, state: State) -> bool:
    """Return whether a service is up in its role and, a broker, in the ISR of each partition that it has."""
    replicas = state.partitions if target.role is Role.BROKER else ()
    return is_up(target, state) and all(target.id in one.isr for one in replicas if target.id in assigned(one))


def require_all(found: UpgradeReading) -> None:
    """Raise OperationError where a host does not answer, or a service is not installed."""
    if found.unknown:
        text = "; ".join(f"{host}: {reason}" for host, reason in found.unknown.items())
        raise OperationError(PREFLIGHT, f"every host must answer: {text}", UpgradeCode.UNREADABLE)
    missing = [one.name for one, version in found.services.items() if not version.starts]
    if missing:
        text = f"{', '.join(missing)}: not installed yet, and an upgrade is for what runs"
        raise OperationError(PREFLIGHT, text, UpgradeCode.UNREADABLE)


def read_all(hosts: Fleet) -> UpgradeReading:
    """Return what every service is at; raise OperationError where that is not known of one."""
    found = read(hosts)
    require_all(found)
    return found


def _level(cluster: Cluster, target: ServiceRef, one: ServiceVersion) -> ServiceLevel:
    is_broker = target.role is Role.BROKER and not cluster.kraft
    own = frozenset(cluster.own(cluster.nodes[target.host])) if is_broker else frozenset()
    versions_of = (one.version, one.running_version, one.saved_version)
    node = cluster.nodes[target.host]
    java = service_upgrade.java_of(cluster, node, service_of(cluster, node, target.role))
    return ServiceLevel(target.name, one.role, *versions_of, one.pins, one.running_pins, own, one.javas, java)


def _features(cluster: Cluster, services: Iterable[ServiceRef]) -> dict[ServiceRef, NodeFeatures]:
    """Return the features of each broker and controller that answers."""

    def asked(target: ServiceRef) -> NodeFeatures | None:
        node = cluster.nodes[target.host]
        of = endpoint.of_broker if target.role is Role.BROKER else endpoint.of_controller
        try:
            return features.read(partial(ask, of(cluster, node), seconds=LOOK))
        except Unreachable:
            return None

    named = [one for one in services if one.role is not Role.ZOOKEEPER]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(asked, named))
    return {one: answer for one, answer in zip(named, answers, strict=True) if answer}


def finalized(answers: Iterable[NodeFeatures]) -> dict[str, int] | None:
    """Return the finalized features by the newest of several answers; None where nobody answers."""
    newest = max(answers, key=lambda one: one.epoch, default=None)
    return dict(newest.finalized) if newest else None
