"""Strangers: clients that have no part in a secured cluster, and what its listeners and znodes let them do."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import authority, certificate, keys
from kafka_fab.cluster.pki.authority import Authority, Leaf
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.live.client import trust_probe
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.operate.certificates import authorities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The subject of all nodes, which must be of no use without the nodes' CA.
NODE = "kafka-node"


@dataclass(frozen=True)
class Strangers:
    """Certificates: of another CA, of the clients' CA, and of the nodes' CA with another subject than a node's."""

    foreign: Path
    client: Path
    other: Path

    @classmethod
    def of(cls, cluster: Cluster, folder: Path) -> Strangers:
        """Issue them into a folder."""
        clients = authorities.opened(
            cluster, stores.clients_ca_certificate(cluster.folder), stores.clients_ca_key(cluster.folder)
        )
        foreign = authority.new(Subject("foreign"), datetime.now(UTC))
        unit = principals.organizational_unit(cluster)
        return cls(
            foreign=_issued(foreign, Subject(NODE, unit), folder / "foreign.pem"),
            client=_issued(clients, Subject(NODE, unit), folder / "client.pem"),
            other=_issued(authorities.own(cluster), Subject("somebody", unit), folder / "other.pem"),
        )


def _issued(issuer: Authority, subject: Subject, file: Path) -> Path:
    key = keys.new_key()
    leaf = issuer.issue(key.public_key(), Leaf(subject, days=1), datetime.now(UTC))
    file.touch(mode=0o600)
    file.write_text(keys.plain(key) + certificate.written((leaf,)))
    return file


def listeners(cluster: Cluster) -> Iterator[tuple[Node, str, Endpoint]]:
    """Yield each listener with TLS, by its node and name."""
    for node in cluster.nodes.values():
        for name, where in endpoint.with_tls(cluster, node).items():
            yield node, name, where


def answered(cluster: Cluster, names: set[str], shown: Path | None) -> dict[str, str]:
    """Return what listeners of these names say to a client with a certificate, or without; nothing means an answer."""
    ca = stores.ca_certificate(cluster.folder)
    return {
        f"{node.host} {name}": trust_probe.answers(name, where, ca, shown)
        for node, name, where in listeners(cluster)
        if name in names
    }


def is_hung_up(address: str, port: int, ca: Path, shown: Path | None) -> bool:
    """Return whether a port ends the connection of a client with a certificate, or without, before any byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    if shown:
        context.load_cert_chain(shown)
    with (
        suppress(ssl.SSLError, ConnectionError),
        socket.create_connection((address, port), 5) as plain,
        context.wrap_socket(plain, server_hostname=address) as connection,
    ):
        return connection.recv(1) == b""
    return True


def znodes_are_closed(folder: Path) -> None:
    """Check that a certificate that is no node's, as kafka-fab's own, changes no znode, and reads no SCRAM keys."""
    from kazoo.exceptions import NoAuthError

    with four_letter_words.client(load.cluster(folder)) as kazoo:
        attempts: tuple[Callable[[], Any], ...] = (
            lambda: kazoo.get_children("/config/users"),
            lambda: kazoo.set("/brokers/topics/orders", b"{}"),
            lambda: kazoo.create("/brokers/ids/99", b"{}"),
            lambda: kazoo.create("/admin/delete_topics/orders"),
            lambda: kazoo.delete("/controller"),
        )
        for attempt in attempts:
            with pytest.raises(NoAuthError):
                attempt()
        assert "orders" in kazoo.get_children("/brokers/topics"), "reading topics is everybody's"
