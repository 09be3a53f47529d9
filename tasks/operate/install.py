"""Install: some or all steps of a host's desired state, brought about."""

from collections.abc import Collection

from tasks.cluster import host, load
from tasks.remote.connection import Connection
from tasks.remote.converge import converge
from tasks.remote.push import push


def bring_about(c: Connection, names: Collection[str] = host.STEPS) -> None:
    """Converge some steps of an install on one host (default: all of them)."""
    cluster = load.cluster()
    if cluster.pushes and "download" in names:
        push(c, cluster, cluster.cached_archive)
    steps = host.steps(cluster, cluster.nodes[c.original_host])
    converge(c, [resource for name in names for resource in steps[name]])
