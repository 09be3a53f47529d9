"""TLS: what each secured listener serves, whom it refuses, and that nothing listens beside it."""

import socket
import ssl
from contextlib import suppress

from testinfra.host import Host

from kafka_fab.cluster.resource import NodeStore, Pkcs12
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.values.connection_security import Tls
from kafka_fab.live.client.tls_context import context_for
from tests.infra.expect import Service, TlsListener
from tests.infra.facts import listeners, process, stat, text

SECONDS = 10
# ApiVersions, version 0, without a client's name, as Kafka frames it; and ZooKeeper's four letters.
QUESTIONS = {"ZOOKEEPER": b"srvr"}
API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
# The record that ends a TLS connection.
ALERT = b"\x15\x03"


def test_the_listener_shows_a_valid_certificate_of_this_host(tls_listener: TlsListener) -> None:
    where = tls_listener.endpoint
    assert where.tls
    with _connected(where, where.tls) as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_whoever_shows_no_certificate_is_refused(closed_listener: TlsListener) -> None:
    where = closed_listener.endpoint
    assert where.tls
    answer = b""
    # With TLS 1.3 a client hears of it with the first answer.
    with suppress(OSError), _connected(where, Tls(where.tls.ca)) as connection:
        connection.sendall(QUESTIONS.get(closed_listener.name, API_VERSIONS))
        answer = connection.recv(1024)
    assert answer == b""


def test_plaintext_is_not_answered(tls_listener: TlsListener) -> None:
    where, answer = tls_listener.endpoint, b""
    with suppress(OSError), socket.create_connection((where.address, where.port), SECONDS) as plain:
        plain.sendall(QUESTIONS.get(tls_listener.name, API_VERSIONS))
        answer = plain.recv(1024)
    assert answer[:2] in (b"", ALERT)


def _connected(where: Endpoint, tls: Tls) -> ssl.SSLSocket:
    plain = socket.create_connection((where.address, where.port), SECONDS)
    try:
        return context_for(tls).wrap_socket(plain, server_hostname=where.verified_name)
    except OSError:
        plain.close()
        raise


def test_nothing_else_is_open(host: Host, secured_service: Service) -> None:
    pid = process(host, secured_service.unit).pid
    listening = {port for port, pids in listeners(host).items() if pid in pids}
    assert listening <= secured_service.may_listen


def test_the_certificate_on_the_host_is_the_issued_one(host: Host, node_store: NodeStore) -> None:
    for path, _, _ in node_store.stores:
        found = text(host, path)
        assert node_store.chain.strip() in found, f"{path} has another certificate: see `fab plan`"


def test_only_the_service_reads_the_private_key(host: Host, node_store: NodeStore) -> None:
    for path, owner, group in node_store.stores:
        assert stat(host, path) == f"regular file {owner}:{group} 440"


def test_only_the_service_reads_the_pkcs12_store(host: Host, pkcs12: Pkcs12) -> None:
    for path in (pkcs12.path, pkcs12.secrets):
        assert stat(host, path) == f"regular file {pkcs12.owner}:{pkcs12.group} 440"
