"""Broker connection: requests to one server over its own protocol, each with a timeout."""

import socket
from typing import Any

from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import PLAINTEXT, Endpoint
from kafka_fab.live.client.protocol import kafka_python, ready_for_answer

SECONDS = 5.0
# Enough for a host that is up to refuse a connection.
GLANCE = 0.3
# The first bytes of a TLS record: an alert or a handshake, and the version's major number.
TLS = (b"\x15\x03", b"\x16\x03")


class Unreachable(Exception):
    """A server that did not answer, with the reason in a sentence."""


class ProtocolMismatch(Unreachable):
    """A port at which the server speaks another protocol: asking again does not help."""


def four_letters(endpoint: Endpoint, word: str, seconds: float = SECONDS) -> str:
    """Return a ZooKeeper server's answer to a four-letter word; raise Unreachable.

    A raw socket per server: kazoo's command() needs a quorum, and reads only once.
    """
    try:
        with socket.create_connection((endpoint.address, endpoint.port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(word.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError as error:
        raise Unreachable(_reason(endpoint, error)) from error
    _refuse_other_protocol(endpoint, answer)
    return answer.decode(errors="replace")


class BrokerConnection:
    """A connection to one broker, for one request after the other; not usable any more after Unreachable.

    A client of kafka-python would bootstrap, and send to any broker.
    """

    def __init__(self, endpoint: Endpoint, seconds: float = SECONDS) -> None:
        """Connect; raise Unreachable. Each wait for bytes times out after the seconds."""
        if endpoint.protocol != PLAINTEXT:
            raise ProtocolMismatch(_other(endpoint, f"a {endpoint.protocol} listener"))
        self.endpoint, self.place = endpoint, place(endpoint)
        self._parser = kafka_python().protocol.parser.KafkaProtocol(client_id="kafka-fab")
        try:
            self._socket = socket.create_connection((endpoint.address, endpoint.port), seconds)
        except OSError as error:
            raise Unreachable(_reason(endpoint, error)) from error

    def ask(self, request: Any) -> Any:
        """Return the broker's answer to a request of kafka-python's protocol; raise Unreachable."""
        errors = kafka_python().errors
        self._parser.send_request(request)
        ready_for_answer(request)
        try:
            self._socket.sendall(self._parser.send_bytes())
            while data := self._socket.recv(1 << 20):
                _refuse_other_protocol(self.endpoint, data)
                for _, answer in self._parser.receive_bytes(data):
                    return answer
        except OSError as error:
            raise Unreachable(_reason(self.endpoint, error)) from error
        except errors.InvalidReceiveError as error:
            raise ProtocolMismatch(_other(self.endpoint, f"not a Kafka listener ({error})")) from error
        except errors.KafkaError as error:
            raise Unreachable(f"{self.place} sent an answer that cannot be decoded: {error}") from error
        raise Unreachable(f"{self.place} closed the connection without an answer")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> "BrokerConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def refuses(endpoint: Endpoint) -> bool:
    """Return whether a host refuses the connection; one that does not answer may do so later."""
    try:
        socket.create_connection((endpoint.address, endpoint.port), GLANCE).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def ask(endpoint: Endpoint, request: Any, seconds: float = SECONDS) -> Any:
    """Return one broker's answer to one request, over a connection of its own; raise Unreachable."""
    with BrokerConnection(endpoint, seconds) as connection:
        return connection.ask(request)


def _refuse_other_protocol(endpoint: Endpoint, answer: bytes) -> None:
    if answer.startswith(TLS):
        raise ProtocolMismatch(_other(endpoint, "a TLS listener"))
    if answer.startswith(b"HTTP/"):
        raise ProtocolMismatch(_other(endpoint, "an HTTP server"))


def _other(endpoint: Endpoint, what: str) -> str:
    return (
        f"{place(endpoint)} is {what}, but kafka-fab supports only PLAINTEXT: set the port in conf/cluster.yaml to "
        "that of a PLAINTEXT listener"
    )


def _reason(endpoint: Endpoint, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"{endpoint.address} cannot be resolved on this machine: add it to DNS or to /etc/hosts"
    if isinstance(error, TimeoutError):
        return f"{place(endpoint)} timed out"
    return f"{place(endpoint)} did not answer ({error.strerror or error})"
