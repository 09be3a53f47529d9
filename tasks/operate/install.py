"""Install: some or all steps of a host's desired state, brought about."""

from collections.abc import Collection, Iterable

from tasks.cluster import exporter, host, load
from tasks.cluster.model import Cluster, Node
from tasks.operate.questions import about_itself
from tasks.remote.connection import Connection
from tasks.remote.converge import NotThere, converge
from tasks.remote.push import push, push_file


def bring_about(c: Connection, names: Collection[str] = host.STEPS, preflight: bool = False) -> None:
    """Converge some steps of an install on one host (default: all of them)."""
    cluster = load.cluster()
    node = cluster.nodes[c.original_host]
    steps = host.steps(cluster, node)
    resources = [resource for name in names for resource in steps[name]]
    if "download" in names:
        _push_jar(c, cluster, node)
    if preflight:
        # Where this version is there, one script does it all; elsewhere the same script looks first.
        try:
            converge(c, resources, over=cluster.tree, otherwise=about_itself(cluster, node))
        except NotThere as told:
            _refuse_unfit(c, told.lines)
        else:
            return
    if cluster.pushes and "download" in names:
        push(c, cluster, cluster.cached_archive)
    converge(c, resources)


def _push_jar(c: Connection, cluster: Cluster, node: Node) -> None:
    jar = exporter.local_jar(cluster)
    if jar and (node.broker or node.controller):
        push_file(c, jar, exporter.agent(cluster), exporter.checksum(cluster))


def _refuse_unfit(c: Connection, lines: Iterable[str]) -> None:
    from tasks.operate.preflight import before_install

    before_install(c, lines)
