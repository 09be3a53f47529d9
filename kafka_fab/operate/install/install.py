"""Install: some or all steps of the hosts' desired state."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from invoke.context import Context

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Data, Owner, Resource, RunningConfig
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

if TYPE_CHECKING:
    from kafka_fab.operate.certificates.issue import Issuer


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
    hosts = fleet(c)
    issuer = issuer_of(hosts.cluster) if "config" in options.steps else None
    done = run_and_report(hosts, lambda host: _install(host, options, issuer), options.task, options.json)
    if not hosts.cluster.kraft and any(map(is_new_file, chain.from_iterable(one.changes for one in done))):
        from kafka_fab.operate.lifecycle.join_levels import join_levels

        # A reboot may start a new broker before anybody does.
        join_levels(hosts)


def is_new_file(change: Change) -> bool:
    """Return whether a host had no such file."""
    return change.kind == "file" and any(line.startswith("@@ -0,0 ") for line in change.diff[:3])


def issuer_of(cluster: Cluster) -> "Issuer | None":
    """Return what issues certificates where the cluster has TLS; raise ConfigError where there is no CA."""
    if not cluster.settings.security.tls:
        return None
    from kafka_fab.operate.certificates.issue import Issuer

    return Issuer(cluster)


def _install(c: Connection, options: InstallOptions, issuer: "Issuer | None") -> None:
    cluster, node = cluster_of(c), node_of(c)
    ownership.ensure_id(c.fleet)
    resources = desired(cluster, node, dict.fromkeys(("owner", *options.steps)), options.abandon_dirs)
    if issuer is None:
        _converge(c, options, resources)
        return
    began = datetime.now(UTC)
    resources = issuer.judged(node, resources)
    changes = _converge(c, options, resources)
    issued = issuer.answer(node, changes, began)
    if issued:
        # The host has made a key and asked for its certificate.
        rest = [one for one in resources if isinstance(one, Owner | RunningConfig)]
        converge(c, [*rest[:1], *issued, *rest[1:]], classify=classified(cluster), who=_who())


def _converge(c: Connection, options: InstallOptions, resources: Sequence[Resource]) -> list[Change]:
    cluster, node = cluster_of(c), node_of(c)
    if "download" in options.steps:
        _push_jar(c, cluster, node)
    if not options.preflight:
        _push_archive(c, cluster, options.steps)
        return converge(c, resources, classify=classified(cluster), who=_who())

    def judge(lines: Sequence[str]) -> None:
        _refuse_unfit(c, lines)
        _push_archive(c, cluster, options.steps)

    # One script does it all: on a host without this version it first reports facts, and waits for the verdict.
    check = FirstInstallCheck(cluster.tree, about_itself(cluster, node), judge)
    return converge(c, resources, first_install=check, classify=classified(cluster), who=_who())


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
