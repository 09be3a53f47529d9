"""Settings of security: what the nodes speak among themselves, what clients may use, where certificates come from."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kafka_fab.cluster.settings.setting import (
    absent_or,
    checked,
    host_names,
    host_pattern,
    keyed,
    port_number,
    port_or_none,
    principals,
)
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.cluster.values.validator import Validator, matching, within
from kafka_fab.frozen_value import dataclass

# Kafka knows a listener by this name in capitals: these are the names of ours.
OUR_LISTENERS = ("replication", "controller", "controller_tls", "plaintext")


class Internal(StrEnum):
    """What brokers, controllers and ZooKeeper speak among themselves."""

    PLAINTEXT = "plaintext"
    MTLS = "mtls"


class LoginMethod(StrEnum):
    """How clients of a listener prove who they are."""

    PLAINTEXT = "plaintext"
    TLS = "tls"
    SCRAM = "scram"
    MTLS = "mtls"
    PLAIN = "plain"
    OAUTH = "oauth"
    KERBEROS = "kerberos"


class Authorize(StrEnum):
    """Whether ACLs are enforced; audit allows and logs what they would deny."""

    OFF = "false"
    AUDIT = "audit"
    ON = "true"


class CertificateSource(StrEnum):
    """Who signs the certificates of the nodes."""

    OWN = "own"
    COMMAND = "command"
    FILES = "files"


def _wrong_listener_name(name: str) -> str:
    wanted = matching("[a-z][a-z0-9_]{0,31}", "a name of small letters, digits and _")
    if name in OUR_LISTENERS:
        return f"{name} is a listener of kafka-fab's own: name it otherwise, such as clients"
    return wanted(name)


listener_name = Validator("a name of small letters, digits and _", _wrong_listener_name)


@dataclass(frozen=True)
class ClientListener:
    """A listener for clients: its port, how they log in, and how brokers advertise it."""

    port: int = checked(0, port_number, "the port on each broker")
    login: LoginMethod | None = checked(
        None,
        None,
        "`plain`, `oauth` and `kerberos` are rendered: their JAAS lines are yours, in `kafka.properties`",
    )
    advertise: str = checked(
        "", absent_or(host_pattern), "the name, and the port, that clients are given; empty: the address in hosts.ini"
    )


@dataclass(frozen=True)
class Certificates:
    """The certificates of the nodes and of kafka-fab."""

    source: CertificateSource = keyed(
        "from", CertificateSource.OWN, "`own`: a CA in pki/; `command`: signs a CSR; `files`: made elsewhere"
    )
    days: int = checked(90, within(1, 3650), "how long a certificate is valid; it is renewed at two thirds of that")
    names: tuple[str, ...] = checked((), host_names, "more names of each host; `{host}` is its name in hosts.ini")
    command: tuple[str, ...] = checked(
        (), None, "the command and its arguments: the CSR on standard input, the chain on standard output, as PEM"
    )
    cert: str = checked("", None, "the certificate chain of a host, beside hosts.ini; `{host}` is the host's name")
    key: str = checked("", None, "its private key (PKCS#8, not encrypted)")
    ca: str = checked("", None, "the certificates of the CA that the nodes trust")
    passphrase_from: SecretSource = checked(
        SecretSource(), None, "of the CA's private key; empty: a file below ~/.config/kafka-fab"
    )


@dataclass(frozen=True)
class PlaintextListener:
    """A plaintext listener beside the others, while clients of a running cluster move."""

    port: int = checked(0, port_or_none, "0: there is none")
    until: str = checked("", matching("(moved)?", "moved"), "`moved`: it is removed when the clients have moved")


@dataclass(frozen=True)
class ToolLogin:
    """A user for kafka-fab, where it cannot reach the listener between brokers."""

    user: str = checked("", None, "a user of the first listener of `security.listeners`")
    password_from: SecretSource = checked(SecretSource(), None, "where its password comes from")


@dataclass(frozen=True)
class Tool:
    """How kafka-fab itself connects."""

    cert: str = checked("", None, "its private key and certificate; empty: pki/fab.pem")
    login: ToolLogin = field(default_factory=ToolLogin)
    verify_as: str = checked(
        "", absent_or(host_pattern), "the name that a host's certificate must have, where a tunnel leads to it"
    )


@dataclass(frozen=True)
class Security:
    """TLS, logins and ACLs of the whole cluster: see docs/security.md."""

    internal: Internal = checked(Internal.PLAINTEXT, None, "between brokers, controllers and ZooKeeper")
    listeners: Mapping[str, ClientListener] = keyed(
        "listeners", {}, "the listeners for clients; the canary uses the first", check_name=listener_name
    )
    certificates: Certificates = field(default_factory=Certificates)
    clients_ca: str = checked("own", None, "which CA signs clients of `login: mtls`: `own`, or a file beside hosts.ini")
    admins: tuple[str, ...] = checked((), principals, "super users besides the nodes and kafka-fab")
    authorize: Authorize = checked(Authorize.OFF, None, "ACLs; `audit` allows everything and logs it")
    plaintext: PlaintextListener = field(default_factory=PlaintextListener)
    tool: Tool = field(default_factory=Tool)
    replication_port: int = checked(9091, port_number, "the listener between brokers")
    controller_port: int = checked(
        9095, port_number, "the controllers' listener with TLS; another than controller.port, so that both can be open"
    )
    zookeeper_port: int = checked(2182, port_number, "ZooKeeper's port for clients with TLS")

    @property
    def mtls(self) -> bool:
        """Return whether the nodes use TLS among themselves, each with its certificate."""
        return self.internal is Internal.MTLS

    @property
    def tls(self) -> bool:
        """Return whether brokers need certificates."""
        return self.mtls or any(one.login is not LoginMethod.PLAINTEXT for one in self.listeners.values())

    @property
    def enabled(self) -> bool:
        """Return whether anything is secured."""
        return self.mtls or bool(self.listeners)
