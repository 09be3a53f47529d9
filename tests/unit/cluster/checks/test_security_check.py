"""What `security:` must not say together, and which properties it does not leave to the user."""

from pathlib import Path

import pytest

from kafka_fab.cluster.schema.problem import ConfigError
from tests.unit.folders import COMBINED, ZOOKEEPER, written

MTLS = "security:\n  internal: mtls\n  listeners:\n    clients: {port: 9094, login: scram}\n"
ISOLATED = "[kafka]\na id=1\nb id=2\n[controller]\nc id=3\n"


@pytest.fixture(autouse=True)
def _in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(folder: Path, settings: str, hosts: str = COMBINED) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        written(folder, hosts, settings)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("security", "words"),
    [
        ("listeners: {a: {port: 99999, login: tls}}", "security.listeners.a.port: "),
        ("listeners: {a: {port: 9094, login: scarm}}", "security.listeners.a.login: "),
        ("internal: mtsl\n  authorize: true", "security.internal: "),
        ("internal: mtls\n  plaintext: {port: 99999, until: moved}", "security.plaintext.port: "),
        ("certificates: {from: filez, cert: a, key: b, ca: c}", "security.certificates.from: "),
        ("listeners: {a: {port: 9094, login: scarm}}\n  tool: {login: {user: fab, password_from: env:P}}", "a.login: "),
    ],
)
def test_what_follows_from_a_refused_value_is_not_said(security: str, words: str, tmp_path: Path) -> None:
    [one] = refused(tmp_path, f"version: 4.3.1\n\n\n\nsecurity:\n  {security}\n")
    assert words in one


@pytest.mark.parametrize(
    ("security", "words"),
    [
        ("listeners: {a: {login: tls}}", "6: security.listeners.a: `port` is missing, as in `port: 9094`"),
        ("listeners: {a: {port: 9094}}", "6: security.listeners.a: `login` is missing: one of plaintext, tls, scram"),
        ("internal: mtls", "5: security.listeners: clients could connect nowhere: write one"),
        ("authorize: true", "6: security.authorize: without `internal: mtls` the nodes are anonymous"),
        (
            "plaintext: {port: 9092, until: moved}",
            "6: security.plaintext: without `internal: mtls` brokers have a plaintext listener already",
        ),
        (
            "internal: mtls\n  plaintext: {port: 9092}",
            "7: security.plaintext: both are needed, as in `{port: 9092, until: moved}`",
        ),
        ("certificates: {from: files}", "6: security.certificates: `cert` is missing: `from: files` needs it"),
        ("certificates: {from: files, cert: a, key: b}", "6: security.certificates: `ca` is missing: `from: files`"),
        ("certificates: {from: command}", "6: security.certificates: `command` is missing: `from: command` needs it"),
        (
            "certificates: {command: [step]}",
            "6: security.certificates.command: it is for `from: command`: remove it, or write that",
        ),
        ("certificates: {key: k}", "6: security.certificates.key: it is for `from: files`: remove it, or write that"),
        ("tool: {login: {user: fab}}", "6: security.tool.login: both `user` and `password_from` are needed"),
        (
            "tool: {login: {user: fab, password_from: env:P}}",
            "6: security.tool.login: the first of security.listeners must have `login: scram` or `plain` for it",
        ),
        (
            "listeners: {a: {port: 9094, login: kerberos}}",
            "security.listeners.a.login: `kerberos` needs listener.name.a.gssapi.sasl.jaas.config in kafka.properties",
        ),
        (
            "listeners: {a: {port: 9094, login: oauth}}",
            "security.listeners.a.login: `oauth` needs listener.name.a.oauthbearer.sasl.jaas.config in",
        ),
        (
            "listeners: {a: {port: 9094, login: tls, advertise: kafka.example.org}}",
            "a.advertise: kafka.example.org would be the address of every broker: write {host} in it",
        ),
        (
            "internal: mtls\n  listeners: {a: {port: 9091, login: tls}}",
            "security.listeners.a.port and security.replication_port are both 9091 on one host",
        ),
        (
            "listeners: {a: {port: 9094, login: tls}, b: {port: 9094, login: tls}}",
            "security.listeners.b.port and security.listeners.a.port are both 9094 on one host",
        ),
        (
            "internal: mtls\n  controller_port: 9093\n  listeners: {a: {port: 9094, login: tls}}",
            "security.controller_port: 9093 is controller.port: write another",
        ),
        (
            "internal: mtls\n  listeners: {a: {port: 9095, login: tls}}",
            "security.listeners.a.port and security.controller_port are both 9095 on one host",
        ),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, security: str, words: str) -> None:
    found = refused(tmp_path, f"version: 4.3.1\n\n\n\nsecurity:\n  {security}\n")
    assert any(f"conf/cluster.yaml:{words}" in line or words in line for line in found), found


@pytest.mark.parametrize("word", ["internal: mtls", "authorize: true", "listeners: {a: {port: 9094, login: tls}}"])
def test_0_8_0_has_nothing_to_secure(tmp_path: Path, word: str) -> None:
    settings = f"version: 0.8.0\nkafka: {{chroot: ''}}\nsecurity:\n  {word}\n"
    found = refused(tmp_path, settings, ZOOKEEPER)
    [only] = found
    assert only.startswith("conf/cluster.yaml:3: security: Kafka 0.8.0 has no TLS, no logins and no ACLs: remove it")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("3.4.1", "security.listeners.clients.login: Kafka 3.4.1 has no SCRAM users with KRaft; 3.5 and later have"),
        ("3.1.0", "security.authorize: Kafka 3.1.0 has no authorizer for KRaft; 3.2 and later have"),
    ],
)
def test_what_kraft_did_not_have_yet(tmp_path: Path, version: str, words: str) -> None:
    found = refused(tmp_path, f"version: {version}\n{MTLS}  authorize: true\n")
    assert any(words in line for line in found), found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("listeners", "security.listeners"),
        ("advertised.listeners", "security.listeners"),
        ("listener.security.protocol.map", "security.listeners"),
        ("inter.broker.listener.name", "security.internal"),
        ("security.inter.broker.protocol", "security.internal"),
        ("ssl.keystore.location", "security.certificates"),
        ("ssl.keystore.key", "security.certificates"),
        ("ssl.key.password", "security.certificates"),
        ("ssl.truststore.type", "security.certificates"),
        ("listener.name.replication.ssl.client.auth", "security.internal"),
        ("listener.name.clients.sasl.enabled.mechanisms", "security.listeners.clients.login"),
        ("listener.name.clients.scram-sha-512.sasl.jaas.config", "security.listeners.clients.login"),
        ("authorizer.class.name", "security.authorize"),
        ("super.users", "security.admins"),
        ("zookeeper.set.acl", "security.internal"),
        ("zookeeper.ssl.client.enable", "security.internal"),
    ],
)
@pytest.mark.parametrize("where", ["file", "host"])
def test_what_it_writes_is_not_the_users_to_write(tmp_path: Path, name: str, source: str, where: str) -> None:
    settings, hosts = f"version: 3.9.1\n{MTLS}  authorize: true\n", ZOOKEEPER
    if where == "file":
        settings += f"kafka:\n  properties:\n    {name}: x\n"
    else:
        hosts = hosts.replace("a id=1\n", f"a id=1 {name}=x\n", 1)
    found = refused(tmp_path, settings, hosts)
    place = f"conf/cluster.yaml:9: kafka.properties.{name}" if where == "file" else f"hosts.ini:2: a: {name}"
    assert any(line.startswith(f"{place} is written from {source}; set it there") for line in found), found


@pytest.mark.parametrize(
    ("section", "name", "hosts"),
    [
        ("controller", "ssl.truststore.location", ISOLATED),
        ("controller", "listener.security.protocol.map", ISOLATED),
        ("controller", "listener.name.controller_tls.ssl.client.auth", ISOLATED),
        ("controller", "super.users", ISOLATED),
        ("zookeeper", "ssl.keyStore.location", ZOOKEEPER),
        ("zookeeper", "ssl.quorum.trustStore.password", ZOOKEEPER),
        ("zookeeper", "sslQuorum", ZOOKEEPER),
        ("zookeeper", "portUnification", ZOOKEEPER),
        ("zookeeper", "serverCnxnFactory", ZOOKEEPER),
    ],
)
def test_nor_in_the_files_of_controllers_and_zookeeper(tmp_path: Path, section: str, name: str, hosts: str) -> None:
    settings = f"version: 3.9.1\n{MTLS}  authorize: true\n{section}:\n  properties:\n    {name}: x\n"
    found = refused(tmp_path, settings, hosts)
    assert any(f"{section}.properties.{name} is written from security." in line for line in found), found


def test_what_it_does_not_write_stays_the_users(tmp_path: Path) -> None:
    settings = """\
kafka:
  properties:
    ssl.protocol: TLSv1.3
    ssl.cipher.suites: TLS_AES_256_GCM_SHA384
    listener.name.clients.scram-sha-512.connections.max.reauth.ms: 60000
    listener.name.clients.ssl.keystore.location: /etc/kafka/public.pem
    authorizer.class.name: com.example.Authorizer
"""
    cluster = written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}{settings}")
    assert cluster.warnings == ()
    from kafka_fab.cluster.roles import broker

    found = broker.properties(cluster, cluster.nodes["a"])
    assert found["listener.name.clients.scram-sha-512.connections.max.reauth.ms"] == "60000"
    assert found["authorizer.class.name"] == "com.example.Authorizer"


def test_a_key_of_a_listener_that_is_not_there_is_said(tmp_path: Path) -> None:
    more = "kafka:\n  properties:\n    listener.name.client.max.connections: 5\n"
    [warning] = written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}{more}").warnings
    assert "listener.name.client.max.connections: brokers pass over it" in str(warning)


@pytest.mark.parametrize(
    ("key", "instead"), [("kafka", "security.plaintext.port"), ("zookeeper", "security.zookeeper_port")]
)
def test_a_port_that_nobody_listens_at_any_more(tmp_path: Path, key: str, instead: str) -> None:
    [warning] = written(tmp_path, ZOOKEEPER, f"version: 3.9.1\n{MTLS}{key}:\n  port: 9192\n").warnings
    assert f"conf/cluster.yaml:7: warning: {key}.port: nothing listens there" in str(warning)
    assert instead in str(warning)


@pytest.mark.parametrize("address", ["host", "10.0.0.1"])
def test_jmx_and_exporter_stay_on_loopback(tmp_path: Path, address: str) -> None:
    (tmp_path / "agent.jar").touch()
    exporter = f"exporter: {{port: 7071, jar: agent.jar, sha256: {'0' * 64}, address: {address}}}"
    kafka = f"kafka:\n  jmx: {{port: 9999, password: secret-word, address: {address}}}\n  {exporter}\n"
    found = "\n".join(refused(tmp_path, f"version: 4.3.1\n{MTLS}{kafka}"))
    assert "cluster.yaml:7: kafka.jmx.address: JMX sends its password in clear" in found
    assert "cluster.yaml:8: kafka.exporter.address: the exporter speaks plain HTTP" in found
    cluster = written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}{kafka.replace(address, '127.0.0.1')}")
    assert cluster.warnings == ()


def test_an_exporter_with_tls_of_its_own_may_be_reached(tmp_path: Path) -> None:
    (tmp_path / "agent.jar").touch()
    (tmp_path / "rules.yaml").write_text("httpServer:\n  ssl: {}\nrules: []\n")
    exporter = f"exporter: {{port: 7071, jar: agent.jar, sha256: {'0' * 64}, rules: rules.yaml}}"
    assert written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}kafka: {{{exporter}}}\n").warnings == ()


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ("  plaintext: {port: 9092, until: moved}\n", "security.plaintext"),
        ("    open: {port: 9097, login: tls}\n", "security.listeners.open"),
    ],
)
def test_clients_without_a_name_are_said_where_acls_decide(tmp_path: Path, more: str, name: str) -> None:
    cluster = written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}{more}  authorize: true\n")
    [warning] = cluster.warnings
    assert f"warning: {name}: clients there are User:ANONYMOUS to ACLs" in str(warning)
    assert written(tmp_path, COMBINED, f"version: 4.3.1\n{MTLS}{more}  authorize: audit\n").warnings == ()
