"""A broker for tests: TLS by Python's ssl, SCRAM and PLAIN by hand, and ApiVersions as its only answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from kafka_fab.live.client.protocol import kafka_python

API_VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
UNSUPPORTED_MECHANISM, FAILED = 33, 58


def server_context(certificate: Path, clients: Path | None = None) -> ssl.SSLContext:
    """Return a server's context; with the CA of clients it requires a certificate of them."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    if clients:
        made.load_verify_locations(clients)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


class SecureBroker:
    """Accepts connections on loopback until it is closed; `connections` counts those that got as far as a request."""

    def __init__(self, context: ssl.SSLContext | None, password: str = "", **options: Any) -> None:
        self._context, self._password, self._options = context, password, options
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.connections = 0
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> SecureBroker:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listening.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close all connections, as a broker that stops."""
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=[self._listening.accept()[0]], daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            self.open.append(connection)
            session = _Session(self._password, **self._options)
            for number, request in enumerate(iter(lambda: _frame(connection), b"")):
                self.connections += not number
                answer = session.answer(request)
                if answer is None:
                    break
                connection.sendall(answer)
            connection.close()


class _Session:
    """What one connection has answered so far."""

    def __init__(
        self, password: str, mechanisms: tuple[str, ...] = (), lifetime: int = 0, iterations: int = 4096,
        prove: Callable[[bytes], bytes] = bytes,
    ) -> None:  # fmt: skip
        self._password, self._mechanisms, self._lifetime = password.encode(), mechanisms, lifetime
        self._iterations, self._prove = iterations, prove
        self._mechanism, self._messages, self._logged_in = "", b"", not mechanisms

    def answer(self, request: bytes) -> bytes | None:
        """Return the answer to a request; None where the connection ends."""
        key, version, number = (int.from_bytes(request[at : at + size]) for at, size in ((0, 2), (2, 2), (4, 4)))
        made = {API_VERSIONS: self._api_versions, HANDSHAKE: self._handshake, AUTHENTICATE: self._authenticate}[key](
            version, request
        )
        if made is None:
            return None
        made.with_header(correlation_id=number)
        return bytes(made.encode(framed=True, header=True))

    def _api_versions(self, version: int, _: bytes) -> Any:
        response = kafka_python().protocol.metadata.ApiVersionsResponse
        return response(version=version, error_code=0, api_keys=[]) if self._logged_in else None

    def _handshake(self, version: int, request: bytes) -> Any:
        # The mechanism is the last field.
        self._mechanism = next((one for one in self._mechanisms if request.endswith(one.encode())), "")
        error = 0 if self._mechanism else UNSUPPORTED_MECHANISM
        response = kafka_python().protocol.sasl.SaslHandshakeResponse
        return response(version=version, error_code=error, mechanisms=list(self._mechanisms))

    def _authenticate(self, version: int, request: bytes) -> Any:
        decoded = kafka_python().protocol.sasl.SaslAuthenticateRequest.decode(request, version=version, header=True)
        response = kafka_python().protocol.sasl.SaslAuthenticateResponse
        said = self._said(bytes(decoded.auth_bytes))
        error = {"error_code": 0} if said is not None else {"error_code": FAILED, "error_message": "no"}
        return response(version=version, auth_bytes=said or b"", session_lifetime_ms=self._lifetime, **error)

    def _said(self, message: bytes) -> bytes | None:
        if self._mechanism == "PLAIN":
            self._logged_in = message.split(b"\0")[2] == self._password
            return b"" if self._logged_in else None
        return self._last(message) if self._messages else self._first(message)

    def _first(self, message: bytes) -> bytes:
        bare = message.removeprefix(b"n,,")
        self._salt = secrets.token_bytes(16)
        nonce = dict(part.split(b"=", 1) for part in bare.split(b","))[b"r"] + b"more"
        answer = b"r=%b,s=%b,i=%d" % (nonce, base64.b64encode(self._salt), self._iterations)
        self._messages = bare + b"," + answer
        return answer

    def _last(self, message: bytes) -> bytes | None:
        without, _, proof = message.rpartition(b",p=")
        digest = self._mechanism.lower().replace("scram-sha-", "sha")
        said = self._messages + b"," + without
        salted = hashlib.pbkdf2_hmac(digest, self._password, self._salt, self._iterations)
        client = hmac.digest(salted, b"Client Key", digest)
        signature = hmac.digest(hashlib.new(digest, client).digest(), said, digest)
        self._logged_in = base64.b64decode(proof) == bytes(a ^ b for a, b in zip(client, signature, strict=True))
        if not self._logged_in:
            return None
        verifier = hmac.digest(hmac.digest(salted, b"Server Key", digest), said, digest)
        return b"v=" + base64.b64encode(self._prove(verifier))


def _frame(connection: socket.socket) -> bytes:
    size = int.from_bytes(_exactly(connection, 4))
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (data := connection.recv(size - len(found))):
        found += data
    return found
