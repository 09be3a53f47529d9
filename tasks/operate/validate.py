"""Validate: the cluster as ZooKeeper, the hosts and the brokers see it, against hosts.ini."""

import json as json_text
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster.model import Cluster
from tasks.live import broker, zookeeper
from tasks.live.verdict import Check, Findings, checks
from tasks.live.wire import Silent
from tasks.live.zookeeper import Registry
from tasks.operate import services
from tasks.remote import report
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet, fleet


def validate(c: Context, json: bool = False) -> None:
    """Hold the live cluster against hosts.ini: ensemble, registered brokers, ids, and each broker's own view."""
    hosts = fleet(c, quiet=True)
    found = checks(hosts.cluster, findings(hosts))
    wrong = sum(not check.ok for check in found)
    if json:
        print(json_text.dumps({"ok": not wrong, "checks": [asdict(check) for check in found]}, indent=2))
    else:
        print(_table(found))
        print(
            f"{len(found)} checks, {wrong} differ"
            if wrong
            else f"{len(found)} checks: the cluster is what hosts.ini says"
        )
    if wrong:
        raise Exit(code=1)


def findings(hosts: Fleet) -> Findings:
    """Return what the whole cluster says of itself; -H does not limit a cluster's idea of itself."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=50) as pool:
        servers = {node.host: pool.submit(zookeeper.server, cluster, node) for node in cluster.ensemble}
        views = {node.host: pool.submit(broker.view, cluster, node) for node in cluster.brokers}
        registry = pool.submit(_registry, cluster)
        disk = hosts.run(lambda c: _files(c, cluster), "validate", cluster.inventory.hosts)
        return Findings(
            disk={progress.host: progress.value for progress in disk if not progress.error},
            servers={host: server.result() for host, server in servers.items()},
            registry=registry.result(),
            views={host: view.result() for host, view in views.items()},
            unreachable={progress.host: progress.error for progress in disk if progress.error},
        )


def _registry(cluster: Cluster) -> Registry | None:
    try:
        with zookeeper.client(cluster, seconds=5) as kazoo:
            return zookeeper.registry(kazoo)
    except Silent:
        return None


def _files(c: Connection, cluster: Cluster) -> dict[str, dict[str, str]]:
    node = services.node_of(c)
    commands = [join(("keys", f"{cluster.zookeeper.data_dir}/myid"))] if node.zookeeper else []
    if node.broker:
        metas = (f"{directory}/meta.properties" for directory in cluster.kafka.log_dirs)
        commands += [join(("keys", meta, "broker.id", "cluster.id")) for meta in metas]
    return {change.name: services.words(change.detail) for change in services.say(c, commands)}


def _table(found: tuple[Check, ...]) -> str:
    rows: list[tuple[str, ...]] = [("", "check", "where", "expected", "found")]
    rows += [("ok" if c.ok else "DIFFERS", c.what, c.where, c.expected, c.found) for c in found]
    return report.table(rows)
