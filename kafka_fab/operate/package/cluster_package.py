"""Cluster package: the configuration of a cluster's hosts, of which each takes its own."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import owner
from kafka_fab.cluster.roles.service import services
from kafka_fab.operate.package import documents, host_part, maintainer, packaged_secrets, tree_package
from kafka_fab.operate.package.host_part import HostPart
from kafka_fab.operate.package.maintainer import Packaged
from kafka_fab.operate.package.package import Format, Package, PackageEntry, directories
from kafka_fab.operate.package.package_version import Made

KAFKA, ZOOKEEPER = "kafka-cluster", "zookeeper-cluster"
NEEDRESTART = """\
# A package manager's restart would be no rolling one.
$nrconf{{override_rc}}{{qr(^({units})\\.service$)}} = 0;
"""


def packages(cluster: Cluster, made: Made, release: str, jar: Path | None) -> Iterator[Package]:
    """Yield the package of brokers and controllers, and that of ZooKeeper's servers; raise ConfigError."""
    for prefix, title in ((KAFKA, "Apache Kafka"), (ZOOKEEPER, "Apache ZooKeeper")):
        nodes = tuple(host_part.with_roles(cluster.nodes.values(), zookeeper=prefix == ZOOKEEPER))
        if nodes:
            yield _package(cluster, nodes, f"{prefix}-{package_name(cluster.name)}", title, made, release, jar)


def package_name(cluster: str) -> str:
    """Return a cluster's name as Debian lets packages be called."""
    return cluster.lower().replace("_", "-")


def _package(  # noqa: PLR0913, PLR0917 - what it is made of
    cluster: Cluster, nodes: tuple[Node, ...], name: str, title: str, made: Made, release: str, jar: Path | None
) -> Package:
    for node in nodes:
        packaged_secrets.refuse(node.host, host_part.resources(cluster, node))
    share = f"/usr/share/{name}"
    mine = jar if host_part.exporter_jar(cluster, nodes) else None
    parts = [host_part.of(cluster, node, name, share, mine) for node in nodes]
    identity = owner.written_id(cluster.folder)
    packaged = Packaged(name, cluster.name, identity, {part.host: part.owner for part in parts})
    needed = tree_package.name(cluster)
    return Package(
        name=name,
        version=made.version,
        release=release,
        summary=f"{title}: the configuration of cluster {cluster.name}",
        details=(
            f"A host takes its own files and units, by its name in hosts.ini: {len(parts)} hosts.\n"
            "The package starts, stops, restarts and enables nothing."
        ),
        epoch=made.epoch,
        entries=_entries(cluster, packaged, parts, share, mine, f"{made.version}-{release}", made.epoch),
        scripts=maintainer.of_cluster(packaged),
        provides=(name.removesuffix(f"-{package_name(cluster.name)}"),),
        depends={Format.DEB: (needed, "passwd"), Format.RPM: (needed, "/bin/sh", "/usr/sbin/useradd")},
    )


def _entries(  # noqa: PLR0913, PLR0917 - what it is made of
    cluster: Cluster,
    packaged: Packaged,
    parts: Iterable[HostPart],
    share: str,
    jar: Path | None,
    version: str,
    epoch: int,
) -> tuple[PackageEntry, ...]:
    files = [entry for part in parts for entry in part.entries]
    if jar:
        files.append(PackageEntry(f"{share}/{jar.name}", jar))
    program = PackageEntry(f"{share}/configure", maintainer.configure(packaged).encode(), 0o755)
    return (
        *directories([entry.path for entry in files], share),
        program,
        *files,
        _no_restart(cluster, packaged),
        *documents.entries(packaged.name, version, epoch),
    )


def _no_restart(cluster: Cluster, packaged: Packaged) -> PackageEntry:
    """Return the file that keeps needrestart, which Debian runs after an update of Java, away from the services."""
    is_mine = {host: cluster.nodes[host] for host in packaged.hosts}
    units = sorted({service.unit for node in is_mine.values() for service in services(cluster, node)})
    text = NEEDRESTART.format(units="|".join(units))
    path = f"/etc/needrestart/conf.d/{packaged.name}.conf"
    return PackageEntry(path, text.encode(), kind="config|noreplace", only=Format.DEB)
