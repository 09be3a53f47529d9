"""What the specs expect of one host: values by the name of the parameter that a spec asks for.

A failing spec's report shows its parameters, so nothing that may hold a password is shown, or is in them at all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from infra.reach import Target
from tasks.cluster import broker, keeper, resource
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import File, Identity
from tasks.operate.services import log_file

Rows = list[tuple[str, Any]]


@dataclass(frozen=True)
class Service:
    """A role's service: its process, its ports and its log files."""

    unit: str
    user: str
    heap: str
    open_files: int
    main: str
    options: tuple[str, ...] = field(repr=False)
    config: str
    log4j: str
    ports: frozenset[int]
    link: str
    log: str
    log_files: tuple[str, ...]


@dataclass(frozen=True)
class LogFile:
    """A file that a service logs to."""

    path: str
    user: str


@dataclass(frozen=True)
class Written:
    """A file that an install writes: the sum of its content, its owner and its mode."""

    path: str
    sha256: str
    state: str


def services(cluster: Cluster, node: Node) -> list[Service]:
    """Return the services of a host."""
    parts = ((node.zookeeper, _zookeeper), (node.broker, _kafka))
    return [make(cluster, node) for member, make in parts if member]


def _kafka(cluster: Cluster, node: Node) -> Service:
    kafka = cluster.kafka
    config, log4j, _ = broker.config(cluster, node)
    listeners = broker.properties(cluster, node).get("listeners", "")
    return Service(
        unit=broker.UNIT,
        user=kafka.user,
        heap=kafka.heap,
        open_files=kafka.open_files,
        main="kafka.Kafka",
        options=_options(kafka.jvm_options, cluster),
        config=config.path,
        log4j=log4j.path,
        ports=frozenset(map(int, re.findall(r":(\d+)\s*(?:,|$)", listeners))) or frozenset({kafka.port}),
        link=cluster.settings.paths.link,
        log=log_file(cluster, "kafka"),
        log_files=_log_files(log4j),
    )


def _zookeeper(cluster: Cluster, node: Node) -> Service:
    zookeeper = cluster.zookeeper
    config, log4j, _ = keeper.config(cluster, node)
    # The peer port is the leader's alone; the election port is everybody's.
    ports = {zookeeper.port} | ({zookeeper.election_port} if len(cluster.ensemble) > 1 else set())
    return Service(
        unit=keeper.UNIT,
        user=zookeeper.user,
        heap=zookeeper.heap,
        open_files=zookeeper.open_files,
        main="org.apache.zookeeper.server.quorum.QuorumPeerMain",
        options=_options(zookeeper.jvm_options, cluster),
        config=config.path,
        log4j=log4j.path,
        ports=frozenset(ports),
        link=cluster.settings.paths.link,
        log=log_file(cluster, "zookeeper"),
        log_files=_log_files(log4j),
    )


def _options(own: str, cluster: Cluster) -> tuple[str, ...]:
    return tuple((own or cluster.release.jvm_options).split())


def _log_files(log4j: File) -> tuple[str, ...]:
    return tuple(re.findall(r"^log4j\.appender\.\w+\.File=(/\S+)$", log4j.content, re.MULTILINE))


def _of(kind: type) -> Callable[[Cluster, Target], Rows]:
    def rows(_: Cluster, target: Target) -> Rows:
        found = [item for item in target.resources if isinstance(item, kind)]
        return [(getattr(item, "path", "") or getattr(item, "name", "") or item.unit, item) for item in found]

    return rows


def _files(_: Cluster, target: Target) -> Rows:
    return [(file.path, _written(file)) for file in target.resources if isinstance(file, File)]


def _written(file: File) -> Written:
    content = f"{file.content.rstrip(chr(10))}\n"
    state = f"regular file {file.owner}:{file.group} {file.mode}"
    return Written(file.path, sha256(content.encode()).hexdigest(), state)


def _identities(cluster: Cluster, target: Target) -> Rows:
    # A key in meta.properties is there only where the version keeps one; myid (no key) always is.
    rows = _of(Identity)(cluster, target)
    return [(path, item) for path, item in rows if cluster.release.keeps_identity or not item.key]


def _services(cluster: Cluster, target: Target) -> Rows:
    return [(service.unit, service) for service in services(cluster, target.node)]


def _log_file_rows(cluster: Cluster, target: Target) -> Rows:
    found = services(cluster, target.node)
    return [(path, LogFile(path, service.user)) for service in found for path in service.log_files]


EXPECTED: dict[str, Callable[[Cluster, Target], Rows]] = {
    "user": _of(resource.User),
    "directory": _of(resource.Directory),
    "file": _files,
    "tree": _of(resource.Tree),
    "link": _of(resource.Link),
    "in_step": _of(resource.InStep),
    "identity": _identities,
    "service": _services,
    "log_file": _log_file_rows,
    "broker": lambda _, target: [("", target.node)] if target.node.broker else [],
    "server": lambda _, target: [("", target.node)] if target.node.zookeeper else [],
}
