"""What a listener shows, and whom it answers: asked of TLS servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kafka_fab.cluster.running_config import SSL, Endpoint
from kafka_fab.cluster.values.connection_security import Tls
from kafka_fab.live.client import listener_probe
from kafka_fab.live.client.broker_connection import Unreachable
from tests.unit.live.client.authority import HOUR, Authority
from tests.unit.live.client.secure_broker import SecureBroker, server_context

LOCAL = "127.0.0.1"
Serve = Callable[..., Endpoint]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def serve(authority: Authority) -> Iterator[Serve]:
    """Start a listener, and return where kafka-fab reaches it."""
    started: list[SecureBroker] = []
    tls = Tls(authority.file, authority.issue("fab"))

    def start(certificate: Path | None, clients: Path | None = authority.file) -> Endpoint:
        started.append(SecureBroker(server_context(certificate, clients) if certificate else None))
        return Endpoint(LOCAL, started[-1].port, SSL, tls=tls)

    yield start
    for one in started:
        one.__exit__()


def test_what_is_shown_is_verified(authority: Authority, serve: Serve) -> None:
    where = serve(authority.issue("node", [LOCAL]))
    shown = listener_probe.verified(where)
    assert shown.leaf.subject.endswith("node")
    assert shown.protocol == "TLSv1.3"
    with pytest.raises(Unreachable, match="not for elsewhere"):
        listener_probe.verified(replace(where, name="elsewhere"))
    with pytest.raises(Unreachable, match="expired"):
        listener_probe.verified(serve(authority.issue("old", [LOCAL], -2 * HOUR, -HOUR)))


@pytest.mark.parametrize("asks", [True, False])
def test_whom_a_listener_answers(authority: Authority, serve: Serve, asks: bool) -> None:
    where = serve(authority.issue("node", [LOCAL]), authority.file if asks else None)
    assert not listener_probe.answers_plaintext(where)
    assert listener_probe.answers_without_certificate(where) is not asks


def test_a_listener_in_plaintext_is_found_out(serve: Serve) -> None:
    assert listener_probe.answers_plaintext(serve(None))


def test_a_port_is_open_or_not(serve: Serve) -> None:
    where = serve(None)
    assert listener_probe.is_open(LOCAL, where.port)
    assert not listener_probe.is_open(LOCAL, 1)
