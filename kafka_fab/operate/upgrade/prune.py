"""Prune: `fab prune`: trees of versions that nothing starts from, runs from or leads back to any more."""

from collections.abc import Iterable

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import release
from kafka_fab.cluster.resource import TreeAbsent
from kafka_fab.cluster.roles import owner
from kafka_fab.cluster.upgrade.service_version import ServiceVersion, tree_version
from kafka_fab.operate.hosts import versions
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import fleet, run_and_report
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection


def prune(c: Context, keep: int, json: bool) -> None:
    """Remove old trees on every host but the newest ones."""
    if keep < 1:
        raise Exit(f"--keep {keep}: must be at least 1", code=1)
    run_and_report(fleet(c), lambda host: _prune(host, keep), "prune", json)


def _prune(c: Connection, keep: int) -> None:
    cluster, node = cluster_of(c), node_of(c)
    old = removable(cluster, versions.read_on(c), keep)
    converge(c, [owner.of(cluster, node), *map(TreeAbsent, old)])


def removable(cluster: Cluster, found: Iterable[ServiceVersion], keep: int) -> tuple[str, ...]:
    """Return the trees of a host that are neither in use, nor the wanted one, nor among the newest."""
    services = tuple(found)
    used = {tree for one in services for tree in (one.starts, one.runs, one.saved)} | {cluster.tree}
    trees = sorted({tree for one in services for tree in one.trees}, key=_rank, reverse=True)
    kept = used | set(trees[:keep])
    return tuple(tree for tree in trees if tree not in kept)


def _rank(tree: str) -> tuple[release.Version, str]:
    parts = [part for part in tree_version(tree).split(".") if part.isdecimal()]
    return tuple(map(int, parts)), tree
