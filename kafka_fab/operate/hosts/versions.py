"""Versions: the trees and levels of every service, read over SSH in one round trip a host."""

from collections.abc import Iterable
from itertools import chain
from shlex import join

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.upgrade import service_version
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.frozen_value import dataclass
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import node_of, ownership_check
from kafka_fab.remote.ssh.connection import Connection


@dataclass(frozen=True)
class VersionsRead:
    """The versions of services, and the hosts that did not answer, with the reason."""

    services: tuple[ServiceVersion, ...]
    unknown: dict[str, str]


def facts(cluster: Cluster, node: Node) -> str:
    """Return the command that reports the versions of a host's services."""
    own = ((service.unit, service.module.files(cluster)[0]) for service in services(cluster, node))
    return join(("look_versions", cluster.settings.paths.install, cluster.settings.paths.link, *chain(*own)))


def read(hosts: Fleet, some: Iterable[str] | None = None) -> VersionsRead:
    """Read the versions of the services on all hosts of the cluster, or on some."""
    cluster = hosts.cluster
    quiet, hosts.quiet = hosts.quiet, True
    try:
        done = hosts.run(read_on, "versions", cluster.inventory.hosts if some is None else some)
    finally:
        hosts.quiet = quiet
    found = tuple(chain.from_iterable(progress.value for progress in done if not progress.error))
    return VersionsRead(found, {progress.host: progress.error for progress in done if progress.error})


def read_on(c: Connection) -> tuple[ServiceVersion, ...]:
    """Read the versions of one host's services."""
    cluster: Cluster = c.fleet.cluster
    node = node_of(c)
    text = script.with_library(f"{ownership_check(c)}\n{facts(cluster, node)}", apply=False)
    return service_version.read(cluster, node, read_changes(channel.run(c, text).output.splitlines()))
