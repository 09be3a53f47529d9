"""Expected values of one host, by the name of the spec's parameter.

A failing spec's report shows its parameters, so nothing that may hold a password is shown, or is in them at all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from kafka_fab.cluster import resource
from kafka_fab.cluster.encode import java_properties
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import File, Identity
from kafka_fab.cluster.roles import jvm
from kafka_fab.cluster.roles.service import Service as Found
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.values import listener
from kafka_fab.operate.validate import tls_check
from tests.infra.reach import Target

Rows = list[tuple[str, Any]]
# What names a thing, in the order in which it is asked for.
LABELS = ("path", "name", "unit")
APPENDERS_FILE = re.compile(r"log4j\.appender\.\w+\.File")


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
    may_listen: frozenset[int]
    local_ports: int
    tree: str
    log: str
    log_files: tuple[str, ...]


@dataclass(frozen=True)
class LogFile:
    """A file that a service logs to."""

    path: str
    user: str


@dataclass(frozen=True)
class Data:
    """A directory that a service writes to; a broker's has partitions."""

    path: str
    user: str
    partitions: bool


@dataclass(frozen=True)
class Written:
    """A file that an install writes: the sum of its content, its owner and its mode."""

    path: str
    sha256: str
    state: str


def services(cluster: Cluster, node: Node) -> list[Service]:
    """Return the services of a host."""
    return [_service(cluster, node, found) for found in services_of(cluster, node)]


def _service(cluster: Cluster, node: Node, found: Found) -> Service:
    config, log4j = found.module.config(cluster, node)[:2]
    is_keeper = found.role == "zookeeper"
    its = cluster.zookeeper if is_keeper else cluster.kafka
    own = cluster.settings.controller.jvm_options if found.role == "controller" else its.jvm_options
    return Service(
        unit=found.unit,
        user=found.user,
        heap=found.heap,
        open_files=its.open_files,
        main="org.apache.zookeeper.server.quorum.QuorumPeerMain" if is_keeper else "kafka.Kafka",
        options=_options(own, cluster, its.config_dir),
        config=config.path,
        log4j=f"{cluster.release.log4j_option}{log4j.path}",
        ports=_ports(cluster, node, found),
        may_listen=_ports(cluster, node, found) | _beside(cluster, found),
        # With JMX Java opens a port of chance, too, for tools of the host itself: it hangs up on everybody else.
        local_ports=int(found.role != "zookeeper" and bool(cluster.kafka.jmx.port)),
        tree=cluster.tree,
        log=found.log,
        log_files=_log_files(log4j),
    )


def _ports(cluster: Cluster, node: Node, found: Found) -> frozenset[int]:
    if found.role == "zookeeper":
        # The peer port is the leader's alone; the election port is everybody's.
        return frozenset(found.ports) | ({cluster.zookeeper.election_port} if len(cluster.ensemble) > 1 else set())
    return listener.ports(found.module.properties(cluster, node).get("listeners", "")) or frozenset(found.ports)


def _beside(cluster: Cluster, found: Found) -> frozenset[int]:
    """Return the ports that a service may have open beside those that it must."""
    jmx, exporter = cluster.kafka.jmx.port, cluster.kafka.exporter.port
    return frozenset({cluster.zookeeper.peer_port} if found.role == "zookeeper" else {jmx, exporter})


def _options(own: str, cluster: Cluster, folder: str) -> tuple[str, ...]:
    # Options that hold a secret are read by `@FILE`, which the process's arguments show as it is.
    return tuple(jvm.performance(cluster, own, folder).split())


def _log_files(log4j: File) -> tuple[str, ...]:
    if log4j.path.endswith(".properties"):
        return tuple(
            value for name, value in java_properties.read(log4j.content).items() if APPENDERS_FILE.fullmatch(name)
        )
    return tuple(re.findall(r"^\s+fileName: (/\S+)$", log4j.content, re.MULTILINE))


def _of(kind: type) -> Callable[[Cluster, Target], Rows]:
    def rows(_: Cluster, target: Target) -> Rows:
        found = [item for item in target.resources if isinstance(item, kind)]
        return [(next(getattr(item, key) for key in LABELS if getattr(item, key, "")), item) for item in found]

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


def _data(cluster: Cluster, target: Target) -> Rows:
    found = services_of(cluster, target.node)
    kept = [Data(path, one.user, one.role == "kafka") for one in found for path in one.data]
    logs = [Data(one.log_folder, one.user, partitions=False) for one in found]
    return [(data.path, data) for data in (*kept, *logs)]


def _secured_services(cluster: Cluster, target: Target) -> Rows:
    return _services(cluster, target) if cluster.settings.security.mtls else []


def _tls_listeners(cluster: Cluster, target: Target) -> Rows:
    return [(one.name, one) for one in tls_check.listeners(cluster, target.node)]


def _closed_listeners(cluster: Cluster, target: Target) -> Rows:
    return [(name, one) for name, one in _tls_listeners(cluster, target) if one.asks_for_certificate]


EXPECTED: dict[str, Callable[[Cluster, Target], Rows]] = {
    "user": _of(resource.User),
    "directory": _of(resource.Directory),
    "file": _files,
    "tree": _of(resource.Tree),
    "link": _of(resource.Link),
    "running_config": _of(resource.RunningConfig),
    "identity": _identities,
    "service": _services,
    "secured_service": _secured_services,
    "tls_listener": _tls_listeners,
    "closed_listener": _closed_listeners,
    "node_store": _of(resource.NodeStore),
    "pkcs12": _of(resource.Pkcs12),
    "log_file": _log_file_rows,
    "data": _data,
    "controller": lambda _, target: [("", target.node)] if target.node.controller else [],
    "broker": lambda _, target: [("", target.node)] if target.node.broker else [],
    "server": lambda _, target: [("", target.node)] if target.node.zookeeper else [],
}
