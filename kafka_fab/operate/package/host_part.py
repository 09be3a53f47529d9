"""Host part: what a cluster's package holds for one host, as an install renders it, and what it brings about there."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shlex import join

from kafka_fab.cluster import resource
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import File, Resource
from kafka_fab.cluster.roles import jmx_exporter, node_resources, node_store, owner
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.security import stores
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.package.maintainer import call
from kafka_fab.operate.package.package import PackageEntry
from kafka_fab.remote import script

# Java is its own package's, the tree another one's; whether a unit is enabled is the operator's to decide; a port is
# held against what listens there when the service starts; keys are made on the host, by an install.
LEFT_OUT = (
    resource.Java, resource.Download, resource.Tree, resource.Units, resource.Port, resource.Owner, resource.NodeStore,
    resource.Pkcs12,
)  # fmt: skip


@dataclass(frozen=True)
class HostPart:
    """A host's files and calls in a package."""

    host: str
    entries: tuple[PackageEntry, ...]
    owner: str


def of(cluster: Cluster, node: Node, package: str, share: str, jar: Path | None) -> HostPart:
    """Return a host's part; the node has the roles of the package alone."""
    items = resources(cluster, node)
    folder = f"{share}/hosts/{node.host}"
    data = tuple(path for service in services(cluster, node) for path in service.data)
    files = [item for item in items if isinstance(item, File) and not _is_data(item, data)]
    program = f"{share}/{jar.name}" if jar else ""
    calls = [*script.lookups(items), *(_call(item, data, folder, program) for item in items)]
    entries = (
        PackageEntry(f"{folder}/resources.sh", "".join(f"{line}\n" for line in calls).encode()),
        *(PackageEntry(f"{folder}/files{file.path}", content(file).encode()) for file in files),
    )
    return HostPart(node.host, entries, owner_calls(cluster, cluster.nodes[node.host], package))


def resources(cluster: Cluster, node: Node) -> list[Resource]:
    """Return what a package brings about on a host, in the order of an install."""
    steps = node_resources.steps(cluster, node)
    keys = {stores.node_store(folder) for folder, _ in node_store.folders(cluster, node)}
    return [
        item
        for step in node_resources.STEPS
        for item in steps[step]
        if not isinstance(item, LEFT_OUT) and not (isinstance(item, File) and item.path in keys)
    ]


def owner_calls(cluster: Cluster, node: Node, package: str) -> str:
    """Return the calls that keep a package away from a host at work, or of another cluster."""
    # Not whoever has built the package: every builder's has the same bytes.
    whose = replace(owner.of(cluster, node), by=package)
    return "\n".join([join(("lock_host", "", f"package {package}", *whose.arguments)), script.call(whose)])


def content(file: File) -> str:
    """Return a file's content as it is on a host."""
    return file.content.rstrip("\n") + "\n"


def exporter_jar(cluster: Cluster, nodes: Iterable[Node]) -> bool:
    """Return whether some node loads the exporter's agent, which the package then has along."""
    return bool(cluster.kafka.exporter.port) and any(node.broker or node.controller for node in nodes)


def _is_data(file: File, directories: tuple[str, ...]) -> bool:
    """Return whether a file is among a service's data, such as ZooKeeper's id, and stays when a package goes."""
    return file.path.startswith(tuple(f"{directory}/" for directory in directories))


def _call(item: Resource, data: tuple[str, ...], folder: str, jar: str) -> str:
    if isinstance(item, File) and not _is_data(item, data):
        checksum = sha256(content(item).encode()).hexdigest()
        words = (item.path, item.owner, item.group, item.mode, checksum, f"{folder}/files{item.path}")
        return call("want_packaged_file", *words, *item.levels)
    if isinstance(item, resource.Link):
        return call("want_packaged_link", item.path, item.target)
    if isinstance(item, resource.Asset):
        return call("want_packaged_asset", item.path, jar, item.checksum)
    own = script.call(item)
    return own.replace("want_sysctl", "want_packaged_sysctl", 1) if isinstance(item, resource.Sysctl) else own


def agent_name(cluster: Cluster) -> str:
    """Return the file name of the exporter's agent."""
    return Path(jmx_exporter.agent(cluster)).name


def with_roles(nodes: Iterable[Node], zookeeper: bool) -> Iterator[Node]:
    """Yield the nodes that have a role of the package, without their other roles."""
    for node in nodes:
        mine = replace(node, broker=None, controller=None) if zookeeper else replace(node, zookeeper=None)
        if mine.broker or mine.controller or mine.zookeeper:
            yield mine
