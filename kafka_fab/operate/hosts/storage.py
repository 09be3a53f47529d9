"""Storage: the cluster id, and the directories of KRaft nodes, which are formatted with it once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from shlex import join

from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.identity import migration, voters
from kafka_fab.cluster.identity.voters import MetadataDir, Storage
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import kraft, node_resources
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import Problem, refuse_errors
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.live import kraft_quorum
from kafka_fab.live.zookeeper import migration_znode
from kafka_fab.operate.hosts import services
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection

ID_FILE = "cluster.id"
# Kafka generates 22 characters of base64; other tools use their own ids.
IDENTITY = re.compile(r"[!-~]{1,64}")
LOOK = 2.0


@dataclass(frozen=True)
class StorageState:
    """The directories of all hosts, as each host reports them; `unknown` are the hosts that do not, and why."""

    values: dict[str, dict[str, dict[str, str]]]
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, str]:
        """Return the cluster ids by host and directory."""
        each = ((host, path, values) for host, reported in self.values.items() for path, values in reported.items())
        return {f"{host}:{path}/meta.properties": x["cluster.id"] for host, path, x in each if x.get("cluster.id")}

    @property
    def has_run(self) -> bool:
        """Return whether any node has ever run; a formatted directory alone does not show that."""
        return any(values["used"] == "1" for reported in self.values.values() for values in reported.values())


def format_storage(hosts: Fleet) -> list[HostProgress]:
    """Format the unformatted directories of the chosen hosts with the cluster id.

    Raises Exit, before anything is formatted, where a voter would lose its votes.
    """
    cluster = hosts.cluster
    found = _look(hosts)
    cluster_id = identify(cluster, found.ids)
    storage = controller_storage(cluster, found)
    _refuse(hosts, storage, "formatted or started")
    risks = voters.risks(storage)

    def work(c: Connection) -> None:
        if c.original_host in risks:
            c.progress.changes.append(Change("note", "format", c.original_host, risks[c.original_host]))
        _format(c, cluster, cluster_id, found.has_run)

    return require_success(hosts.run(work, "start"))


def refuse_empty(hosts: Fleet) -> None:
    """End the run, before anything is stopped, where a start of the chosen hosts would refuse an empty disk."""
    _refuse(hosts, controller_storage(hosts.cluster, _look(hosts)), "stopped")


def _refuse(hosts: Fleet, storage: Storage, what: str) -> None:
    refused = voters.refusals(storage, hosts.hosts)
    if refused:
        lines = "\n".join(f"    {host}: {problem}" for host, problem in refused.items())
        raise Exit(f"nothing was {what}:\n{lines}", code=1)


def controller_storage(cluster: Cluster, found: StorageState) -> Storage:
    """Return the controllers' disks, with the voters where they are needed to judge them."""
    disks = tuple(_disk(cluster, node, found) for node in cluster.controllers)
    if all(disk.formatted for disk in disks):
        return Storage(disks, found.has_run)
    led = kraft_quorum.described(cluster, LOOK)[0] if found.has_run else None
    zookeepers = migration.servers(cluster.running.values())
    migrations = tuple(migration_znode.read(servers, LOOK) for servers in zookeepers)
    return Storage(disks, found.has_run, kraft_quorum.voters(cluster, led) if led else None, migrations)


def report_problems(hosts: Fleet, done: Iterable[HostProgress]) -> None:
    """Set, as the error of each of these hosts, that its controller's disk is not the disk of its voter."""
    found = _look(hosts)
    if not found.has_run:
        return
    cluster = hosts.cluster
    storage, led = controller_storage(cluster, found), kraft_quorum.described(cluster, LOOK)[0]
    wrong = voters.replaced(storage.disks, kraft_quorum.voters(cluster, led)) if led else {}
    wrong |= voters.refusals(storage, hosts.hosts)
    for progress in done:
        if progress.host in wrong:
            progress.error = progress.error or str(wrong[progress.host])


def disks(hosts: Fleet) -> tuple[MetadataDir, ...]:
    """Return the disks of all controllers, as their hosts report them now."""
    found = _look(hosts)
    return tuple(_disk(hosts.cluster, node, found) for node in hosts.cluster.controllers)


def _disk(cluster: Cluster, node: Node, found: StorageState) -> MetadataDir:
    path = kraft.metadata_directory(cluster, node)
    if node.host in found.unknown:
        assert node.controller
        return MetadataDir(node.host, node.controller.id, path, error=found.unknown[node.host])
    return voters.disk(node, path, found.values[node.host][path])


def identify(cluster: Cluster, ids: Mapping[str, str]) -> str:
    """Return the cluster id: the one in the file cluster.id, else the one of the hosts, else a new one.

    Raises Exit where two ids differ. The id is written to the file when it is first known.
    """
    file = cluster.folder / ID_FILE
    written: dict[str, str] = {str(file): written_id(cluster)} if written_id(cluster) else {}
    places: dict[str, str] = {}
    for place, identity in {**written, **ids}.items():
        places.setdefault(identity, place)
    if len(places) > 1:
        found = "; ".join(f"{place} has {identity}" for identity, place in places.items())
        remedy = "Correct hosts.ini or cluster.id, or move the other cluster's data away"
        raise Exit(f"the cluster ids differ: {found}. {remedy}", code=1)
    identity = next(iter(places), "") or kraft.new_cluster_id()
    if not written:
        text_file.write(file, f"{identity}\n")
    return identity


def written_id(cluster: Cluster) -> str:
    """Return the cluster id in the file cluster.id beside hosts.ini, or nothing."""
    content, problems = text_file.read(cluster.folder / ID_FILE, ID_FILE)
    identity = content.strip()
    if identity and not IDENTITY.fullmatch(identity):
        remedy = "write the cluster.id of a host's meta.properties into it, or remove it"
        problems = [Problem(ID_FILE, 1, f"holds no cluster id: {remedy}")]
    refuse_errors(load.placed(cluster.folder, problems))
    return identity


def _look(hosts: Fleet) -> StorageState:
    cluster = hosts.cluster
    done = hosts.run(lambda c: look(c, cluster), "start", cluster.inventory.hosts)
    return StorageState(
        {progress.host: progress.value for progress in done if not progress.error},
        {progress.host: progress.error for progress in done if progress.error},
    )


def look(c: Connection, cluster: Cluster) -> dict[str, dict[str, str]]:
    """Return what a host reports of each directory: whether it is formatted, with which ids, and used."""
    directories = kraft.directories(cluster, node_of(c))
    reported = services.run(c, [join(("storage", *directories))])
    return {change.name: key_values(change.detail) for change in reported}


def _format(c: Connection, cluster: Cluster, cluster_id: str, has_run: bool) -> None:
    node = node_of(c)
    c.progress.doing = "reading the storage"
    directories = kraft.directories(cluster, node)
    options = kraft.format_options(cluster, node, cluster_id, has_run)
    unit = services.service_of(cluster, node, Role.BROKER if node.broker else Role.CONTROLLER).unit
    starts = (unit, cluster.settings.paths.link)
    command = ("format_storage", cluster.kafka.user, *starts, *directories, "--", *options)
    services.run(c, [*map(script.call, node_resources.steps(cluster, node)["preconditions"]), join(command)])
