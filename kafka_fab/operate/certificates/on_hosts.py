"""On hosts: the certificates that are in each host's stores, and those that its services have started with."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import join

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import certificate
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.resource import RunningConfig
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass

HELD, ON_DISK = "certificate-held", "certificate-on-disk"


@dataclass(frozen=True)
class ServiceCertificate:
    """A service's certificate: the one in its store, and the one that it has started with, where it runs."""

    host: str
    role: Role
    on_disk: Certificate | None
    held: Certificate | None

    @property
    def needs_restart(self) -> bool:
        """Return whether the service goes on, in part, with another certificate than the one on disk."""
        return self.held is not None and self.held != self.on_disk


def commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that report the certificates of each service of a node; none where it has none."""
    return [join(("held_certificate", role, held, store)) for role, held, store in _stores(cluster, node)]


def _stores(cluster: Cluster, node: Node) -> Iterator[tuple[Role, str, str]]:
    for service in services_of(cluster, node):
        for item in service.module.steps(cluster, node)["running-config"]:
            files = item.files if isinstance(item, RunningConfig) else ()
            for path in files:
                if path == stores.node_store(str(Path(path).parent)):
                    yield service.role, f"{item.snapshot}/{Path(path).name}", path


def read(cluster: Cluster, host: str, changes: Iterable[Change]) -> tuple[ServiceCertificate, ...]:
    """Return the certificates that a host has reported."""
    found = {
        (change.kind, change.name): _decoded(change.detail) for change in changes if change.kind in (HELD, ON_DISK)
    }
    roles = [service.role for service in services_of(cluster, cluster.nodes[host])]
    return tuple(
        ServiceCertificate(host, role, found.get((ON_DISK, role)), found.get((HELD, role)))
        for role in roles
        if {(ON_DISK, role), (HELD, role)} & found.keys()
    )


def _decoded(text: str) -> Certificate:
    return certificate.of_der(base64.b64decode(text))


def trust_commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that report the CAs that each running service of a node has started with."""
    return [
        join(("held_trust", role, str(Path(held).with_name(Path(stores.trust_store("x")).name))))
        for role, held, _ in _stores(cluster, node)
    ]


def read_trust(changes: Iterable[Change]) -> dict[Role, tuple[Certificate, ...]]:
    """Return the CAs that each running service has started with."""
    found: dict[Role, tuple[Certificate, ...]] = {}
    for change in changes:
        if change.kind == "trust-held":
            role = Role(change.name)
            found[role] = (*found.get(role, ()), _decoded(change.detail))
    return found
