"""Connections with TLS and logins: to real TLS servers on loopback, and each failure as a sentence."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import SASL_SSL, SSL, Endpoint
from kafka_fab.cluster.values.connection_security import Login, Tls
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client import api_versions, connection_pool
from kafka_fab.live.client.broker_connection import (
    BrokerConnection,
    NoConnection,
    ProtocolMismatch,
    Unreachable,
    four_letters,
)
from kafka_fab.live.client.tls_context import context_for
from kafka_fab.live.zookeeper import endpoint_handler
from tests.unit.live.client.authority import HOUR, Authority
from tests.unit.live.client.secure_broker import SecureBroker, server_context

LOCAL = "127.0.0.1"
PASSWORD = "correct horse"
SCRAM = "SCRAM-SHA-512"
ALICE = Login(SCRAM, "alice", Secret(PASSWORD))
Broker = Callable[..., SecureBroker]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> Tls:
    return Tls(authority.file, authority.issue("fab"))


@pytest.fixture(scope="module")
def node(authority: Authority) -> Path:
    return authority.issue("node", [LOCAL, "localhost"])


@pytest.fixture
def broker(node: Path, authority: Authority) -> Iterator[Broker]:
    """Start brokers that require a client certificate, or a login instead."""
    started: list[SecureBroker] = []

    def start(certificate: Path = node, clients: Path | None = authority.file, **options: Any) -> SecureBroker:
        requires = None if options.get("mechanisms") else clients
        started.append(SecureBroker(server_context(certificate, requires), PASSWORD, **options))
        return started[-1]

    yield start
    connection_pool.POOL.close()
    for one in started:
        one.__exit__()


def secure(broker: SecureBroker, tls: Tls, **more: Any) -> Endpoint:
    return Endpoint(LOCAL, broker.port, **{"protocol": SSL, "tls": tls, **more})


def asked(endpoint: Endpoint) -> dict[str, int]:
    return api_versions.finalized_features(partial(connection_pool.ask, endpoint, seconds=5))


def failure(endpoint: Endpoint, kind: type[Unreachable] = ProtocolMismatch) -> str:
    with pytest.raises(Unreachable) as raised:
        asked(endpoint)
    assert type(raised.value) is kind
    assert str(raised.value).startswith(f"{endpoint.address}:{endpoint.port} ")
    return str(raised.value)


# TLS


def test_a_broker_with_mtls_answers_over_one_connection(broker: Broker, tls: Tls) -> None:
    server = broker()
    assert [asked(secure(server, tls)) for _ in range(3)] == [{}] * 3
    assert server.connections == 1


def test_a_kept_connection_that_was_closed_is_made_again(broker: Broker, tls: Tls) -> None:
    server = broker()
    asked(secure(server, tls))
    server.hang_up()
    asked(secure(server, tls))
    assert server.connections == 2


def test_a_connection_is_lent_to_one_thread_at_a_time(broker: Broker, tls: Tls) -> None:
    server, together = broker(), threading.Barrier(3)

    def work() -> None:
        with connection_pool.borrowed(secure(server, tls)) as connection:
            together.wait(5)
            api_versions.finalized_features(connection.ask)

    threads = [threading.Thread(target=work) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == together.parties


def test_a_connection_without_tls_is_not_kept() -> None:
    with SecureBroker(None) as server:
        assert [asked(Endpoint(LOCAL, server.port)) for _ in range(2)] == [{}] * 2
        assert server.connections == 2


def test_the_context_is_one_until_a_file_changes(authority: Authority) -> None:
    tls = Tls(authority.file, authority.issue("changing"))
    first = context_for(tls)
    assert context_for(tls) is first
    authority.issue("changing")
    assert context_for(tls) is not first
    assert first.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (first.check_hostname, first.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert first.cert_store_stats()["x509"] == 1


def test_an_issuer_that_is_unknown(tmp_path: Path, broker: Broker, tls: Tls) -> None:
    other = Authority(tmp_path, "foreign")
    found = failure(secure(broker(other.issue("node", [LOCAL])), tls))
    assert "shows a certificate that is issued by CN=foreign, not by the CA in" in found
    assert found.endswith("[A2]")


@pytest.mark.parametrize("hosts", [("kafka-2", "10.0.0.2"), ()])
def test_a_certificate_for_another_host_is_named_with_its_names(
    hosts: tuple[str, ...], authority: Authority, broker: Broker, tls: Tls
) -> None:
    server = broker(authority.issue("other", hosts))
    named = ", ".join(hosts) or r"no name at all \(CN=other\)"
    for name in (LOCAL, "kafka-1"):
        found = failure(secure(server, tls, name=name))
        assert re.search(f"not for {name}, but for {named}: correct the address in hosts.ini, .*verify_as", found)
        assert found.endswith("[A3]")


def test_a_tunnel_s_host_is_verified_by_its_own_name(authority: Authority, broker: Broker, tls: Tls) -> None:
    assert asked(secure(broker(authority.issue("far", ["kafka-1"])), tls, name="kafka-1")) == {}


@pytest.mark.parametrize(
    ("begins", "ends", "words", "code"),
    [
        (-9 * HOUR, -HOUR, r"expired on 20\d\d-\d\d-\d\d \d\d:\d\d UTC", "A4"),
        (HOUR, 9 * HOUR, r"not valid before 20\d\d-\d\d-\d\d \d\d:\d\d UTC: compare the clocks", "A5"),
    ],
)
def test_a_validity_that_is_over_or_has_not_begun(
    begins: timedelta, ends: timedelta, words: str, code: str, authority: Authority, broker: Broker, tls: Tls
) -> None:
    found = failure(secure(broker(authority.issue("timed", [LOCAL], begins, ends)), tls))
    assert re.search(words, found)
    assert found.endswith(f"[{code}]")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_that_is_missing(
    version: ssl.TLSVersion, node: Path, authority: Authority, tls: Tls
) -> None:
    context = server_context(node, authority.file)
    context.maximum_version = version
    with SecureBroker(context) as server:
        found = failure(secure(server, replace(tls, certificate=None)))
    assert "requires a client certificate, and none was shown" in found
    assert found.endswith("[A6]")


def test_a_client_certificate_of_another_ca(tmp_path: Path, broker: Broker, tls: Tls) -> None:
    own = Authority(tmp_path, "foreign").issue("fab")
    found = failure(secure(broker(), replace(tls, certificate=own)))
    assert f"does not accept the certificate of {own} (CN=fab, issued by CN=foreign)" in found
    assert found.endswith("[A6]")


def test_a_client_certificate_that_has_expired(authority: Authority, broker: Broker, tls: Tls) -> None:
    own = authority.issue("old", ends=timedelta(minutes=-1))
    found = failure(secure(broker(), replace(tls, certificate=own)))
    assert re.search(rf"does not accept the certificate of {re.escape(str(own))}, which expired on 20", found)


@pytest.mark.parametrize("missing", ["ca", "certificate"])
@pytest.mark.parametrize("content", [None, "no PEM"])
def test_a_file_of_ours_that_cannot_be_used(
    missing: str, content: str | None, tmp_path: Path, broker: Broker, tls: Tls
) -> None:
    file = tmp_path / "own.pem"
    if content:
        file.write_text(content)
    found = failure(secure(broker(), replace(tls, **{missing: file})))
    assert f"requires TLS, but {file}" in found
    assert "certificates.init" in found
    assert found.endswith("[A1]")


def test_tls_to_a_port_without(tls: Tls) -> None:
    with closing(socket.create_server((LOCAL, 0))) as server:

        def plain(answer: bytes) -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        asked_at = Endpoint(LOCAL, server.getsockname()[1], SSL, tls=tls)
        for answer, words, kind in (
            (b"", "does not use TLS, or is just stopping", Unreachable),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not use TLS (", ProtocolMismatch),
        ):
            threading.Thread(target=plain, args=[answer], daemon=True).start()
            found = failure(asked_at, kind)
            assert words in found
            assert found.endswith("[A8]")


@pytest.mark.parametrize("login", [None, ALICE], ids=["certificate", "login"])
def test_who_answers_in_plaintext_where_tls_is_expected_gets_no_request(login: Login | None, tls: Tls) -> None:
    received: list[bytes] = []

    def answer_everything() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    received.append(connection.recv(1 << 16))
                    # ApiVersions without an error, as a broker in plaintext answers the first request.
                    connection.sendall(bytes.fromhex("0000000a00000001000000000000"))

    with closing(socket.create_server((LOCAL, 0))) as server:
        threading.Thread(target=answer_everything, daemon=True).start()
        asked_at = Endpoint(LOCAL, server.getsockname()[1], SASL_SSL if login else SSL, tls=tls, login=login)
        assert failure(asked_at).endswith("[A8]")
    assert received
    # Nothing but the beginning of a handshake, each time.
    assert {data[:2] for data in received} == {b"\x16\x03"}
    assert not any(word in data for data in received for word in (b"kafka-fab", b"alice", PASSWORD.encode()))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_versions_of_tls_that_are_too_old(node: Path, tls: Tls) -> None:
    context = server_context(node)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with SecureBroker(context) as server:
        assert failure(secure(server, tls)).endswith("must offer TLS 1.2 or 1.3 [A9]")


def test_nobody_there(tls: Tls) -> None:
    with closing(socket.create_server((LOCAL, 0))) as server:
        port = server.getsockname()[1]
    assert "Connection refused" in failure(Endpoint(LOCAL, port, SSL, tls=tls), NoConnection)


def test_four_letters_over_tls(node: Path, authority: Authority, tls: Tls) -> None:
    with zookeeper(server_context(node, authority.file)) as port:
        assert four_letters(Endpoint(LOCAL, port, SSL, tls=tls), "srvr", 5) == "Mode: leader\n"
        with pytest.raises(ProtocolMismatch, match=r"requires a client certificate.*\[A6\]$"):
            four_letters(Endpoint(LOCAL, port, SSL, tls=replace(tls, certificate=None)), "srvr", 5)


def test_kazoo_connects_with_the_same_tls(
    node: Path, authority: Authority, tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SimpleNamespace(ensemble=["a"])
    with zookeeper(server_context(node, authority.file)) as port:
        asked = [Endpoint(LOCAL, port, SSL, tls=tls)]
        monkeypatch.setattr(endpoint, "of_server", lambda *_: asked[-1])
        handler = endpoint_handler.EndpointHandler(server)  # type: ignore[arg-type]
        # As kazoo asks: with the address and the port of the moment in which it was started.
        with handler.create_connection(address=(LOCAL, 2181), hostname=LOCAL, timeout=5.0, use_ssl=False) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            connection.sendall(b"srvr")
            assert connection.recv(100) == b"Mode: leader\n"
        with pytest.raises(OSError, match="elsewhere is not a ZooKeeper server"):
            handler.create_connection(address=(LOCAL, port), hostname="elsewhere")
        asked.append(replace(asked[0], tls=replace(tls, ca=Authority(tmp_path, "foreign").file)))
        with pytest.raises(OSError, match=r"not by the CA in .*\[A2\]"):
            handler.create_connection(address=(LOCAL, port), hostname=LOCAL)


@contextmanager
def zookeeper(context: ssl.SSLContext) -> Iterator[int]:
    """A ZooKeeper server that only knows srvr."""

    def answer() -> None:
        with suppress(OSError):
            while True:
                plain, _ = server.accept()
                with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                    connection.sendall(b"Mode: leader\n" if connection.recv(4) == b"srvr" else b"")
                    connection.unwrap()

    with closing(socket.create_server((LOCAL, 0))) as server:
        threading.Thread(target=answer, daemon=True).start()
        yield int(server.getsockname()[1])


# Logins


@pytest.mark.parametrize("mechanism", [SCRAM, "SCRAM-SHA-256", "PLAIN"])
def test_a_login(mechanism: str, broker: Broker, tls: Tls) -> None:
    server = broker(mechanisms=(mechanism,))
    login = replace(ALICE, mechanism=mechanism)
    assert asked(secure(server, tls, protocol=SASL_SSL, login=login)) == {}
    assert server.connections == 1


@pytest.mark.parametrize("mechanism", [SCRAM, "PLAIN"])
def test_a_wrong_password(mechanism: str, broker: Broker, tls: Tls) -> None:
    login = Login(mechanism, "alice", Secret("wrong"))
    found = failure(secure(broker(mechanisms=(mechanism,)), tls, protocol=SASL_SSL, login=login), Unreachable)
    assert f"rejected the login of user alice by {mechanism} (wrong password, or no such user)" in found
    assert found.endswith("[A10]")


def test_a_mechanism_that_is_not_offered(broker: Broker, tls: Tls) -> None:
    server = broker(mechanisms=("SCRAM-SHA-256", "GSSAPI"))
    found = failure(secure(server, tls, protocol=SASL_SSL, login=ALICE))
    assert f"offers GSSAPI, SCRAM-SHA-256, not {SCRAM}" in found
    assert found.endswith("[A11]")


@pytest.mark.parametrize("login", [None, Login(SCRAM, "alice", Secret("")), Login(SCRAM, "", Secret("x"))])
def test_a_login_that_is_missing(login: Login | None, broker: Broker, tls: Tls) -> None:
    found = failure(secure(broker(mechanisms=(SCRAM,)), tls, protocol=SASL_SSL, login=login))
    assert "security.tool.login" in found
    assert found.endswith("[A12]")


def test_a_listener_that_turns_out_to_require_a_login(broker: Broker, tls: Tls) -> None:
    found = failure(secure(broker(mechanisms=(SCRAM,)), tls), Unreachable)
    assert "closed the connection without an answer: it may require a login" in found


@pytest.mark.parametrize("iterations", [1, 4095])
def test_too_few_iterations_get_no_proof(iterations: int, broker: Broker, tls: Tls) -> None:
    server = broker(mechanisms=(SCRAM,), iterations=iterations)
    found = failure(secure(server, tls, protocol=SASL_SSL, login=ALICE))
    assert f"asks for {iterations} SCRAM iterations, fewer than 4096" in found
    assert found.endswith("[A13]")


def test_a_server_that_does_not_have_the_password(broker: Broker, tls: Tls) -> None:
    server = broker(mechanisms=(SCRAM,), prove=lambda right: right[::-1])
    found = failure(secure(server, tls, protocol=SASL_SSL, login=ALICE))
    assert "did not prove that it has the password of user alice" in found
    assert found.endswith("[A13]")


def test_no_login_in_clear(broker: Broker) -> None:
    found = failure(Endpoint(LOCAL, broker().port, login=ALICE))
    assert "has no TLS: the login of user alice would be sent in clear [A15]" in found
    assert "SASL_PLAINTEXT listener" in failure(Endpoint(LOCAL, broker().port, "SASL_PLAINTEXT"))


def test_a_session_is_made_again_before_it_ends(broker: Broker, tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    server, clock = broker(mechanisms=(SCRAM,), lifetime=60_000), [0.0]
    monkeypatch.setattr("kafka_fab.live.client.broker_connection.time.monotonic", lambda: clock[0])
    endpoint = secure(server, tls, protocol=SASL_SSL, login=ALICE)
    for clock[0], connections in ((0.0, 1), (50.0, 1), (52.0, 2), (100.0, 2)):
        asked(endpoint)
        assert server.connections == connections


def test_a_session_without_end_is_kept(broker: Broker, tls: Tls) -> None:
    with BrokerConnection(secure(broker(mechanisms=(SCRAM,)), tls, protocol=SASL_SSL, login=ALICE)) as connection:
        assert not connection.is_over


# Secrets


def test_a_password_is_in_no_text(broker: Broker, tls: Tls) -> None:
    endpoint = secure(broker(mechanisms=("PLAIN",)), tls, protocol=SASL_SSL, login=ALICE)
    assert PASSWORD not in f"{endpoint} {endpoint!r} {ALICE}"


@pytest.mark.parametrize("library", ["kafka", "kafka.net.connection", "kazoo", "kazoo.client"])
def test_the_libraries_log_no_password(library: str) -> None:
    assert kraft_quorum
    assert not logging.getLogger(library).isEnabledFor(logging.DEBUG)
