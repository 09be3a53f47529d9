"""Install: some or all steps of the hosts' desired state."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache

from invoke.context import Context

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Data, Resource
from kafka_fab.cluster.roles import jmx_exporter, node_resources
from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.hosts import ownership
from kafka_fab.operate.hosts.pending_change import classified
from kafka_fab.operate.preflight.host_questions import about_itself
from kafka_fab.remote.converge import FirstInstallCheck, converge
from kafka_fab.remote.fleet import fleet, run_and_report
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.push import push, push_file
from kafka_fab.remote.ssh.connection import Connection


@dataclass(frozen=True)
class InstallOptions:
    """The task with its steps and switches; `abandon_dirs` as typed."""

    task: str
    steps: Sequence[str] = node_resources.STEPS
    json: bool = False
    preflight: bool = False
    abandon_dirs: Sequence[str] = ()


def install(c: Context, options: InstallOptions) -> None:
    """Converge some steps of an install on every host (default: all of them), and print what changed."""
    run_and_report(fleet(c), lambda host: _converge(host, options), options.task, options.json)


def _converge(c: Connection, options: InstallOptions) -> None:
    cluster, node = cluster_of(c), node_of(c)
    ownership.ensure_id(c.fleet)
    resources = desired(cluster, node, dict.fromkeys(("owner", *options.steps)), options.abandon_dirs)
    if "download" in options.steps:
        _push_jar(c, cluster, node)
    if not options.preflight:
        _push_archive(c, cluster, options.steps)
        converge(c, resources, classify=classified(cluster), who=_who())
        return

    def judge(lines: Sequence[str]) -> None:
        _refuse_unfit(c, lines)
        _push_archive(c, cluster, options.steps)

    # One script does it all: on a host without this version it first reports facts, and waits for the verdict.
    check = FirstInstallCheck(cluster.tree, about_itself(cluster, node), judge)
    converge(c, resources, first_install=check, classify=classified(cluster), who=_who())


@cache
def _who() -> str:
    """Return who installs, for the message to an operation that is refused meanwhile; the same on all hosts."""
    return new_run("install", ()).words()


def desired(cluster: Cluster, node: Node, steps: Iterable[str], abandon_dirs: Sequence[str] = ()) -> list[Resource]:
    """Return a node's resources of some steps; the data in `abandon_dirs` may be lost."""
    resources = node_resources.steps(cluster, node)
    abandoned = directories(abandon_dirs)
    return [
        replace(resource, abandoned=abandoned) if isinstance(resource, Data) else resource
        for step in steps
        for resource in resources[step]
    ]


def directories(typed: Iterable[str]) -> tuple[str, ...]:
    """Return the directories of a switch that may be given more than once, or with commas."""
    return tuple(word.strip() for text in typed for word in text.split(",") if word.strip())


def _push_archive(c: Connection, cluster: Cluster, steps: Collection[str]) -> None:
    if cluster.pushes and "download" in steps:
        push(c, cluster, cluster.cached_archive)


def _push_jar(c: Connection, cluster: Cluster, node: Node) -> None:
    jar = jmx_exporter.local_jar(cluster)
    if jar and (node.broker or node.controller):
        push_file(c, jar, jmx_exporter.agent(cluster), jmx_exporter.checksum(cluster))


def _refuse_unfit(c: Connection, lines: Sequence[str]) -> None:
    from kafka_fab.operate.preflight.preflight import before_install

    before_install(c, lines)
