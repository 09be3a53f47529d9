"""Service ref: one service of one host, and what stops with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Leaving

LABELS = {Role.BROKER: "broker", Role.CONTROLLER: "controller", Role.ZOOKEEPER: "ZooKeeper server"}


@dataclass(frozen=True)
class ServiceRef:
    """A service of a host by role and id; `voter` of the KRaft quorum."""

    host: str
    role: Role
    unit: str
    id: int
    voter: bool = False

    @property
    def name(self) -> str:
        """Return host and service, for messages."""
        return f"{self.host} ({self.label})"

    @property
    def label(self) -> str:
        """Return the service in Kafka's terms: broker 1, controller 101, ZooKeeper server 1."""
        return f"{LABELS[self.role]} {self.id}"


def targets(cluster: Cluster, hosts: Iterable[str], roles: Sequence[str]) -> tuple[ServiceRef, ...]:
    """Return the services in some roles on some hosts, in the order of hosts.ini."""
    found = ((cluster.nodes[host], service) for host in hosts for service in services(cluster, cluster.nodes[host]))
    return tuple(_target(node, service) for node, service in found if service.role in roles)


def _target(node: Node, service: Service) -> ServiceRef:
    voter = service.role == Role.CONTROLLER or (service.role == Role.BROKER and node.combined)
    return ServiceRef(node.host, service.role, service.unit, service.id, voter)


def leaving(group: Iterable[ServiceRef]) -> Leaving:
    """Return the brokers, voters and servers that are down while a group of targets is stopped."""
    group = tuple(group)
    return Leaving(
        brokers=frozenset(one.id for one in group if one.role == Role.BROKER),
        voters=frozenset(one.id for one in group if one.voter),
        servers=frozenset(one.id for one in group if one.role == Role.ZOOKEEPER),
    )
