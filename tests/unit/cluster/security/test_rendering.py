"""What `security:` writes into the files of brokers, controllers and ZooKeeper servers."""

from pathlib import Path

import pytest

from kafka_fab.cluster.preflight import network_check
from kafka_fab.cluster.resource import ListenerLogin, Port
from kafka_fab.cluster.roles import broker, controller, node_resources, zookeeper_server
from kafka_fab.cluster.roles.service import services
from tests.unit.folders import COMBINED, ZOOKEEPER, written

ISOLATED = "[kafka]\na id=1\nb id=2 address=10.0.0.2\n[controller]\nc id=3\n"
SECURITY = """\
name: payments
security:
  internal: mtls
  listeners:
    clients:  {port: 9094, login: scram}
    external: {port: 9096, login: mtls, advertise: '{host}.example.org'}
  authorize: true
  admins: [User:ops]
"""
SUPER_USERS = (
    "User:CN=kafka-node,OU=payments,O=kafka-fab;User:CN=fab,OU=payments,O=kafka-fab;User:fab;User:fab-smoke;User:ops"
)
STORES = {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": "/etc/kafka/node.pem",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "/etc/kafka/ca.pem",
}
# A clients' CA may sign the subject of a node.
NO_NODE = "RULE:^(CN=kafka-node,OU=payments,O=kafka-fab|CN=fab,OU=payments,O=kafka-fab)$/client:$1/"
LOGINS = {
    "listener.name.replication.ssl.client.auth": "required",
    "listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.clients.scram-sha-512.connections.max.reauth.ms": "3600000",
    "listener.name.external.ssl.client.auth": "required",
    "listener.name.external.ssl.truststore.type": "PEM",
    "listener.name.external.ssl.truststore.location": "/etc/kafka/clients-ca.pem",
    "listener.name.external.ssl.principal.mapping.rules": f"{NO_NODE},DEFAULT",
}


@pytest.mark.parametrize("version", ["3.9.1", "4.3.1"])
def test_an_isolated_broker(tmp_path: Path, version: str) -> None:
    cluster = written(tmp_path, ISOLATED, f"version: {version}\n{SECURITY}")
    assert broker.properties(cluster, cluster.nodes["b"]) == {
        "process.roles": "broker",
        "node.id": "2",
        "listeners": "REPLICATION://:9091,CLIENTS://:9094,EXTERNAL://:9096",
        "advertised.listeners": "REPLICATION://10.0.0.2:9091,CLIENTS://10.0.0.2:9094,EXTERNAL://b.example.org:9096",
        "listener.security.protocol.map": "REPLICATION:SSL,CLIENTS:SASL_SSL,EXTERNAL:SSL,CONTROLLER_TLS:SSL",
        "inter.broker.listener.name": "REPLICATION",
        "log.dirs": "/opt/kafka-logs",
        "controller.listener.names": "CONTROLLER_TLS",
        "controller.quorum.bootstrap.servers": "c:9095",
        **STORES,
        **LOGINS,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": SUPER_USERS,
    }


def test_an_isolated_controller(tmp_path: Path) -> None:
    cluster = written(tmp_path, ISOLATED, f"version: 4.3.1\n{SECURITY}")
    assert controller.properties(cluster, cluster.nodes["c"]) == {
        "process.roles": "controller",
        "node.id": "3",
        "listeners": "CONTROLLER_TLS://:9095",
        "advertised.listeners": "CONTROLLER_TLS://c:9095",
        "listener.security.protocol.map": "CONTROLLER_TLS:SSL,REPLICATION:SSL",
        "inter.broker.listener.name": "REPLICATION",
        "controller.listener.names": "CONTROLLER_TLS",
        "controller.quorum.bootstrap.servers": "c:9095",
        "log.dirs": "/var/lib/kafka-controller",
        **STORES,
        "listener.name.controller_tls.ssl.client.auth": "required",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": SUPER_USERS,
    }


def test_a_combined_node(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, f"version: 4.3.1\n{SECURITY}")
    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["listeners"].endswith(",CONTROLLER_TLS://:9095")
    assert found["advertised.listeners"].endswith(",CONTROLLER_TLS://a:9095")
    assert found["listener.name.controller_tls.ssl.client.auth"] == "required"
    assert broker.ports(cluster, cluster.nodes["a"]) == (9091, 9094, 9096, 9095)
    assert broker.inter_broker_port(cluster, cluster.nodes["a"]) == 9091
    assert broker.endpoint(cluster, cluster.nodes["a"]) == "a:9091"
    assert broker.endpoints(cluster, cluster.nodes["a"]) == ("a:9091", "a:9094", "a.example.org:9096")


def test_a_static_quorum_does_not_advertise_its_listener(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, f"version: 3.8.0\n{SECURITY}")
    found = broker.properties(cluster, cluster.nodes["a"])
    assert "CONTROLLER_TLS" not in found["advertised.listeners"]
    assert found["controller.quorum.voters"] == "1@a:9095,2@b:9095,3@c:9095"


def test_a_broker_with_zookeeper_whose_release_takes_no_pem_key(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, f"version: 2.8.2\n{SECURITY}")
    found = broker.properties(cluster, cluster.nodes["a"])
    password = "${kafkafab:/etc/kafka/secrets.properties:keystore.password}"
    assert found["ssl.keystore.type"] == "PKCS12"
    assert found["ssl.keystore.location"] == "/etc/kafka/node.p12"
    assert found["ssl.keystore.password"] == found["ssl.key.password"] == password
    assert found["config.providers"] == "kafkafab"
    assert found["authorizer.class.name"] == "kafka.security.authorizer.AclAuthorizer"
    assert found["zookeeper.connect"] == "a:2182,b:2182,c:2182/kafka"
    assert {
        key: value for key, value in found.items() if key.startswith("zookeeper.") and key != "zookeeper.connect"
    } == {
        "zookeeper.ssl.client.enable": "true",
        "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
        "zookeeper.ssl.keystore.type": "PEM",
        "zookeeper.ssl.keystore.location": "/etc/kafka/node.pem",
        "zookeeper.ssl.truststore.type": "PEM",
        "zookeeper.ssl.truststore.location": "/etc/kafka/ca.pem",
        "zookeeper.set.acl": "true",
    }


def test_a_users_own_providers_stay_beside_ours(tmp_path: Path) -> None:
    own = "kafka: {unchecked_properties: {config.providers: vault, config.providers.vault.class: x.Vault}}\n"
    cluster = written(tmp_path, ZOOKEEPER, f"version: 2.8.2\n{own}{SECURITY}")
    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["config.providers"] == "kafkafab,vault"
    assert found["config.providers.vault.class"] == "x.Vault"


@pytest.mark.parametrize("where", ["", "listener.name.external."])
def test_a_users_own_mapping_rules_follow_ours(tmp_path: Path, where: str) -> None:
    own = f"kafka: {{properties: {{{where}ssl.principal.mapping.rules: 'RULE:^CN=(.*?),.*$/$1/'}}}}\n"
    cluster = written(tmp_path, ISOLATED, f"version: 4.3.1\n{own}{SECURITY}")
    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["listener.name.external.ssl.principal.mapping.rules"] == f"{NO_NODE},RULE:^CN=(.*?),.*$/$1/"


def test_a_zookeeper_server(tmp_path: Path) -> None:
    found = zookeeper_server.properties(written(tmp_path, ZOOKEEPER, f"version: 3.9.1\n{SECURITY}"))
    assert "clientPort" not in found
    assert found["secureClientPort"] == "2182"
    assert found["ssl.clientAuth"] == found["ssl.quorum.clientAuth"] == "need"
    assert found["sslQuorum"] == "true"
    assert "portUnification" not in found
    assert found["ssl.keyStore.location"] == found["ssl.quorum.keyStore.location"] == "/etc/zookeeper/node.pem"


def test_a_zookeeper_server_alone_has_no_quorum(tmp_path: Path) -> None:
    hosts = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
    found = zookeeper_server.properties(written(tmp_path, hosts, f"version: 3.9.1\n{SECURITY}"))
    assert not [key for key in found if "uorum" in key and key != "quorumListenOnAllIPs"]


def test_clients_alone_are_secured(tmp_path: Path) -> None:
    settings = "version: 4.3.1\nsecurity: {listeners: {clients: {port: 9094, login: tls}}}\n"
    cluster = written(tmp_path, ISOLATED, settings)
    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["listeners"] == "PLAINTEXT://:9092,CLIENTS://:9094"
    assert found["listener.security.protocol.map"] == "PLAINTEXT:PLAINTEXT,CLIENTS:SSL,CONTROLLER:PLAINTEXT"
    assert found["inter.broker.listener.name"] == "PLAINTEXT"
    assert not [key for key in found if "truststore" in key or "client.auth" in key]
    plain = written(tmp_path, ISOLATED, "version: 4.3.1\n")
    assert controller.properties(cluster, cluster.nodes["c"]) == controller.properties(plain, plain.nodes["c"])


def test_a_plaintext_listener_stays_while_clients_move(tmp_path: Path) -> None:
    settings = f"version: 4.3.1\n{SECURITY}  plaintext: {{port: 9092, until: moved}}\n"
    cluster = written(tmp_path, ISOLATED, settings.replace("authorize: true", "authorize: audit"))
    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["listeners"].endswith(",PLAINTEXT://:9092")
    assert "PLAINTEXT:PLAINTEXT" in found["listener.security.protocol.map"]
    assert found["allow.everyone.if.no.acl.found"] == "true"


@pytest.mark.parametrize(
    ("hosts", "version", "reached", "own"),
    [
        (COMBINED, "4.3.1", {9091, 9095}, {9091, 9094, 9096, 9095}),
        (ZOOKEEPER, "3.9.1", {9091, 2182, 2888, 3888}, {9091, 9094, 9096, 2182}),
    ],
)
def test_preflight_looks_at_the_ports_with_tls(
    tmp_path: Path, hosts: str, version: str, reached: set[int], own: set[int]
) -> None:
    cluster = written(tmp_path, hosts, f"version: {version}\n{SECURITY}")
    node = cluster.nodes["a"]
    assert {port for _, port in network_check.targets(cluster, node)} == reached
    steps = node_resources.steps(cluster, node)
    assert {one.number for one in steps["preconditions"] if isinstance(one, Port)} == own
    assert {port for one in services(cluster, node) for port in one.ports} == own


def test_each_listener_for_clients_keeps_its_login_while_it_is_open(tmp_path: Path) -> None:
    listeners = "{a: {port: 9094, login: scram}, b: {port: 9096, login: mtls}, c: {port: 9097, login: tls}}"
    cluster = written(tmp_path, ISOLATED, f"version: 4.3.1\nsecurity: {{internal: mtls, listeners: {listeners}}}\n")
    node = cluster.nodes["a"]
    found = [one for one in broker.steps(cluster, node)["invariants"] if isinstance(one, ListenerLogin)]
    assert [(one.name, one.prefix, one.protocol, one.mechanism, one.client_auth) for one in found] == [
        ("A", "listener.name.a.", "SASL_SSL", "SCRAM-SHA-512", ""),
        ("B", "listener.name.b.", "SSL", "", "required"),
        ("C", "listener.name.c.", "SSL", "", ""),
    ]
    # They are what the file says, which is what a host compares them with.
    said = broker.properties(cluster, node)
    assert all(said.get(f"{one.prefix}sasl.enabled.mechanisms", "") == one.mechanism for one in found)
    assert all(said.get(f"{one.prefix}ssl.client.auth", "") == one.client_auth for one in found)
