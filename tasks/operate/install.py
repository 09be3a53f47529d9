"""Install: some or all steps of a host's desired state, brought about."""

from collections.abc import Iterable

from tasks.cluster import host, load
from tasks.remote.connection import Connection
from tasks.remote.converge import converge


def bring_about(c: Connection, names: Iterable[str] = host.STEPS) -> None:
    """Converge some steps of an install on one host (default: all of them)."""
    cluster = load.cluster()
    steps = host.steps(cluster, cluster.nodes[c.original_host])
    converge(c, [resource for name in names for resource in steps[name]])
