"""Wires page: the table of connections in docs/security.md, made from the settings and their defaults. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.security_settings import ClientListener, Internal, LoginMethod, Security
from kafka_fab.cluster.wires import Wire, Wires

MARK = "<!-- wires: docs/refresh --generated -->"
HEAD = "| from, to | plaintext | with `internal: mtls` |\n|---|---|---|"
PLAIN = Settings()
CLIENTS = {"NAME": ClientListener(9094, LoginMethod.SCRAM)}
SECURED = replace(PLAIN, security=Security(internal=Internal.MTLS, listeners=CLIENTS))


def text(page: str) -> str:
    """Return the page with its table made anew; the prose around it is kept."""
    before, _, rest = page.partition(MARK)
    _, _, after = rest.partition(MARK)
    table = "\n".join([HEAD, *_rows()])
    return f"{before}{MARK}\n{table}\n\n{MARK}{after}"


def _rows() -> Iterator[str]:
    plain, secured = Wires.of(PLAIN), Wires.of(SECURED)
    zookeeper, kafka = PLAIN.zookeeper, PLAIN.kafka
    yield _row("you, hosts: every change", "22", "22, SSH")
    yield _row("brokers, brokers; kafka-fab, brokers", _port(plain.brokers[0]), _port(secured.brokers[0]))
    clients = f"one port for each listener, such as {_setting(secured.brokers[1])}: by its `login`"
    yield _row("clients, brokers", _port(plain.brokers[0]), clients)
    yield _row("nodes, controllers; kafka-fab, controllers", _port(plain.controller), _port(secured.controller))
    yield _row("brokers, ZooKeeper; kafka-fab, ZooKeeper", _port(plain.zookeeper), _port(secured.zookeeper))
    for name, port in (("peer_port", zookeeper.peer_port), ("election_port", zookeeper.election_port)):
        where = f"{port} (`zookeeper.{name}`)"
        yield _row("ZooKeeper, ZooKeeper", where, f"{where}, certificate")
    yield _row("monitoring, JMX", f"off; `kafka.jmx.port` on {kafka.jmx.address}, password", "the same; loopback only")
    exporter = "loopback only, or TLS by your own `kafka.exporter.rules`"
    yield _row(
        "monitoring, exporter", "off; `kafka.exporter.port` on each host's address, plain HTTP", f"off; {exporter}"
    )
    yield _row("hosts, mirror: the archive", "80 or 443", "the same")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _port(wire: Wire) -> str:
    return f"{_setting(wire)}{', certificate' if wire.tls else ''}"


def _setting(wire: Wire) -> str:
    return f"{wire.port} (`{wire.setting}`)"
