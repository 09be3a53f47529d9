"""Wires: the listeners that a secured cluster has when it runs as its settings say."""

from collections.abc import Iterator

from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.security_settings import LoginMethod, Security
from kafka_fab.cluster.values.listener import CONTROLLER, CONTROLLER_TLS
from kafka_fab.frozen_value import dataclass

REPLICATION, PLAINTEXT, SSL, SASL_SSL = "REPLICATION", "PLAINTEXT", "SSL", "SASL_SSL"
# Of the logins by SASL.
MECHANISMS = {
    LoginMethod.SCRAM: "SCRAM-SHA-512",
    LoginMethod.PLAIN: "PLAIN",
    LoginMethod.OAUTH: "OAUTHBEARER",
    LoginMethod.KERBEROS: "GSSAPI",
}
PROTOCOLS = {LoginMethod.PLAINTEXT: PLAINTEXT, LoginMethod.TLS: SSL, LoginMethod.MTLS: SSL}


@dataclass(frozen=True)
class Wire:
    """A listener: its name and port, its protocol, and the setting that its port is from."""

    name: str
    port: int
    protocol: str
    setting: str
    # Of a listener for clients.
    login: LoginMethod | None = None
    advertise: str = ""

    @property
    def tls(self) -> bool:
        """Return whether it uses TLS."""
        return self.protocol in (SSL, SASL_SSL)


@dataclass(frozen=True)
class Wires:
    """A cluster's listeners: those of brokers, which of them brokers use among themselves, and the controllers'."""

    brokers: tuple[Wire, ...]
    inter_broker: str
    controller: Wire
    # Which one kafka-fab asks.
    asked: str
    # Of a server, for its clients.
    zookeeper: Wire

    @classmethod
    def of(cls, settings: Settings) -> "Wires":
        """Return the listeners that the settings describe; those that stand in kafka.properties are not among them."""
        security = settings.security
        inner, controller, zookeeper = _with_tls(settings) if security.mtls else _in_plaintext(settings)
        clients = tuple(_clients(security))
        asked = clients[0] if security.tool.login.user and clients else inner
        return cls((inner, *clients, *_plaintext(security)), inner.name, controller, asked.name, zookeeper)

    def named(self, name: str) -> Wire:
        """Return a listener of brokers by its name."""
        return next(one for one in self.brokers if one.name == name)


def _with_tls(settings: Settings) -> tuple[Wire, Wire, Wire]:
    """Return the listeners of brokers among themselves, of controllers, and of ZooKeeper."""
    security = settings.security
    return (
        Wire(REPLICATION, security.replication_port, SSL, "security.replication_port"),
        Wire(CONTROLLER_TLS, security.controller_port, SSL, "security.controller_port"),
        Wire("secureClientPort", security.zookeeper_port, SSL, "security.zookeeper_port"),
    )


def _in_plaintext(settings: Settings) -> tuple[Wire, Wire, Wire]:
    return (
        Wire(PLAINTEXT, settings.kafka.port, PLAINTEXT, "kafka.port"),
        Wire(CONTROLLER, settings.controller.port, PLAINTEXT, "controller.port"),
        Wire("clientPort", settings.zookeeper.port, PLAINTEXT, "zookeeper.port"),
    )


def _clients(security: Security) -> Iterator[Wire]:
    for name, one in security.listeners.items():
        # Without a login it is refused; meanwhile it stands for a listener like the others.
        protocol = PROTOCOLS.get(one.login or LoginMethod.TLS, SASL_SSL)
        setting = f"security.listeners.{name}.port"
        yield Wire(name.upper(), one.port, protocol, setting, one.login, one.advertise)


def _plaintext(security: Security) -> Iterator[Wire]:
    if security.mtls and security.plaintext.port:
        yield Wire(PLAINTEXT, security.plaintext.port, PLAINTEXT, "security.plaintext.port", LoginMethod.PLAINTEXT)
