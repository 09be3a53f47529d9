"""TLS check: each listener shows a valid certificate and is closed to others; no port without TLS is left open."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, jmx
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.cluster.values import address
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client import listener_probe
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.listener_probe import API_VERSIONS, SERVER_STATE
from kafka_fab.operate.validate.expectation import Expectation, same

NO_ANSWER, ANSWERED = "no answer", "answered"


@dataclass(frozen=True)
class TlsListener:
    """A listener with TLS: where it is, and whether it is closed to whoever shows no certificate."""

    host: str
    name: str
    endpoint: Endpoint
    asks_for_certificate: bool

    @property
    def question(self) -> bytes:
        """Return what a client would ask there first."""
        return SERVER_STATE if self.name == endpoint.ZOOKEEPER else API_VERSIONS

    def __str__(self) -> str:
        return f"{self.host} {self.name} ({self.endpoint.port})"


def checks(cluster: Cluster) -> tuple[Expectation, ...]:
    """Return the checks of every host's listeners; none where nothing has TLS."""
    nodes = cluster.nodes.values()
    with ThreadPoolExecutor(max_workers=50) as pool:
        shown = pool.map(
            lambda one: tuple(_of_listener(one)), chain.from_iterable(listeners(cluster, n) for n in nodes)
        )
        closed = pool.map(lambda node: tuple(_of_ports(cluster, node)), nodes)
        return tuple(chain.from_iterable((*shown, *closed)))


def listeners(cluster: Cluster, node: Node) -> tuple[TlsListener, ...]:
    """Return the listeners of a node that have TLS."""
    # A client of these shows none: it logs in by SASL, or not at all.
    open_to_all = {one.name for one in cluster.wires.brokers if one.login not in (None, LoginMethod.MTLS)}
    found = endpoint.with_tls(cluster, node).items()
    return tuple(TlsListener(node.host, name, where, name not in open_to_all) for name, where in found)


def _of_listener(one: TlsListener) -> Iterator[Expectation]:
    yield _certificate(one)
    found = _answer(listener_probe.answers_plaintext(one.endpoint, one.question))
    yield same("closed to plaintext", str(one), NO_ANSWER, found)
    if one.asks_for_certificate:
        found = _answer(listener_probe.answers_without_certificate(one.endpoint, one.question))
        yield same("closed without certificate", str(one), NO_ANSWER, found)


def _certificate(one: TlsListener) -> Expectation:
    expected = f"for {one.endpoint.verified_name}, by the nodes' CA"
    try:
        shown = listener_probe.verified(one.endpoint)
    except Unreachable as error:
        return Expectation("certificate", str(one), expected, str(error), ok=False)
    found = f"by {shown.leaf.issuer}, ends {shown.leaf.ends:%Y-%m-%d}, {shown.protocol}"
    return Expectation("certificate", str(one), expected, found, ok=True)


def _answer(answered: bool) -> str:
    return ANSWERED if answered else NO_ANSWER


def _of_ports(cluster: Cluster, node: Node) -> Iterator[Expectation]:
    """Yield whether each port that a cluster in plaintext would have open is closed."""
    for port in plaintext_ports(cluster, node):
        found = "open" if listener_probe.is_open(node.address, port) else "closed"
        yield same("plaintext port", address.place(node.host, port), "closed", found)


def plaintext_ports(cluster: Cluster, node: Node) -> tuple[int, ...]:
    """Return the ports that are to be closed on a node, since they had no TLS."""
    settings, wires = cluster.settings, cluster.wires
    if not settings.security.mtls:
        return ()
    kafka = bool(node.broker or node.controller)
    ports = {
        settings.kafka.port: bool(node.broker),
        settings.controller.port: bool(node.controller),
        settings.zookeeper.port: bool(node.zookeeper),
        settings.kafka.jmx.port: kafka and jmx.is_loopback(settings.kafka.jmx.address),
        settings.kafka.exporter.port: kafka and jmx.is_loopback(settings.kafka.exporter.address),
    }
    used = {one.port for one in (*wires.brokers, wires.controller, wires.zookeeper)}
    return tuple(port for port, applies in ports.items() if port and applies and port not in used)
