"""MovePass checks: what must be so before a pass of a live change, asked of hosts and of every new listener."""

import socket
import time
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Port
from kafka_fab.cluster.roles import broker, endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.cluster.values import listener
from kafka_fab.cluster.values.role import Role
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client import api_versions, broker_connection
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.lock_refusal import SECURING
from kafka_fab.locking.operation_error import GATE, OperationError
from kafka_fab.operate.hosts import services
from kafka_fab.operate.security import listener_changes, open_connections
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.operate.security.open_connections import OpenConnections
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet
from kafka_fab.runbook.codes import MoveCode
from kafka_fab.typed_command import FAB

# A voter of 4.1 and later reports its listeners within three fetch timeouts.
REPORTED_WITHIN = 40.0
LOOK, BETWEEN_LOOKS = 5.0, 5.0
SHOWN = 10


def require(hosts: Fleet, found: Sequence[ListenerChange], step: MovePass, drop_clients: bool, idle: int) -> None:
    """Raise OperationError where a pass must not begin; `idle` seconds without clients before a listener closes."""
    if step is MovePass.ADD:
        _require_free_ports(hosts, found)
    if step is MovePass.SWITCH:
        _require_handshakes(hosts.cluster, found)
        _require_voters(hosts.cluster, found)
    if step is MovePass.REMOVE and not drop_clients:
        _require_no_clients(hosts, found, idle)


def require_names(cluster: Cluster) -> None:
    """Raise OperationError where clients would be given a name, at the canary's listener, that cannot be resolved."""
    first = next(iter(cluster.settings.security.listeners), "").upper()
    for node in cluster.brokers:
        told = listener.read(broker.properties(cluster, node).get(broker.ADVERTISED, ""))
        for name in (one.host for one in told if one.name == first):
            try:
                socket.getaddrinfo(name, None)
            except OSError:
                text = (
                    f"{node.host}: listener {first} would be advertised as {name}, which this machine cannot resolve, "
                    "so that the canary cannot use it: correct `advertise` in conf/cluster.yaml, or run without a "
                    "canary (--no-canary)"
                )
                raise OperationError(GATE, text, MoveCode.NO_HANDSHAKE) from None


def _require_free_ports(hosts: Fleet, found: Sequence[ListenerChange]) -> None:
    """Raise OperationError where another process listens at a port that a service is to open."""
    wanted: dict[str, list[str]] = {}
    for change in found:
        for port in sorted(_ports(change.wanted) - _ports(change.running)):
            wanted.setdefault(change.target.host, []).append(script.call(Port(port, change.target.unit)))
    done = hosts.run(lambda c: services.run(c, wanted[c.original_host]), SECURING, wanted)
    failures = [f"{one.host}: {one.error}" for one in done if one.error]
    if failures:
        raise OperationError(GATE, f"nothing was restarted: {'; '.join(failures[:SHOWN])}", MoveCode.NOT_POSSIBLE)


def require_closed(cluster: Cluster, closed: Collection[tuple[str, int]]) -> None:
    """Raise OperationError where a port that was closed accepts connections; `closed` are hosts and ports."""
    for host, port in sorted(closed):
        if not broker_connection.refuses(Endpoint(cluster.nodes[host].address, port)):
            text = f"{host}: port {port} is to be closed, but accepts connections"
            raise OperationError(GATE, text, MoveCode.STILL_OPEN)


def closing(found: Sequence[ListenerChange]) -> set[tuple[str, int]]:
    """Return the hosts and ports that the change closes."""
    return {(change.target.host, port) for change in found for port in _ports(change.running) - _ports(change.wanted)}


def _ports(properties: listener_changes.Properties) -> set[int]:
    client_ports = {int(properties[key]) for key in transition.CLIENT_PORTS if properties.get(key, "").isdecimal()}
    return client_ports | {one.port for one in running_config.listeners(properties)}


def _require_handshakes(cluster: Cluster, found: Sequence[ListenerChange]) -> None:
    """Raise OperationError where a listener that services are to connect by does not answer."""
    failures = [str(problem) for change in found for problem in _unanswered(cluster, change)]
    if failures:
        text = "; ".join(failures[:SHOWN])
        raise OperationError(GATE, f"nothing was restarted: {text}", MoveCode.NO_HANDSHAKE)


def _unanswered(cluster: Cluster, change: ListenerChange) -> Iterator[Unreachable]:
    node = cluster.nodes[change.target.host]
    try:
        if change.target.role is Role.ZOOKEEPER:
            four_letter_words.mode(cluster, node, LOOK)
            return
        for one in transition.connected_by(change.wanted):
            api_versions.finalized_features(partial(ask, endpoint.at(cluster, node, one), seconds=LOOK))
    except Unreachable as problem:
        yield problem


def _require_voters(cluster: Cluster, found: Sequence[ListenerChange]) -> None:
    """Raise OperationError where a dynamic quorum's record lacks a voter's new listener."""
    if not (cluster.kraft and cluster.dynamic_quorum):
        return
    names = {transition.controllers_name(change.wanted) for change in found if change.target.role is not Role.ZOOKEEPER}
    missing: list[int] = []

    def all_known() -> bool:
        led = kraft_quorum.describe(cluster, LOOK)
        missing[:] = [voter.id for voter in led.voters if not names <= led.listeners.get(voter.id, frozenset())]
        return not missing

    if not until(all_known, REPORTED_WITHIN):
        voters, name = ", ".join(map(str, missing)), ", ".join(sorted(names))
        text = (
            f"nothing was restarted: the quorum does not know listener {name} of voter {voters} after "
            f"{REPORTED_WITHIN:.0f} s; controllers that connect by it would end with a fatal error"
        )
        raise OperationError(GATE, text, MoveCode.VOTER_LISTENER)


def _require_no_clients(hosts: Fleet, found: Sequence[ListenerChange], idle: int) -> None:
    """Raise OperationError at once where a client is connected to a listener that closes, within the idle seconds."""
    ports = {change.target.host: [one.port for one in change.closing] for change in found if change.closing}
    if not ports:
        return
    until_idle, told = time.monotonic() + idle, False
    while True:
        # On the cluster's own hosts, too: by now no service connects by a listener that closes.
        clients = open_connections.read(hosts, ports)
        if clients:
            raise OperationError(GATE, _connected(clients), MoveCode.CLIENTS_CONNECTED)
        left = until_idle - time.monotonic()
        if left <= 0:
            return
        if not told:
            print(f"no client is connected to what closes: waiting {idle} s whether one comes (--idle)", flush=True)
            told = True
        time.sleep(min(BETWEEN_LOOKS, left))


def _connected(clients: Sequence[OpenConnections]) -> str:
    named = [f"{one.peer} on {one.host}:{one.port}" for one in clients[:SHOWN]]
    more = f" and {len(clients) - SHOWN} more" if len(clients) > SHOWN else ""
    return (
        f"nothing was restarted: clients are connected to a listener that is to be closed: {', '.join(named)}{more}. "
        f"Move them to another listener first ({FAB} security.status), or disconnect them with --drop-clients"
    )
