"""The canary and the smoke test as clients: by which listener, as which user, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.live import client_access
from kafka_fab.live.client import library_client, scram_credentials
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import Rejection, RequestRejected
from tests.unit.folders import written

KRAFT = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
ZOOKEEPER = "[kafka]\na id=1\nb id=2\n[zookeeper]\na id=11\n"
SCRAM = "security:\n  internal: mtls\n  listeners:\n    clients: {port: 9094, login: scram}\n"
TLS = SCRAM.replace("scram", "tls")
MTLS = SCRAM.replace("scram", "mtls")
JAAS = "kafka: {properties: {listener.name.clients.gssapi.sasl.jaas.config: x.y.Z required;}}\n"
KERBEROS = f"{SCRAM.replace('scram', 'kerberos')}{JAAS}"
Requests = list[tuple[str, str]]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    """Record what is set and deleted; brokers accept each login."""
    made: Requests = []

    def alter(_: Any, upsertions: Any = (), deletions: Any = ()) -> dict[str, Rejection]:
        made.extend(("set", one.user) for one in upsertions)
        made.extend(("delete", one.user) for one in deletions)
        assert {one.mechanism for one in (*upsertions, *deletions)} == {Mechanism.SHA_512}
        return {}

    monkeypatch.setattr(scram_credentials, "alter", alter)
    accepting(monkeypatch, lambda: True)
    return made


def accepting(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], bool]) -> None:
    def accepts(_: object, failures: list[str]) -> Callable[[], bool]:
        def accepted() -> bool:
            failures.append("a is not known here")
            return answer()

        return accepted

    monkeypatch.setattr(client_access, "_accepts", accepts)


def cluster(path: Path, security: str, hosts: str = KRAFT) -> Cluster:
    return written(path, hosts, f"version: 3.9.1\n{security}")


def test_a_plaintext_cluster_is_asked_as_ever(tmp_path: Path, requests: Requests) -> None:
    with client_access.opened(cluster(tmp_path, ""), "fab") as access:
        found = [access.endpoint(node) for node in access.cluster.brokers]
    assert [(one.address, one.port, one.tls) for one in found] == [("a", 9092, None), ("b", 9092, None)]
    assert library_client.config(found) == {"bootstrap_servers": ["a:9092", "b:9092"]}
    assert requests == []


@pytest.mark.parametrize(("hosts", "left"), [(KRAFT, []), (ZOOKEEPER, [("delete", "fab")])], ids=["kraft", "zookeeper"])
def test_a_user_is_made_for_a_scram_listener(hosts: str, left: Requests, tmp_path: Path, requests: Requests) -> None:
    with client_access.opened(cluster(tmp_path, SCRAM, hosts), "fab") as access:
        found = [access.endpoint(node) for node in access.cluster.brokers]
    assert [(one.address, one.port, one.protocol) for one in found] == [
        ("a", 9094, "SASL_SSL"),
        ("b", 9094, "SASL_SSL"),
    ]
    assert {one.login.user for one in found if one.login} == {"fab"}
    assert all(one.login and len(one.login.password.reveal()) > 40 for one in found)
    # In KRaft a deleted user makes restarted brokers forget all others.
    assert requests == [("set", "fab"), *left]


def test_two_runs_have_two_passwords(tmp_path: Path, requests: Requests) -> None:
    secured = cluster(tmp_path, SCRAM)
    one, other = (client_access.access(secured, "fab").login for _ in range(2))
    assert one
    assert other
    assert one.password != other.password
    assert len(requests) == 2


def test_a_password_that_another_run_has_set_meanwhile_is_set_again(
    tmp_path: Path, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_access, "KNOWN_SECONDS", 0)
    answers = iter([False, True, True])
    accepting(monkeypatch, lambda: next(answers))
    assert client_access.access(cluster(tmp_path, SCRAM), "fab").login
    assert requests == [("set", "fab")] * 2


def test_a_user_that_no_broker_accepts(tmp_path: Path, requests: Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_access, "KNOWN_SECONDS", 0)
    monkeypatch.setattr(client_access, "SECONDS", 0)
    accepting(monkeypatch, lambda: False)
    with pytest.raises(Unreachable, match="user fab cannot log in at every broker after 0 s: a is not known here"):
        client_access.access(cluster(tmp_path, SCRAM), "fab")
    assert requests


def test_a_user_that_is_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scram_credentials, "alter", lambda *_, **__: {"fab": Rejection(31, "denied")})
    with pytest.raises(RequestRejected, match="user fab was not created: denied"):
        client_access.access(cluster(tmp_path, SCRAM), "fab")


@pytest.mark.parametrize(("security", "port"), [(TLS, 9094), (MTLS, 9091), (KERBEROS, 9091)])
def test_a_listener_without_scram_needs_no_user(security: str, port: int, tmp_path: Path, requests: Requests) -> None:
    access = client_access.access(cluster(tmp_path, security), "fab")
    assert {access.endpoint(node).port for node in access.cluster.brokers} == {port}
    assert requests == []


def test_a_user_of_the_settings_is_used_and_kept(
    tmp_path: Path, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS", "secret")
    login = f"{SCRAM}  tool: {{login: {{user: ops, password_from: 'env:OPS'}}}}\n"
    with client_access.opened(cluster(tmp_path, login, ZOOKEEPER), "fab") as access:
        found = access.endpoint(access.cluster.brokers[0])
    assert found.login
    assert found.login.user == "ops"
    assert requests == []
