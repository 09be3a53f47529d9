"""Listeners that a broker refuses at its start, or passes over: told before any connection."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import broker
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.values import listener
from tests.unit.folders import COMBINED, written

ZOOKEEPER = "[kafka]\na id=1\nb id=2\n[zookeeper]\na id=1\n"
ISOLATED = "[kafka]\na id=1\nb id=2\n[controller]\nd id=4\n"
MIXED = "[kafka]\na id=1\nb id=2\n[controller]\na id=1\n"
TWO = "listeners=PLAINTEXT://:9092,CLIENT://:9094"
MAP = "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CLIENT:SASL_SSL"


def settings(version: str, *properties: str, section: str = "kafka") -> str:
    pairs = (pair.partition("=") for pair in properties)
    lines = "".join(f"    {key}: {value!r}\n" for key, _, value in pairs)
    return f"version: {version}\n{section}:\n  properties:\n{lines}"


def loaded(folder: Path, hosts: str, *properties: str, version: str = "3.9.1") -> Cluster:
    return written(folder, hosts, settings(version, *properties))


def refused(folder: Path, hosts: str, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        written(folder, hosts, text)
    assert all("hosts.ini:" in str(one) or "cluster.yaml:" in str(one) for one in caught.value.problems)
    return [one.text for one in caught.value.problems if not one.warning]


@pytest.mark.parametrize("hosts", [ZOOKEEPER, COMBINED, ISOLATED], ids=["zookeeper", "combined", "isolated"])
@pytest.mark.parametrize(
    ("properties", "words"),
    [
        (["listener.security.protocol.map=A"], "`A` is not NAME:PROTOCOL, such as CLIENT:PLAINTEXT"),
        (["listener.security.protocol.map=PLAINTEXT:PLAINTEXT,,A:SSL"], "`` is not NAME:PROTOCOL"),
        (["listener.security.protocol.map=PLAINTEXT:TLS"], "PLAINTEXT:TLS: the protocols are PLAINTEXT, SSL"),
        (["listener.security.protocol.map=A:SSL"], "PLAINTEXT has no protocol: add `PLAINTEXT:PLAINTEXT`"),
        ([TWO, "listener.security.protocol.map=PLAINTEXT:SSL,plaintext:PLAINTEXT"], "PLAINTEXT is given twice"),
        ([TWO], "CLIENT has no protocol: add `CLIENT:PLAINTEXT`"),
        (["inter.broker.listener.name=NOPE"], "NOPE is not among the advertised listeners (PLAINTEXT)"),
        ([TWO, MAP, "inter.broker.listener.name=CONTROLLER"], "CONTROLLER is not among the advertised listeners"),
        (["security.inter.broker.protocol=SSL"], "SSL is not among the advertised listeners (PLAINTEXT)"),
        (["security.inter.broker.protocol=TLS"], "security.inter.broker.protocol: "),
        (
            ["inter.broker.listener.name=PLAINTEXT", "security.inter.broker.protocol=PLAINTEXT"],
            "are both given, which a broker refuses: keep inter.broker.listener.name",
        ),
        (["listeners=SSL://:9092"], "brokers speak to each other by PLAINTEXT, which is not among the advertised"),
        (["listeners=,"], "listeners: none is in it"),
        (["listeners=PLAINTEXT://:9092,SSL://:0"], "SSL://:0: a port is 1 to 65535"),
        (["listeners=PLAINTEXT://:9092,PLAINTEXT://:9092"], "PLAINTEXT is given twice"),
        (["listeners=PLAINTEXT://10.0.0.1:9092,SSL://10.0.0.2:9092"], "SSL and PLAINTEXT have one port, 9092"),
        (["listeners=PLAINTEXT://a:9092"], "PLAINTEXT://a:9092 is bound to a, where b is not"),
        (["advertised.listeners=PLAINTEXT://lb:9092"], "PLAINTEXT://lb:9092 would be a's and b's"),
        (["remote.log.metadata.manager.listener.name=X"], "X is not among the listeners (PLAINTEXT)"),
    ],
)
def test_what_a_broker_refuses(hosts: str, properties: list[str], words: str, tmp_path: Path) -> None:
    said = refused(tmp_path, hosts, settings("3.9.1", *properties))
    assert any(words in one for one in said), said


@pytest.mark.parametrize(
    ("hosts", "version", "properties", "words"),
    [
        (ZOOKEEPER, "3.9.1", ["control.plane.listener.name=NOPE"], "NOPE is not among the listeners"),
        (ZOOKEEPER, "2.8.2", ["control.plane.listener.name=PLAINTEXT"], "is the listener between brokers, too"),
        (COMBINED, "3.9.1", ["control.plane.listener.name=PLAINTEXT"], "a broker with controllers refuses it"),
        (COMBINED, "4.3.1", ["early.start.listeners=NOPE"], "NOPE is not among the listeners (CONTROLLER, PLAINTEXT)"),
        (COMBINED, "4.3.1", ["listeners=PLAINTEXT://:9092,CONTROLLER://:9999"], "is not at controller.port, 9093"),
        (ISOLATED, "4.3.1", ["listeners=PLAINTEXT://:9092,CONTROLLER://:9093"], "is the controllers' own"),
        (MIXED, "4.3.1", ["listeners=PLAINTEXT://:9092,CONTROLLER://:9093"], "is the controllers' own"),
        (ISOLATED, "4.3.1", ["listeners=CONTROLLER://:9092"], "is the controllers' own"),
    ],
)
def test_what_a_broker_of_one_mode_refuses(
    hosts: str, version: str, properties: list[str], words: str, tmp_path: Path
) -> None:
    said = refused(tmp_path, hosts, settings(version, *properties))
    assert any(words in one for one in said), said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("inter.broker.listener.name=NOPE", "hosts.ini:3: b: inter.broker.listener.name: NOPE is not among"),
        (
            "listener.security.protocol.map=A",
            "hosts.ini:3: b: listener.security.protocol.map: `A` is not NAME:PROTOCOL",
        ),
        ("advertised.listeners=CONTROLLER://b:9093", "hosts.ini:3: b: advertised.listeners: CONTROLLER is not among"),
        ("advertised.listeners=PLAINTEXT://x:1,PLAINTEXT://y:2", "PLAINTEXT is given twice"),
    ],
)
def test_a_line_of_hosts_ini_is_judged_as_well(line: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, ZOOKEEPER.replace("b id=2\n", f"b id=2 {line}\n", 1), "version: 3.9.1\n")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("hosts", "version", "properties"),
    [
        (ZOOKEEPER, "3.9.1", [TWO, MAP]),
        (ZOOKEEPER, "2.8.2", [TWO, MAP, "control.plane.listener.name=client"]),
        (ZOOKEEPER, "3.9.1", ["listeners=SSL://:9092", "security.inter.broker.protocol=SSL"]),
        (ZOOKEEPER, "3.9.1", [TWO, MAP.lower().replace("map=", "map= ") + ",", "inter.broker.listener.name=client"]),
        (ZOOKEEPER, "3.9.1", ["listeners=PLAINTEXT://0.0.0.0:9092,SSL://[::1]:9092"]),
        (COMBINED, "4.3.1", ["listeners=PLAINTEXT://:9092,CONTROLLER://:9093", "early.start.listeners=CONTROLLER"]),
        (ISOLATED, "4.3.1", ["inter.broker.listener.name=PLAINTEXT"]),
        (MIXED, "4.3.1", ["early.start.listeners=CONTROLLER,PLAINTEXT"]),
    ],
)
def test_what_a_broker_takes(hosts: str, version: str, properties: list[str], tmp_path: Path) -> None:
    cluster = loaded(tmp_path, hosts, *properties, version=version)
    assert not [one for one in cluster.warnings if "listener" in one.text]
    said = broker.properties(cluster, cluster.nodes["b"])
    names = {one.name for one in listener.read(said["listeners"])}
    inter = said.get("inter.broker.listener.name") or said.get("security.inter.broker.protocol", "PLAINTEXT")
    assert inter.upper() in names


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("advertised.listeners=PLAINTEXT://localhost:9092", "means to each other broker that broker itself"),
        ("advertised.listeners=PLAINTEXT://127.0.0.1:9092", "means to each other broker that broker itself"),
        (
            "listeners=PLAINTEXT://:9092,SSL://:2181",
            "hosts.ini:2: a: listeners (SSL) and zookeeper.port are both 2181 on one host",
        ),
    ],
)
def test_a_line_that_only_its_host_could_use(line: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, ZOOKEEPER.replace("a id=1\n", f"a id=1 {line}\n", 1), "version: 3.9.1\n")
    assert words in str(caught.value)


def test_an_extra_listener_may_be_advertised_for_a_tunnel(tmp_path: Path) -> None:
    hosts = ZOOKEEPER.replace("a id=1\n", "a id=1 advertised.listeners=PLAINTEXT://a:9092,CLIENT://localhost:9094\n", 1)
    assert written(tmp_path, hosts, settings("3.9.1", TWO, MAP))


def test_0_8_0_has_no_listeners_by_name(tmp_path: Path) -> None:
    text = "version: 0.8.0\nkafka: {chroot: '', properties: {listener.name.a.ssl.client.auth: none}}\n"
    [said] = refused(tmp_path, ZOOKEEPER, text)
    assert said.startswith("Kafka 0.8.0 knows no property listener.name.a.ssl.client.auth")


def test_two_brokers_are_not_advertised_alike(tmp_path: Path) -> None:
    hosts = ZOOKEEPER.replace("a id=1\nb id=2", "a id=1 {0}:9092\nb id=2 {0}:{1}").replace(
        "{0}", "advertised.listeners=PLAINTEXT://nat"
    )
    said = refused(tmp_path, hosts.replace("{1}", "9092"), "version: 3.9.1\n")
    assert said == [
        "advertised.listeners: PLAINTEXT://nat:9092 would be a's and b's: write it on each host's line of hosts.ini"
    ]
    assert written(tmp_path, hosts.replace("{1}", "9192"), "version: 3.9.1\n")


@pytest.mark.parametrize(
    ("key", "passed_over"),
    [
        ("listener.name.client.ssl.client.auth", False),
        ("listener.name.clent.ssl.client.auth", True),
        ("listener.name.CLIENT.ssl.client.auth", True),
        ("listener.name.controller.ssl.client.auth", False),
    ],
)
def test_a_key_for_a_listener_that_is_none_is_told(key: str, passed_over: bool, tmp_path: Path) -> None:
    cluster = loaded(tmp_path, COMBINED, TWO, MAP, f"{key}=required")
    said = [one.text for one in cluster.warnings]
    expected = f"kafka.properties.{key}: brokers pass over it"
    assert any(expected in one for one in said) == passed_over


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        (["listener.security.protocol.map=A"], "`A` is not NAME:PROTOCOL"),
        (
            ["listener.security.protocol.map=PLAINTEXT:PLAINTEXT"],
            "CONTROLLER has no protocol: add `CONTROLLER:PLAINTEXT`",
        ),
        (
            ["inter.broker.listener.name=PLAINTEXT", "security.inter.broker.protocol=PLAINTEXT"],
            "are both given: keep one",
        ),
        (["controller.listener.names=X"], "is written from [controller] in hosts.ini"),
    ],
)
def test_what_an_isolated_controller_refuses(properties: list[str], words: str, tmp_path: Path) -> None:
    said = refused(tmp_path, ISOLATED, settings("4.3.1", *properties, section="controller"))
    assert any(words in one for one in said), said
