"""Show security: each listener that runs, its protocol, who is connected, and the pass of a live change that is due."""

import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import SSL, RunningListener
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.operate.hosts import running
from kafka_fab.operate.security import change_text, listener_changes, open_connections
from kafka_fab.operate.security.listener_changes import ListenerChange, Properties
from kafka_fab.operate.security.open_connections import OpenConnections
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.typed_command import FAB

SHOWN = 5
DISCARD = 9
# What ZooKeeper's client ports are called in its file.
SECURE = "secureClientPort"


@dataclass(frozen=True)
class Peer:
    """Who is connected: an address, or the name of a host of the cluster."""

    name: str
    connections: int
    is_host: bool = False


@dataclass(frozen=True)
class OpenListener:
    """A listener that runs: `login` is what the settings have for it; `closes` with the change that is due."""

    host: str
    service: str
    name: str
    port: int
    protocol: str
    login: str
    closes: bool
    clients: tuple[Peer, ...]


def show(c: Context, json: bool = False) -> None:
    """Print every listener with its clients; end with code 1 where a service does not run or cannot be read."""
    hosts = fleet(c, quiet=True)
    running.require_own(hosts)
    found = listener_changes.read(hosts.cluster)
    try:
        listeners = _open(hosts, found)
    except OperationError as problem:
        raise Exit(problem.text, code=1) from problem
    step = listener_changes.due(found)
    stopped = [change.target.name for change in listener_changes.stopped(found)]
    if json:
        content = {"listeners": list(map(asdict, listeners)), "pass": step, "stopped": stopped}
        print(document("security.status", hosts.cluster.name, content))
    else:
        print(text(listeners, change_text.title(step) if step else "", stopped, _own_addresses(hosts.cluster)))
    if stopped:
        raise Exit(code=1)


def text(listeners: Sequence[OpenListener], due: str, stopped: Sequence[str] = (), own: Collection[str] = ()) -> str:
    """Return the table of listeners, each client of those that close, what is stopped, and the pass that is due.

    `own` are addresses of this machine: kafka-fab itself connects from it.
    """
    rows: list[Sequence[object]] = [("host", "service", "listener", "port", "protocol", "login", "clients")]
    rows += [
        (one.host, one.service, one.name, one.port, one.protocol, one.login or "-", _few(one.clients))
        for one in listeners
    ]
    closing = sorted(
        {(peer.name, one.name) for one in listeners if one.closes for peer in one.clients if not peer.is_host}
    )
    ours = " (this machine: kafka-fab itself, or another client here)"
    still = [f"{peer}{ours * (peer in own)} is connected to {name}, which is to be closed" for peer, name in closing]
    down = [f"stopped, with no listener open: {', '.join(stopped)} ({FAB} start)"] if stopped else []
    table = [report.table(rows)] if listeners else []
    return "\n".join([*table, *still, *down, *([f"due: {due}"] if due else [])])


def _own_addresses(cluster: Cluster) -> frozenset[str]:
    """Return the addresses from which this machine connects to the hosts."""
    return frozenset(filter(None, (_source(node.address) for node in cluster.nodes.values())))


def _source(address: str) -> str:
    # The system chooses the address without a packet sent.
    try:
        [(family, kind, protocol, _, place), *_] = socket.getaddrinfo(address, DISCARD, type=socket.SOCK_DGRAM)
        with socket.socket(family, kind, protocol) as sender:
            sender.connect(place)
            return str(sender.getsockname()[0])
    except OSError:
        return ""


def _few(clients: Sequence[Peer]) -> str:
    named = [f"{one.name} ({one.connections})" if one.connections > 1 else one.name for one in clients[:SHOWN]]
    more = [f"and {len(clients) - SHOWN} more"] if len(clients) > SHOWN else []
    return ", ".join([*named, *more]) or "-"


def _open(hosts: Fleet, found: Sequence[ListenerChange]) -> list[OpenListener]:
    listeners = [(change, one) for change in found for one in _listeners(change.running)]
    ports: dict[str, list[int]] = {}
    for change, one in listeners:
        ports.setdefault(change.target.host, []).append(one.port)
    connected = open_connections.read(hosts, ports)
    return [_shown(hosts.cluster, change, one, connected) for change, one in listeners]


def _listeners(properties: Properties) -> Iterator[RunningListener]:
    yield from running_config.listeners(properties)
    for key in transition.CLIENT_PORTS:
        port = properties.get(key, "")
        if port.isdecimal():
            yield RunningListener(key, "", int(port), SSL if key == SECURE else running_config.PLAINTEXT)


def _shown(
    cluster: Cluster, change: ListenerChange, one: RunningListener, connected: Sequence[OpenConnections]
) -> OpenListener:
    target = change.target
    clients = tuple(
        Peer(other.peer, other.count, other.is_host)
        for other in connected
        if (other.host, other.port) == (target.host, one.port)
    )
    said = cluster.settings.security.listeners.get(one.name.lower())
    ours = "certificate" if one.protocol == SSL and not said else ""
    login = (said.login or "") if said and target.role is Role.BROKER else ours
    closes = one.port not in {other.port for other in _listeners(change.wanted)}
    return OpenListener(target.host, target.label, one.name, one.port, one.protocol, login, closes, clients)
