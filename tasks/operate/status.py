"""Status: one line a service: what runs where, since when, in which version and role."""

import json as json_text
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster.model import Cluster, Node
from tasks.live import zookeeper
from tasks.live.wire import Silent
from tasks.live.zookeeper import Registry
from tasks.operate import services
from tasks.remote import report
from tasks.remote.change import Change
from tasks.remote.fleet import Fleet, fleet
from tasks.remote.progress import Progress


@dataclass(frozen=True)
class Line:
    """One service of one host."""

    host: str
    service: str
    id: int
    state: str
    up: str = "-"
    version: str = "-"
    role: str = "-"
    in_step: str = "-"


def status(c: Context, json: bool = False) -> None:
    """Show each service: its state, since when, its version and role, and whether a restart is due."""
    hosts = fleet(c, quiet=True)
    lines, silent = gather(hosts)
    if json:
        print(json_text.dumps({"services": [asdict(line) for line in lines], "unreachable": silent}, indent=2))
    else:
        print(_table(lines))
        print("\n".join(f"{host}: {reason}" for host, reason in silent.items()), end="\n" * bool(silent))
    if silent or any(line.state != "active" for line in lines):
        raise Exit(code=1)


def gather(hosts: Fleet) -> tuple[list[Line], dict[str, str]]:
    """Return a line for each service, and why some hosts did not answer."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=50) as pool:
        modes = {node.host: pool.submit(_mode, cluster, node) for node in cluster.ensemble}
        registry = pool.submit(_registry, cluster)
        done = hosts.run(lambda c: services.say(c, services.state_commands(cluster, services.node_of(c))), "status")
        seen = {host: mode.result() for host, mode in modes.items()}
        kept = registry.result()
    lines = [line for progress in done for line in _lines(cluster, progress, seen, kept)]
    return lines, {progress.host: progress.error for progress in done if progress.error}


def _mode(cluster: Cluster, node: Node) -> str:
    try:
        return zookeeper.mode(cluster, node, seconds=2)
    except Silent:
        return "no quorum"


def _registry(cluster: Cluster) -> Registry:
    try:
        with zookeeper.client(cluster, seconds=2) as kazoo:
            return zookeeper.registry(kazoo)
    except Silent:
        return Registry()


def _lines(cluster: Cluster, progress: Progress, modes: dict[str, str], registry: Registry) -> Iterable[Line]:
    node = cluster.nodes[progress.host]
    if progress.error:
        yield from (Line(node.host, role, services.number(node, role), "unreachable") for role in services.roles(node))
        return
    said: dict[tuple[str, str], Change] = {(change.kind, change.name): change for change in progress.changes}
    for role in services.roles(node):
        words = services.words(said["state", role].detail)
        running = words["ActiveState"] == "active"
        yield Line(
            host=node.host,
            service=role,
            id=services.number(node, role),
            state=words["ActiveState"],
            up=_uptime(words) if running else "-",
            version=words["Version"] or f"{words['Installed']} (installed)",
            role=_role(node, role, modes, registry) if running else "-",
            in_step=_in_step(said["in-step", role]) if running else "-",
        )


def _in_step(change: Change) -> str:
    return f"restart due: {change.detail}" if change.status == "restart" else "yes"


def _uptime(words: dict[str, str]) -> str:
    since = float(words["Uptime"]) - int(words["ActiveEnterTimestampMonotonic"]) / 1e6
    return str(timedelta(seconds=max(0, int(since))))


def _role(node: Node, role: str, modes: dict[str, str], registry: Registry) -> str:
    if role == "zookeeper":
        return modes[node.host]
    assert node.broker
    if node.broker.id not in registry.brokers:
        return "not registered"
    return "controller" if registry.controller == node.broker.id else "broker"


def _table(lines: list[Line]) -> str:
    rows: list[tuple[object, ...]] = [("host", "service", "id", "state", "up", "version", "role", "in step")]
    rows += [(x.host, x.service, x.id, x.state, x.up, x.version, x.role, x.in_step) for x in lines]
    return report.table(rows)
