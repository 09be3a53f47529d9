"""Listener probe: what a listener with TLS shows to kafka-fab, and whom it answers who has no part in it."""

import socket
import ssl
from contextlib import suppress
from dataclasses import replace

from kafka_fab.cluster.pki import certificate
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import PLAINTEXT, Endpoint
from kafka_fab.cluster.values.connection_security import Tls
from kafka_fab.live.client.broker_connection import GLANCE, SECONDS, TLS, Unreachable, connected
from kafka_fab.live.client.served_certificate import ServedCertificate

# ApiVersions, version 0, without a client's name, as Kafka frames it; and a four-letter word of ZooKeeper's.
API_VERSIONS, SERVER_STATE = bytes.fromhex("0000000a0012000000000001ffff"), b"srvr"


def verified(endpoint: Endpoint, seconds: float = SECONDS) -> ServedCertificate:
    """Return the certificate that a listener shows, verified by the nodes' CA and the name; raise Unreachable."""
    with connected(endpoint, seconds) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        shown, protocol = connection.getpeercert(binary_form=True), connection.version()
    try:
        return ServedCertificate(certificate.of_der(shown or b""), protocol or "")
    except PemError as error:
        raise Unreachable(f"what {place(endpoint)} serves {error}") from error


def answers_plaintext(endpoint: Endpoint, question: bytes = API_VERSIONS) -> bool:
    """Return whether a listener answers a question that is asked without TLS."""
    return _answers(replace(endpoint, protocol=PLAINTEXT, tls=None, login=None), question)


def answers_without_certificate(endpoint: Endpoint, question: bytes = API_VERSIONS) -> bool:
    """Return whether a listener answers somebody who shows no certificate."""
    assert endpoint.tls
    return _answers(replace(endpoint, tls=Tls(endpoint.tls.ca), login=None), question)


def _answers(endpoint: Endpoint, question: bytes) -> bool:
    answer = b""
    # With TLS 1.3 a client is refused where the server's first answer would be.
    with suppress(OSError, Unreachable), connected(endpoint, SECONDS) as connection:
        connection.sendall(question)
        answer = connection.recv(1024)
    return bool(answer) and not answer.startswith(TLS)


def is_open(address: str, port: int) -> bool:
    """Return whether a connection to a port is accepted, as far as this machine reaches it."""
    with suppress(OSError), socket.create_connection((address, port), 10 * GLANCE):
        return True
    return False
