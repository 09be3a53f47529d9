"""Broker connection: requests to one server over its own protocol, with TLS and a login where it requires them."""

import math
import socket
import time
from collections.abc import Sequence
from typing import Any

from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import PLAINTEXT, SASL_SSL, SSL, Endpoint
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.live.client import tls_failure
from kafka_fab.live.client.protocol import kafka_python, ready_for_answer
from kafka_fab.live.client.sasl_login import LoginRejected, log_in
from kafka_fab.live.client.tls_context import context_for
from kafka_fab.live.client.tls_failure import TlsFailure
from kafka_fab.runbook.codes import AccessCode, coded

SECONDS = 5.0
# Enough for a host that is up to refuse a connection.
GLANCE = 0.3
# The first bytes of a TLS record: an alert or a handshake, and the version's major number.
TLS = (b"\x15\x03", b"\x16\x03")
# The part of a session's lifetime (KIP-368) after which a connection is made again: a request then still fits in.
RENEWED_AFTER = 0.85


class Unreachable(Exception):
    """A server that did not answer, with the reason in a sentence."""


class NoConnection(Unreachable):
    """A server to which there is no connection: it may not run."""


class ProtocolMismatch(Unreachable):
    """A server with which the tool cannot talk as it is set up: asking again does not help."""


def four_letters(endpoint: Endpoint, word: str, seconds: float = SECONDS) -> str:
    """Return a ZooKeeper server's answer to a four-letter word; raise Unreachable.

    A raw socket per server: kazoo's command() needs a quorum, and reads only once.
    """
    with connected(endpoint, seconds) as connection:
        try:
            connection.sendall(word.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            raise _failure(endpoint, error, answered=False) from error
    _refuse_other_protocol(endpoint, answer)
    if endpoint.tls and not answer:
        raise _ended(endpoint, "closed the connection without an answer", answered=False)
    return answer.decode(errors="replace")


class BrokerConnection:
    """A connection to one broker, for one request after the other; not usable any more after Unreachable.

    A client of kafka-python would bootstrap, and send to any broker.
    """

    def __init__(self, endpoint: Endpoint, seconds: float = SECONDS) -> None:
        """Connect and log in; raise Unreachable. Each wait for bytes times out after the seconds."""
        _refuse_impossible(endpoint)
        self.endpoint, self.place = endpoint, place(endpoint)
        self._parser = kafka_python().protocol.parser.KafkaProtocol(client_id="kafka-fab")
        self._answered, self._ends = False, math.inf
        self._socket = connected(endpoint, seconds)
        if endpoint.login:
            self._log_in(endpoint.login)

    def _log_in(self, login: Login) -> None:
        began = time.monotonic()
        try:
            lifetime = log_in(self.ask, login, self.endpoint.address)
        except LoginRejected as error:
            self.close()
            raise (ProtocolMismatch if error.lasting else Unreachable)(f"{self.place} {error}") from error
        except Unreachable:
            self.close()
            raise
        if lifetime:
            self._ends = began + RENEWED_AFTER * lifetime

    def ask(self, request: Any) -> Any:
        """Return the broker's answer to a request of kafka-python's protocol; raise Unreachable."""
        return self.ask_all((request,))[0]

    def ask_all(self, requests: Sequence[Any]) -> list[Any]:
        """Return the answers to several requests, which are sent together: one round trip; raise Unreachable."""
        errors = kafka_python().errors
        for request in requests:
            self._parser.send_request(request)
            ready_for_answer(request)
        try:
            self._socket.sendall(self._parser.send_bytes())
            return self._receive(len(requests))
        except OSError as error:
            raise _failure(self.endpoint, error, self._answered) from error
        except errors.InvalidReceiveError as error:
            raise ProtocolMismatch(_other(self.endpoint, f"not a Kafka listener ({error})")) from error
        except errors.KafkaError as error:
            raise Unreachable(f"{self.place} sent an answer that cannot be decoded: {error}") from error

    def _receive(self, number: int) -> list[Any]:
        answers: list[Any] = []
        while data := self._socket.recv(1 << 20):
            if not answers:
                _refuse_other_protocol(self.endpoint, data)
            answers += [answer for _, answer in self._parser.receive_bytes(data)]
            self._answered = self._answered or bool(answers)
            if len(answers) == number:
                return answers
        raise _ended(self.endpoint, "closed the connection without an answer", self._answered)

    def is_usable(self) -> bool:
        """Return whether a connection on which nothing is asked is still open, and its session lasts."""
        if time.monotonic() >= self._ends:
            return False
        seconds = self._socket.gettimeout()
        self._socket.setblocking(False)
        try:
            # Not even bytes are usable: nothing was asked. TLS takes its own messages without handing them on.
            self._socket.recv(1)
        except OSError as error:
            return tls_failure.is_empty(error)
        finally:
            self._socket.settimeout(seconds)
        return False

    def wait_for(self, seconds: float) -> None:
        """Set after how many seconds each wait for bytes times out."""
        self._socket.settimeout(seconds)

    @property
    def is_over(self) -> bool:
        """Return whether the broker ends the login's session soon."""
        return time.monotonic() >= self._ends

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


def connected(endpoint: Endpoint, seconds: float) -> socket.socket:
    """Return a connected socket, with TLS where the endpoint has it; raise Unreachable."""
    try:
        plain = socket.create_connection((endpoint.address, endpoint.port), seconds)
    except socket.gaierror as error:
        raise _failure(endpoint, error) from error
    except OSError as error:
        raise NoConnection(str(_failure(endpoint, error))) from error
    if endpoint.tls is None:
        return plain
    try:
        # The end of the handshake and the first request are two packets: the second must not wait for the first's ACK.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context_for(endpoint.tls).wrap_socket(plain, server_hostname=endpoint.verified_name)
    except OSError as error:
        plain.close()
        raise _explained(tls_failure.of_handshake(endpoint, error)) or _failure(endpoint, error) from error


def _refuse_impossible(endpoint: Endpoint) -> None:
    """Raise ProtocolMismatch where a listener is known to require what the tool does not have, or must not send."""
    if endpoint.login and not endpoint.tls:
        text = f"{place(endpoint)} has no TLS: the login of user {endpoint.login.user} would be sent in clear"
        raise ProtocolMismatch(coded(text, AccessCode.CLEAR_PASSWORD))
    if endpoint.protocol == SASL_SSL and not endpoint.login:
        text = f"{place(endpoint)} is a {SASL_SSL} listener, which requires a login: set security.tool.login"
        raise ProtocolMismatch(coded(text, AccessCode.LOGIN_REQUIRED))
    if endpoint.protocol not in (PLAINTEXT, SSL, SASL_SSL):
        raise ProtocolMismatch(_other(endpoint, f"a {endpoint.protocol} listener"))


def _refuse_other_protocol(endpoint: Endpoint, answer: bytes) -> None:
    if answer.startswith(TLS):
        text = (
            f"{place(endpoint)} is a TLS listener, but conf/cluster.yaml has no TLS for it: describe it in "
            "`security:`, or set the port to that of a PLAINTEXT listener"
        )
        raise ProtocolMismatch(coded(text, AccessCode.SPEAKS_TLS))
    if answer.startswith(b"HTTP/"):
        raise ProtocolMismatch(_other(endpoint, "an HTTP server"))


def _other(endpoint: Endpoint, what: str) -> str:
    return (
        f"{place(endpoint)} is {what}, but kafka-fab supports PLAINTEXT, SSL and SASL_SSL: set the port in "
        "conf/cluster.yaml to that of a PLAINTEXT listener, or describe the listeners in `security:`"
    )


def _failure(endpoint: Endpoint, error: OSError, answered: bool = True) -> Unreachable:
    """Return why a server did not answer; a server may reject the tool only at its first answer."""
    if explained := _explained(tls_failure.of_answer(endpoint, error)):
        return explained
    if isinstance(error, socket.gaierror):
        return Unreachable(f"{endpoint.address} cannot be resolved on this machine: add it to DNS or to /etc/hosts")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{place(endpoint)} timed out")
    return _ended(endpoint, f"did not answer ({error.strerror or error})", answered)


def _explained(found: TlsFailure | None) -> Unreachable | None:
    if found is None:
        return None
    return (ProtocolMismatch if found.lasting else Unreachable)(found.text)


def _ended(endpoint: Endpoint, what: str, answered: bool) -> Unreachable:
    """Return that a connection has ended; before the first answer, also what it may have lacked."""
    if answered or endpoint.tls is None:
        return Unreachable(f"{place(endpoint)} {what}")
    if explained := _explained(tls_failure.of_silence(endpoint)):
        return explained
    doubt = "" if endpoint.login else coded(": it may require a login", AccessCode.LOGIN_REQUIRED)
    return Unreachable(f"{place(endpoint)} {what}{doubt}")
