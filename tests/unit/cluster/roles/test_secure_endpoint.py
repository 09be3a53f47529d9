"""Endpoints of a secured cluster: what the tool asks and with what, and that plaintext is never a way out of TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import broker, controller, endpoint
from kafka_fab.cluster.roles.zookeeper_server import properties as of_server
from kafka_fab.cluster.running_config import PLAINTEXT, SASL_SSL, SSL, Running
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.secret_value import Secret
from tests.unit.folders import written

KRAFT = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\na id=11\nb id=12\nc id=13\n"
PLAIN = "version: 4.3.1\n"
SECURED = f"{PLAIN}security:\n  internal: mtls\n  listeners:\n    clients: {{port: 9094, login: scram}}\n"
MOVING = f"{SECURED}  plaintext: {{port: 9092, until: moved}}\n"
USER = Login("SCRAM-SHA-512", "fab", Secret("x"))


def folder(path: Path, name: str) -> Path:
    made = path / name
    made.mkdir(exist_ok=True)
    return made


@pytest.fixture
def secured(tmp_path: Path) -> Cluster:
    return written(folder(tmp_path, "secured"), KRAFT, SECURED)


def runs(cluster: Cluster, settings: str, path: Path, hosts: str = KRAFT) -> Cluster:
    """Have all brokers and controllers run with other settings than those of the file."""
    was = written(folder(path, "was"), hosts, settings)
    for node in was.nodes.values():
        if node.broker:
            cluster.running[node.host, Role.BROKER] = Running(broker.properties(was, node))
        elif node.controller:
            cluster.running[node.host, Role.CONTROLLER] = Running(controller.properties(was, node))
        if node.zookeeper:
            cluster.running[node.host, Role.ZOOKEEPER] = Running(of_server(was))
    return cluster


def test_a_broker_is_asked_at_the_listener_between_brokers_with_the_tools_certificate(secured: Cluster) -> None:
    found = endpoint.of_broker(secured, secured.nodes["a"])
    assert (endpoint.place(found), found.protocol, found.login) == ("a:9091", SSL, None)
    assert found.tls
    assert found.tls.ca == secured.folder / "pki/ca.pem"
    assert found.tls.certificate == secured.folder / "pki/fab.pem"
    assert found.verified_name == "a"


def test_a_controller_and_its_own_listener(secured: Cluster) -> None:
    found = endpoint.of_controller(secured, secured.nodes["c"])
    assert (found.port, found.protocol, bool(found.tls)) == (secured.wires.controller.port, SSL, True)


def test_what_runs_is_as_what_is_to_run(secured: Cluster, tmp_path: Path) -> None:
    before = [endpoint.of_node(secured, node) for node in secured.nodes.values()]
    runs(secured, SECURED, tmp_path)
    assert [endpoint.of_node(secured, node) for node in secured.nodes.values()] == before


def test_a_broker_that_still_runs_in_plaintext_is_asked_so(secured: Cluster, tmp_path: Path) -> None:
    runs(secured, PLAIN, tmp_path)
    found = endpoint.of_broker(secured, secured.nodes["a"])
    assert (endpoint.place(found), found.protocol, found.tls) == ("a:9092", PLAINTEXT, None)
    found = endpoint.of_controller(secured, secured.nodes["c"])
    assert (endpoint.place(found), found.protocol, found.tls) == ("c:9093", PLAINTEXT, None)


@pytest.mark.parametrize("running", [None, SECURED, MOVING])
def test_plaintext_is_no_way_out_while_tls_runs_or_is_all_that_is_known(running: str | None, tmp_path: Path) -> None:
    cluster = written(folder(tmp_path, "moving"), KRAFT, MOVING)
    if running:
        runs(cluster, running, tmp_path)
    for node in cluster.nodes.values():
        assert {one.protocol for one in endpoint.of_node(cluster, node)} == {SSL}


def test_a_broker_that_still_runs_with_tls_is_asked_so(tmp_path: Path) -> None:
    cluster = runs(written(folder(tmp_path, "plain"), KRAFT, PLAIN), SECURED, tmp_path)
    found = endpoint.of_broker(cluster, cluster.nodes["a"])
    assert (endpoint.place(found), found.protocol, bool(found.tls)) == ("a:9091", SSL, True)
    assert endpoint.of_controller(cluster, cluster.nodes["c"]).tls


def test_a_server_s_port_follows_what_runs(tmp_path: Path) -> None:
    settings = SECURED.replace("4.3.1", "3.9.1")
    cluster = written(folder(tmp_path, "secured"), ZOOKEEPER, settings)
    node = cluster.nodes["b"]
    found = endpoint.of_server(cluster, node)
    assert (endpoint.place(found), found.protocol, bool(found.tls)) == ("b:2182", SSL, True)
    runs(cluster, "version: 3.9.1\n", tmp_path, ZOOKEEPER)
    found = endpoint.of_server(cluster, node)
    assert (endpoint.place(found), found.protocol, found.tls) == ("b:2181", PLAINTEXT, None)
    both = {**of_server(cluster), "clientPort": "2181"}
    cluster.running["b", Role.ZOOKEEPER] = Running(both)
    assert endpoint.of_server(cluster, node).port == 2182
    plain = written(folder(tmp_path, "plain"), ZOOKEEPER, "version: 3.9.1\n")
    plain.running["b", Role.ZOOKEEPER] = Running(both)
    assert endpoint.of_server(plain, node).tls is None


def test_clients_take_the_first_listener_of_the_settings(secured: Cluster) -> None:
    found = endpoint.for_clients(secured, secured.nodes["b"], USER)
    assert (endpoint.place(found), found.protocol, found.login) == ("b:9094", SASL_SSL, USER)


def test_without_a_login_for_it_the_tool_uses_its_own_listener(tmp_path: Path) -> None:
    cluster = written(tmp_path, KRAFT, SECURED.replace("login: scram", "login: mtls"))
    node = cluster.nodes["b"]
    assert endpoint.for_clients(cluster, node) == endpoint.of_broker(cluster, node)


def test_a_listener_that_does_not_run_yet_is_not_used(secured: Cluster, tmp_path: Path) -> None:
    runs(secured, PLAIN, tmp_path)
    assert endpoint.for_clients(secured, secured.nodes["b"], USER).port == 9092


def test_clients_are_sent_to_the_advertised_name(tmp_path: Path) -> None:
    advertised = SECURED.replace("login: scram", "login: scram, advertise: '{host}.example.org:19094'")
    cluster = written(tmp_path, KRAFT, advertised)
    assert endpoint.place(endpoint.for_clients(cluster, cluster.nodes["a"], USER)) == "a.example.org:19094"


def test_a_plaintext_cluster_s_clients_use_what_the_tool_uses(tmp_path: Path) -> None:
    cluster = written(tmp_path, KRAFT, PLAIN)
    for node in cluster.brokers:
        assert endpoint.for_clients(cluster, node) == endpoint.of_broker(cluster, node)
        assert endpoint.of_broker(cluster, node).tls is None


def test_the_tool_logs_in_where_the_settings_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAB_PASSWORD", "hidden away")
    login = "  tool: {login: {user: ops, password_from: 'env:FAB_PASSWORD'}, verify_as: '{host}.tunnel'}\n"
    cluster = written(tmp_path, KRAFT, SECURED + login)
    found = endpoint.of_broker(cluster, cluster.nodes["a"])
    assert (endpoint.place(found), found.protocol, found.verified_name) == ("a:9094", SASL_SSL, "a.tunnel")
    assert found.login == Login("SCRAM-SHA-512", "ops", Secret("hidden away"))
    assert "hidden away" not in repr(found)


def test_other_files_of_the_tool_and_of_the_ca(tmp_path: Path) -> None:
    files = "  certificates: {ca: other/ca.pem}\n  tool: {cert: '~/{cluster}.pem'}\n"
    cluster = written(tmp_path, KRAFT, f"name: prod\n{SECURED}{files}")
    tls = endpoint.of_broker(cluster, cluster.nodes["a"]).tls
    assert tls
    assert (tls.ca, tls.certificate) == (tmp_path / "other/ca.pem", Path.home() / "prod.pem")


def test_all_brokers_are_asked_at_a_listener_that_each_of_them_runs(secured: Cluster, tmp_path: Path) -> None:
    runs(secured, PLAIN, tmp_path)
    plain = secured.running["a", Role.BROKER].properties
    both = transition.properties(plain, broker.properties(secured, secured.nodes["a"]), MovePass.ADD)
    secured.running["a", Role.BROKER] = Running(both)
    assert [endpoint.of_broker(secured, node).port for node in secured.brokers] == [9092, 9092]
    secured.running["b", Role.BROKER] = Running(
        transition.properties(plain, broker.properties(secured, secured.nodes["b"]), MovePass.ADD)
    )
    assert [endpoint.of_broker(secured, node).port for node in secured.brokers] == [9091, 9091]
