"""Leftovers: keys and certificates that a service has run with, and that no service uses after a move."""

from collections.abc import Iterator, Mapping, Sequence

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Absent
from kafka_fab.cluster.roles import node_store, owner
from kafka_fab.cluster.security import stores
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection

Files = Mapping[str, tuple[str, ...]]


def files(cluster: Cluster, before: Sequence[ListenerChange], after: Sequence[ListenerChange]) -> Files:
    """Return by host the files of stores that services ran with before a move, and of which none is in use after it."""
    found = {host: tuple(_of_host(cluster, host, before, after)) for host in cluster.inventory.hosts}
    return {host: paths for host, paths in found.items() if paths}


def _of_host(
    cluster: Cluster, host: str, before: Sequence[ListenerChange], after: Sequence[ListenerChange]
) -> Iterator[str]:
    node = cluster.nodes[host]
    wanted = dict(node_store.folders(cluster, node)) if node_store.is_needed(cluster, node) else {}
    for folder in dict.fromkeys((cluster.kafka.config_dir, cluster.zookeeper.config_dir)):
        paths, used = node_store.paths(folder), _values(before, host)
        named = {path for path in paths if path in used}
        if named and folder not in wanted and not any(path in _values(after, host) for path in paths):
            # A file of this name may be somebody else's where no service has named it.
            yield from (path for path in paths if path in named or path != stores.secrets_file(folder))


def _values(found: Sequence[ListenerChange], host: str) -> str:
    return "\n".join(value for one in found if one.target.host == host for value in one.running.values())


def remove(hosts: Fleet, unused: Files) -> None:
    """Remove files from their hosts; end the run where a host fails."""

    def work(c: Connection) -> None:
        converge(c, [owner.of(cluster_of(c), node_of(c)), *map(Absent, unused[c.original_host])])

    require_success(hosts.run(work, "leftovers", unused))


def text(unused: Files) -> str:
    """Return what was removed, and what stays."""
    return (
        f"removed the keys and certificates that no service uses any more, on {', '.join(unused)}; pki/, users and "
        "ACLs stay: a later move uses them again"
    )
