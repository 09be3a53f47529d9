"""Install: some or all steps of a host's desired state, brought about."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Data, Resource
from kafka_fab.cluster.roles import jmx_exporter, node_resources
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.hosts import ownership
from kafka_fab.operate.hosts.pending_change import classified
from kafka_fab.operate.preflight.host_questions import about_itself
from kafka_fab.remote.converge import FirstInstallCheck, converge
from kafka_fab.remote.push import push, push_file
from kafka_fab.remote.ssh.connection import Connection


def apply_steps(
    c: Connection, names: Collection[str] = node_resources.STEPS, preflight: bool = False, abandoned: Sequence[str] = ()
) -> None:
    """Converge some steps of an install on one host (default: all of them); `abandoned` are data directories."""
    cluster = load.cluster()
    node = cluster.nodes[c.original_host]
    ownership.settle(c.fleet)
    resources = wanted(cluster, node, dict.fromkeys(("owner", *names)), abandoned)
    if "download" in names:
        _push_jar(c, cluster, node)
    if not preflight:
        _push_archive(c, cluster, names)
        converge(c, resources, classify=classified(cluster), who=_who())
        return

    def judge(lines: Sequence[str]) -> None:
        _refuse_unfit(c, lines)
        _push_archive(c, cluster, names)

    # One script does it all: where this version is not there it looks first, and waits for the word.
    converge(
        c,
        resources,
        first_install=FirstInstallCheck(cluster.tree, about_itself(cluster, node), judge),
        classify=classified(cluster),
        who=_who(),
    )


@cache
def _who() -> str:
    """Return who installs, for an operation that is refused meanwhile: one name for all hosts."""
    return new_run("install", ()).words()


def wanted(cluster: Cluster, node: Node, names: Iterable[str], abandoned: Sequence[str] = ()) -> list[Resource]:
    """Return a node's resources of some steps, with the data directories that may be given up."""
    steps = node_resources.steps(cluster, node)
    given_up = directories(abandoned)
    return [
        replace(resource, abandoned=given_up) if isinstance(resource, Data) else resource
        for name in names
        for resource in steps[name]
    ]


def directories(typed: Iterable[str]) -> tuple[str, ...]:
    """Return the directories of a switch that may be given more than once, or with commas."""
    return tuple(word.strip() for text in typed for word in text.split(",") if word.strip())


def _push_archive(c: Connection, cluster: Cluster, names: Collection[str]) -> None:
    if cluster.pushes and "download" in names:
        push(c, cluster, cluster.cached_archive)


def _push_jar(c: Connection, cluster: Cluster, node: Node) -> None:
    jar = jmx_exporter.local_jar(cluster)
    if jar and (node.broker or node.controller):
        push_file(c, jar, jmx_exporter.agent(cluster), jmx_exporter.checksum(cluster))


def _refuse_unfit(c: Connection, lines: Sequence[str]) -> None:
    from kafka_fab.operate.preflight.preflight import before_install

    before_install(c, lines)
