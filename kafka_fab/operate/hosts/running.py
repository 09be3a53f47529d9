"""Running: the configuration that services run with, read over SSH and kept in Cluster.running."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change, key_values, read_changes
from kafka_fab.cluster.identity import host_membership
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.cluster.resource import RunningConfig
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.running_config import Endpoint, RemovedLogDir, Running
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.client import broker_connection
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.operate.hosts.storage import written_id
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of, ownership_check
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import LockCode, coded

# As where another operation holds the lock: nothing was begun.
REFUSED = 2
LOOK = 2.0


def commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that report the configuration that each service of a node runs with."""
    return [join(("running", role, snapshot, file)) for role, snapshot, file in files(cluster, node)]


def files(cluster: Cluster, node: Node) -> Iterator[tuple[str, str, str]]:
    """Yield each service's role, its main file as it was at the start, and that file."""
    for service in services_of(cluster, node):
        for item in service.module.steps(cluster, node)["running-config"]:
            if isinstance(item, RunningConfig):
                yield service.role, f"{item.snapshot}/{Path(item.files[0]).name}", item.files[0]


def live_fleet(c: Context, quiet: bool = True) -> Fleet:
    """Return the fleet of a task that asks the live cluster, with the addresses on which services really listen.

    Where every service listens as configured, no host is asked over SSH; where one runs with other listeners, all are.
    """
    hosts = fleet(c, quiet=quiet)
    nodes = list(hosts.cluster.nodes.values())
    with ThreadPoolExecutor(max_workers=50) as pool:
        elsewhere = list(pool.map(lambda node: _elsewhere(hosts.cluster, node), nodes))
    some = [node.host for node, missing in zip(nodes, elsewhere, strict=True) if missing]
    before = {host: _asked(hosts.cluster, host) for host in some}
    if some:
        read(hosts, some)
    if any(_asked(hosts.cluster, host) != asked for host, asked in before.items()):
        # Others may run more listeners than the one that answered: all are asked at one that they share.
        read(hosts, [node.host for node in nodes if node.host not in some])
    return hosts


def _elsewhere(cluster: Cluster, node: Node) -> bool:
    return any(broker_connection.refuses(one) for one in endpoint.of_node(cluster, node))


def read(hosts: Fleet, some: Iterable[str] | None = None) -> dict[str, str]:
    """Read what runs on all hosts of the cluster, or on some; return the hosts of other clusters, and why.

    A chosen host that does not answer is returned with its error.
    """
    cluster = hosts.cluster
    quiet, hosts.quiet = hosts.quiet, True
    try:
        done = hosts.run(lambda c: read_on(c, cluster), "look", cluster.inventory.hosts if some is None else some)
    finally:
        hosts.quiet = quiet
    reasons = {one.host: one.error if one.host in hosts.hosts else "" for one in done if one.error}
    reasons |= {one.host: coded(one.value, LockCode.FOREIGN_HOST) for one in done if one.value}
    return {host: reason for host, reason in reasons.items() if reason}


def read_on(c: Connection, cluster: Cluster) -> str:
    """Read what runs on one host; return why its services are not this cluster's, or nothing."""
    node = node_of(c)
    text = script.with_library("\n".join([ownership_check(c), *commands(cluster, node)]), apply=False)
    changes = read_changes(channel.run(c, text).output.splitlines())
    keep(cluster, c.original_host, changes)
    return "; ".join(change.detail for change in changes if change.kind == "owner" and change.status == "failed")


def keep(cluster: Cluster, host: str, changes: Iterable[Change]) -> bool:
    """Keep a host's report of its services; return whether their addresses have changed by it."""
    before = _asked(cluster, host)
    cluster.running.update({(host, Role(role)): one for role, one in _running(changes).items()})
    return before != _asked(cluster, host)


def _asked(cluster: Cluster, host: str) -> tuple[tuple[Endpoint, ...], str]:
    return endpoint.of_node(cluster, cluster.nodes[host]), endpoint.chroot(cluster)


def _running(changes: Iterable[Change]) -> dict[str, Running]:
    kinds = ("running", "next", "cluster-id")
    found: dict[str, dict[str, dict[str, str]]] = {}
    versions: dict[str, str] = {}
    left: dict[str, list[RemovedLogDir]] = {}
    for change in changes:
        key, _, value = change.detail.partition("=")
        if change.kind in kinds:
            pairs = found.setdefault(change.name, {kind: {} for kind in kinds})[change.kind]
            pairs.update({key: value} if key else {})
        elif change.kind == "running-version":
            versions[change.name] = version_of(change.detail)
        elif change.kind == "leaves":
            words = key_values(change.detail)
            names = tuple(words["partitions"].split(","))
            left.setdefault(change.name, []).append(RemovedLogDir(words["directory"], len(names), names))
    return {
        role: Running(
            pairs["running"], pairs["next"], pairs["cluster-id"], tuple(left.get(role, ())), versions.get(role, "")
        )
        for role, pairs in found.items()
    }


def require_own(hosts: Fleet) -> None:
    """Read what runs on all hosts; end the run where a host or the ensemble is another cluster's."""
    others = read(hosts)
    if others:
        raise Exit("\n".join(f"{host}: {reason}" for host, reason in others.items()), code=REFUSED)
    cluster, written = hosts.cluster, written_id(hosts.cluster)
    found = host_membership.foreign(cluster, written)
    if found:
        raise Exit(coded(host_membership.described(found), LockCode.ANOTHER_CLUSTER), code=REFUSED)
    mismatch = host_membership.ensemble_mismatch(cluster, _stored_cluster_id(cluster), written)
    if mismatch:
        raise Exit(coded(mismatch, LockCode.ANOTHER_CLUSTER), code=REFUSED)


def _stored_cluster_id(cluster: Cluster) -> str:
    """Return the cluster id that is stored in ZooKeeper; nothing where there is none, or ZooKeeper does not answer."""
    if cluster.kraft:
        return ""
    try:
        with four_letter_words.client(cluster, LOOK) as kazoo:
            return four_letter_words.registry(kazoo).cluster_id
    except Unreachable:
        return ""
