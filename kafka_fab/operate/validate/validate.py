"""Validate: checks that the cluster, as ZooKeeper, controllers, brokers and hosts report it, matches hosts.ini."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, jmx_exporter, kraft
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live import broker_view, kraft_quorum
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words, session_ids
from kafka_fab.live.zookeeper.four_letter_words import Registry
from kafka_fab.operate.hosts import running, services, storage
from kafka_fab.operate.validate import kraft_verdict, tls_check, tree_contents, zookeeper_verdict
from kafka_fab.operate.validate.expectation import Expectation
from kafka_fab.operate.validate.kraft_verdict import KraftFindings
from kafka_fab.operate.validate.zookeeper_verdict import Findings
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import coded


def validate(c: Context, deep: bool = False, json: bool = False) -> None:
    """Check that the live cluster matches hosts.ini; exit with 1 where it differs."""
    hosts = fleet(c, quiet=True)
    found = (*checked(hosts), *(tree_contents.checks(hosts) if deep else ()))
    wrong = sum(not check.ok for check in found)
    if json:
        checks = {"ok": not wrong, "checks": [asdict(check) for check in found]}
        print(document("validate", hosts.cluster.name, checks))
    else:
        print(_table(found))
        verdict = f", {wrong} failed" if wrong else ": the cluster matches hosts.ini"
        print(f"{len(found)} checks{verdict}")
    if wrong:
        raise Exit(code=1)


def checked(hosts: Fleet) -> tuple[Expectation, ...]:
    """Return every check of the cluster, whatever -H has chosen."""
    cluster = hosts.cluster
    if cluster.kraft:
        found = kraft_verdict.checks(cluster, kraft_findings(hosts))
    else:
        found = zookeeper_verdict.checks(cluster, findings(hosts))
    # Where services listen is known by now.
    return (*found, *tls_check.checks(cluster))


def findings(hosts: Fleet) -> Findings:
    """Return what a cluster with ZooKeeper reports."""
    cluster = hosts.cluster
    # The hosts come first: they report where their services listen.
    disk = hosts.run(lambda c: _files(c, cluster), "validate", cluster.inventory.hosts)
    with ThreadPoolExecutor(max_workers=50) as pool:
        servers = {node.host: pool.submit(four_letter_words.server, cluster, node) for node in cluster.ensemble}
        views = {node.host: pool.submit(broker_view.view, cluster, node) for node in cluster.brokers}
        sessions = {node.host: pool.submit(session_ids.connected, cluster, node) for node in _sharing_sessions(cluster)}
        registry = pool.submit(_registry, cluster)
        return Findings(
            disk=_read(disk),
            servers={host: server.result() for host, server in servers.items()},
            registry=registry.result(),
            views={host: view.result() for host, view in views.items()},
            unreachable=_unread(disk),
            sessions={host: ids.result() for host, ids in sessions.items()},
        )


def _sharing_sessions(cluster: Cluster) -> tuple[Node, ...]:
    """Return the servers whose session ids do not contain their own id."""
    return () if cluster.release.sessions_name_server else cluster.ensemble


def kraft_findings(hosts: Fleet) -> KraftFindings:
    """Return what a KRaft cluster reports."""
    cluster = hosts.cluster
    disk = hosts.run(lambda c: _files(c, cluster), "validate", cluster.inventory.hosts)
    with ThreadPoolExecutor(max_workers=50) as pool:
        views = {node.host: pool.submit(broker_view.view, cluster, node) for node in cluster.brokers}
        features = {where: pool.submit(kraft_quorum.features, place) for where, place in processes(cluster)}
        led = pool.submit(kraft_quorum.described, cluster)
        described, reason = led.result()
        return KraftFindings(
            disk=_read(disk),
            quorum=described,
            no_quorum=reason,
            views={host: view.result() for host, view in views.items()},
            features={where: feature.result() for where, feature in features.items()},
            cluster_id=storage.written_id(cluster) or _first_id(disk),
            unreachable=_unread(disk),
        )


def processes(cluster: Cluster) -> Iterator[tuple[str, Endpoint]]:
    """Yield each process's name and address: controllers at their own listener, brokers at the clients'."""
    for node in cluster.controllers:
        yield f"{node.host} (controller)", endpoint.of_controller(cluster, node)
    for node in cluster.brokers:
        yield f"{node.host} (broker)", endpoint.of_broker(cluster, node)


def _first_id(disk: list[HostProgress]) -> str:
    files = (keys for progress in disk if not progress.error for keys in progress.value.values())
    return next((keys["cluster.id"] for keys in files if keys.get("cluster.id")), "")


def _read(disk: list[HostProgress]) -> dict[str, dict[str, dict[str, str]]]:
    return {progress.host: progress.value for progress in disk if not progress.error}


def _unread(disk: list[HostProgress]) -> dict[str, str]:
    return {progress.host: progress.error for progress in disk if progress.error}


def _registry(cluster: Cluster) -> Registry | None:
    try:
        with four_letter_words.client(cluster, seconds=5) as kazoo:
            return four_letter_words.registry(kazoo)
    except Unreachable:
        return None


def _files(c: Connection, cluster: Cluster) -> dict[str, dict[str, str]]:
    node = node_of(c)
    commands = [join(("keys", f"{cluster.zookeeper.data_dir}/myid"))] if node.zookeeper else []
    if node.broker or node.controller:
        metas = (f"{directory}/meta.properties" for directory in kraft.directories(cluster, node))
        keys = ("node.id", "cluster.id", "directory.id") if cluster.kraft else ("broker.id", "cluster.id")
        commands += [join(("keys", meta, *keys)) for meta in metas]
    url = jmx_exporter.url(cluster, node)
    commands += [join(("metrics", url))] if url else []
    changes = services.run(c, [*commands, *running.commands(cluster, node)])
    running.keep(cluster, node.host, changes)
    return {change.name: _values(change.detail) for change in changes if change.kind in ("keys", "metrics")}


def _values(detail: str) -> dict[str, str]:
    return key_values(detail) or {"reason": detail}


def _table(found: tuple[Expectation, ...]) -> str:
    rows: list[tuple[str, ...]] = [("", "check", "where", "expected", "found")]
    rows += [("ok" if c.ok else "FAILED", c.check, c.where, c.expected, _found(c)) for c in found]
    return report.table(rows)


def _found(check: Expectation) -> str:
    return check.found if check.ok else coded(check.found, check.code)
