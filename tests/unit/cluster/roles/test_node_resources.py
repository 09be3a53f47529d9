"""What should be on a host: resource lists as values, and the lines that matter in the rendered files."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import (
    Absent,
    ConnectsBy,
    Data,
    Directory,
    Download,
    ExtraFilesAbsent,
    File,
    FixedKey,
    Identity,
    Java,
    Link,
    LinkAbsent,
    Members,
    MetadataStore,
    Owner,
    PackagedKept,
    Places,
    Port,
    RecordsAbsent,
    RunningConfig,
    SavedAbsent,
    Tree,
    TreesAbsent,
    UnitAbsent,
    Units,
    User,
    Version,
)
from kafka_fab.cluster.roles import broker, node_resources
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import TemplateProblem
from kafka_fab.cluster.values.unit_names import unit_file
from tests.unit.folders import Load, loader

HOSTS = """[kafka]
a id=1 rack=r1
b id=2 address=10.0.0.2
[zookeeper]
a id=11
b id=12
z id=13
"""
OLD = "version: 0.8.0\nkafka: {chroot: ''}\n"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)
    return loader(tmp_path, HOSTS)


def steps(cluster: Cluster, name: str) -> dict[str, tuple[object, ...]]:
    return dict(node_resources.steps(cluster, cluster.nodes[name]))


def content(cluster: Cluster, name: str, path: str) -> list[str]:
    """The lines of a file of a host."""
    step = [item for items in steps(cluster, name).values() for item in items]
    [file] = [item for item in step if isinstance(item, File) and item.path == path]
    assert file.content.endswith("\n")
    return file.content.splitlines()


def said(cluster: Cluster, name: str, path: str) -> dict[str, str]:
    """What a properties file of a host says."""
    lines = [line for line in content(cluster, name, path) if not line.startswith("#")]
    keys = [line.partition("=")[0] for line in lines]
    assert len(keys) == len(set(keys)), "a key stands once"
    return {key: line.partition("=")[2] for key, line in zip(keys, lines, strict=True)}


def bare(items: tuple[object, ...]) -> list[object]:
    """Resources, files by their path, owner, group and mode alone."""
    return [(i.path, i.owner, i.group, i.mode) if isinstance(i, File) else i for i in items]


SERVER = "/etc/kafka/server.properties"
# What JMX and the exporter leave where they are switched off.
OFF = tuple(Absent(f"/etc/kafka/{name}") for name in ("jmx.password", "jmx.access", "exporter.yaml"))
ZOO_DIR = "/etc/zookeeper"
PEERS = "zookeeper.peer_port or election_port"
ZOO = f"{ZOO_DIR}/zookeeper.properties"

TREE = "/opt/kafka_2.13-3.9.1"
# What an install leaves alone of a service that stays at another version.
ZOO_FILES = (ZOO, f"{ZOO_DIR}/log4j.properties", "/etc/systemd/system/zookeeper.service", f"{ZOO_DIR}/jvm.secrets")
KAFKA_FILES = (
    SERVER,
    "/etc/kafka/log4j.properties",
    "/etc/systemd/system/kafka.service",
    "/etc/kafka/jvm.secrets",
    *(absent.path for absent in OFF),
)

PLACES = (
    "/var/cache/kafka-fab",
    "/etc/zookeeper",
    "/etc/kafka",
    "/var/lib/zookeeper",
    "/var/log/zookeeper",
    "/opt/kafka-logs",
    "/var/log/kafka",
    "/var/cache/kafka",
    "/var/cache/zookeeper",
    "/opt/kafka_2.13-3.9.1",
    "/var/lib/kafka-fab",
)


def test_a_host_with_both_roles(loaded: Load) -> None:
    found = steps(loaded(), "a")
    assert tuple(found) == node_resources.STEPS
    assert {name: bare(items) for name, items in found.items()} == {
        "owner": [
            found["owner"][0],
            Places(PLACES),
            Version("/opt/kafka", TREE, "", "zookeeper", ZOO_FILES, ("/var/lib/zookeeper",)),
            Version("/opt/kafka", TREE, "", "kafka", KAFKA_FILES, ("/opt/kafka-logs",)),
        ],
        "preconditions": [
            Identity("/var/lib/zookeeper/myid", "", "11", "a's ZooKeeper id in hosts.ini"),
            Port(2181, "zookeeper"),
            Identity("/opt/kafka-logs/meta.properties", "broker.id", "1", "a's broker id in hosts.ini", True),
            Port(9092, "kafka"),
        ],
        "invariants": [
            Data("zookeeper", "zookeeper.data_dir", f"/run{ZOO[4:]}", ZOO, ("/var/lib/zookeeper",)),
            ConnectsBy("zookeeper", f"/run{ZOO[4:]}", "sslQuorum", "false", "false"),
            FixedKey("zookeeper", f"/run{ZOO[4:]}", ZOO, "clientPort", "2181", "zookeeper.port"),
            *(
                FixedKey("zookeeper", f"/run{ZOO[4:]}", ZOO, f"server.{number}", "*:2888:3888", PEERS)
                for number in (11, 12, 13)
            ),
            Members("zookeeper", "zookeeper", ZOO, "server.", (11, 12, 13), ("/var/lib/zookeeper",)),
            Data("kafka", "kafka.log_dirs", f"/run{SERVER[4:]}", SERVER, ("/opt/kafka-logs",)),
            MetadataStore("ZooKeeper/kafka", f"/run{SERVER[4:]}", SERVER, ("/opt/kafka-logs",)),
            ConnectsBy("kafka", f"/run{SERVER[4:]}", "inter.broker.listener.name", "PLAINTEXT", "PLAINTEXT"),
        ],
        "java": [
            Java(8, 23, ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "java-17-openjdk-headless")),
        ],
        "users": [User("zookeeper", "/etc/zookeeper"), User("kafka", "/etc/kafka")],
        "download": [
            Directory("/var/cache/kafka-fab", shared=True),
            Download(
                "https://archive.apache.org/dist/kafka/3.9.1/kafka_2.13-3.9.1.tgz",
                "/var/cache/kafka-fab/kafka_2.13-3.9.1.tgz",
                "/opt/kafka_2.13-3.9.1",
            ),
        ],
        "extract": [Tree("/opt/kafka_2.13-3.9.1", "/var/cache/kafka-fab/kafka_2.13-3.9.1.tgz")],
        "symlink": [Link("/opt/kafka", "/opt/kafka_2.13-3.9.1")],
        "config": [
            Directory("/etc/zookeeper", "root", "zookeeper", "750"),
            (ZOO, "root", "zookeeper", "640"),
            ("/etc/zookeeper/log4j.properties", "root", "zookeeper", "640"),
            ("/etc/systemd/system/zookeeper.service", "root", "root", "644"),
            Absent("/etc/zookeeper/jvm.secrets"),
            Directory("/etc/kafka", "root", "kafka", "750"),
            (SERVER, "root", "kafka", "640"),
            ("/etc/kafka/log4j.properties", "root", "kafka", "640"),
            ("/etc/systemd/system/kafka.service", "root", "root", "644"),
            Absent("/etc/kafka/jvm.secrets"),
            *OFF,
        ],
        "log-dirs": [
            Directory("/var/lib/zookeeper", "zookeeper", "zookeeper", "750"),
            Directory("/var/log/zookeeper", "zookeeper", "zookeeper", "750"),
            ("/var/lib/zookeeper/myid", "zookeeper", "zookeeper", "640"),
            Directory("/opt/kafka-logs", "kafka", "kafka", "750"),
            Directory("/var/log/kafka", "kafka", "kafka", "750"),
            Directory("/var/cache/kafka", "kafka", "kafka", "750", scratch=True),
        ],
        "tuning": [("/etc/sysctl.d/90-kafka-fab.conf", "root", "root", "644"), *found["tuning"][1:]],
        "services": [Units(("zookeeper", "kafka")), *(ExtraFilesAbsent(unit, ()) for unit in ("zookeeper", "kafka"))],
        "running-config": [
            RunningConfig.of(
                "zookeeper", (ZOO, f"{ZOO_DIR}/log4j.properties"), "/opt/kafka", "/var/log/zookeeper/zookeeper.log"
            ),
            RunningConfig.of(
                "kafka", (SERVER, "/etc/kafka/log4j.properties"), "/opt/kafka", "/var/log/kafka/server.log"
            ),
        ],
    }  # fmt: skip


def test_a_host_of_the_ensemble_alone(loaded: Load) -> None:
    found = [item for items in steps(loaded(), "z").values() for item in items]
    assert User("zookeeper", "/etc/zookeeper") in found
    assert Link("/opt/kafka", "/opt/kafka_2.13-3.9.1") in found, "ZooKeeper comes with Kafka's archive"
    assert Units(("zookeeper",)) in found
    assert not [item for item in found if item in (User("kafka", "/etc/kafka"), Port(9092, "kafka"))]


def test_a_broker_alone(loaded: Load) -> None:
    found = steps(loaded("version: 3.9.1", "[kafka]\nk id=1\n[zookeeper]\nz id=1\n"), "k")
    assert found["users"] == (User("kafka", "/etc/kafka"),)
    assert found["preconditions"][-1] == Port(9092, "kafka")
    assert found["services"] == (Units(("kafka",)), ExtraFilesAbsent("kafka", ()))


def test_server_properties(loaded: Load) -> None:
    assert said(loaded(), "a", SERVER) == {
        "broker.id": "1",
        "broker.rack": "r1",
        "listeners": "PLAINTEXT://:9092",
        "advertised.listeners": "PLAINTEXT://a:9092",
        "log.dirs": "/opt/kafka-logs",
        "zookeeper.connect": "a:2181,10.0.0.2:2181,z:2181/kafka",
    }


def test_server_properties_of_a_host_with_an_address(loaded: Load) -> None:
    found = said(loaded(), "b", SERVER)
    assert found["advertised.listeners"] == "PLAINTEXT://10.0.0.2:9092"
    assert "broker.rack" not in found


def test_server_properties_of_0_8_0(loaded: Load) -> None:
    assert said(loaded(OLD), "a", SERVER) == {
        "broker.id": "1",
        "port": "9092",
        "host.name": "a",
        "log.dirs": "/opt/kafka-logs",
        "zookeeper.connect": "a:2181,10.0.0.2:2181,z:2181",
    }


def test_settings_reach_server_properties(loaded: Load) -> None:
    text = """version: 3.9.1
kafka:
  port: 9192
  chroot: ''
  log_dirs: [/d1, /d2]
  properties: {num.partitions: 7, auto.create.topics.enable: no}
  unchecked_properties: {my.plugin: x}
zookeeper: {port: 2281}
"""
    found = said(loaded(text), "a", SERVER)
    assert found["zookeeper.connect"] == "a:2281,10.0.0.2:2281,z:2281"
    assert found["log.dirs"] == "/d1,/d2"
    assert found["listeners"] == "PLAINTEXT://:9192"
    assert (found["num.partitions"], found["auto.create.topics.enable"]) == ("7", "false")
    assert found["my.plugin"] == "x"


def test_an_identity_and_a_directory_for_each_log_dir(loaded: Load) -> None:
    found = steps(loaded("version: 3.9.1\nkafka: {log_dirs: [/d1, /d2]}"), "b")
    assert [item.path for item in found["preconditions"] if isinstance(item, Identity)][1:] == [
        "/d1/meta.properties",
        "/d2/meta.properties",
    ]
    assert Directory("/d2", "kafka", "kafka", "750") in found["log-dirs"]


def test_zookeeper_properties_are_the_same_on_every_host(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1\nzookeeper: {peer_port: 2988, properties: {maxClientCnxns: 9}}")
    assert said(cluster, "a", ZOO) == said(cluster, "z", ZOO) == {
        "tickTime": "2000",
        "initLimit": "10",
        "syncLimit": "5",
        "maxClientCnxns": "9",
        "dataDir": "/var/lib/zookeeper",
        "clientPort": "2181",
        "server.11": "a:2988:3888",
        "server.12": "10.0.0.2:2988:3888",
        "server.13": "z:2988:3888",
        "autopurge.snapRetainCount": "3",
        "autopurge.purgeInterval": "24",
        "4lw.commands.whitelist": "srvr,ruok,mntr,isro,conf",
        "admin.enableServer": "false",
        "quorumListenOnAllIPs": "true",
    }  # fmt: skip


def test_zookeeper_of_0_8_0_gets_no_key_that_it_does_not_know(loaded: Load) -> None:
    assert not [key for key in said(loaded(OLD), "a", ZOO) if key.startswith(("4lw", "admin", "autopurge", "quorum"))]


def test_myid(loaded: Load) -> None:
    assert content(loaded(), "z", "/var/lib/zookeeper/myid") == ["13"]


def test_an_ensemble_of_one_is_standalone(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1", "[kafka]\nk id=1\n[zookeeper]\nk id=5\n")
    assert not [key for key in said(cluster, "k", ZOO) if key.startswith("server.")]
    assert said(cluster, "k", SERVER)["zookeeper.connect"] == "k:2181/kafka"


@pytest.mark.parametrize(("unit", "heap"), [("kafka", "1g"), ("zookeeper", "512m")])
@pytest.mark.parametrize("settings", ["version: 3.9.1", OLD], ids=["3.9.1", "0.8.0"])
def test_units(unit: str, heap: str, settings: str, loaded: Load) -> None:
    lines = content(loaded(settings), "a", f"/etc/systemd/system/{unit}.service")
    temporary = " -Djava.io.tmpdir=/var/cache/kafka" if unit == "kafka" else ""
    assert {
        f"User={unit}",
        "SuccessExitStatus=143",
        "TimeoutStopSec=600",
        "SendSIGKILL=no",
        "Restart=on-failure",
        f'Environment="KAFKA_HEAP_OPTS=-Xms{heap} -Xmx{heap}{temporary}"',
        f"Environment=LOG_DIR=/var/log/{unit}",
        "WantedBy=multi-user.target",
    } <= set(lines)
    assert not [line for line in lines if "JAVA_HOME" in line or "{" in line]


@pytest.mark.parametrize(
    ("settings", "unit", "command"),
    [
        ("version: 3.9.1", "kafka", "bin/kafka-server-start.sh /etc/kafka/server.properties'"),
        ("version: 3.9.1", "zookeeper", "bin/zookeeper-server-start.sh /etc/zookeeper/zookeeper.properties'"),
        (OLD, "kafka", "bin/kafka-run-class.sh kafka.Kafka /etc/kafka/server.properties'"),
        (OLD, "zookeeper", "QuorumPeerMain /etc/zookeeper/zookeeper.properties'"),
    ],
)
def test_start_commands(settings: str, unit: str, command: str, loaded: Load) -> None:
    cluster = loaded(settings)
    lines = content(cluster, "a", f"/etc/systemd/system/{unit}.service")
    [start] = [line for line in lines if line.startswith("ExecStart=")]
    assert f"; exec {cluster.tree}/bin/" in start, "the link leads all services of a host to one version"
    assert start.endswith(command)


def test_settings_reach_the_unit(loaded: Load) -> None:
    text = (
        "version: 3.9.1\njava: {home: /jdk}\nkafka: {heap: 6g, stop_timeout: 900, open_files: 5000, jvm_options: -Dx=y}"
    )
    lines = content(loaded(text), "a", unit_file("kafka"))
    assert {"Environment=JAVA_HOME=/jdk", "TimeoutStopSec=900", "LimitNOFILE=5000"} <= set(lines)
    assert 'Environment="KAFKA_JVM_PERFORMANCE_OPTS=-Dx=y"' in lines
    assert any("-Xms6g -Xmx6g" in line for line in lines)


def test_each_event_is_logged_once(loaded: Load) -> None:
    lines = content(loaded(), "a", "/etc/kafka/log4j.properties")
    assert "log4j.rootLogger=INFO, server" in lines
    assert "log4j.logger.kafka=INFO" in lines, "no appender of its own: its events reach the root's"
    own = [
        line.split("=")[0].removeprefix("log4j.logger.") for line in lines if "log4j.logger." in line and "," in line
    ]
    assert own
    assert all(f"log4j.additivity.{logger}=false" in lines for logger in own)


@pytest.mark.parametrize("name", ["server", "state-change", "kafka-request", "controller"])
def test_every_log_file_is_in_var_log(name: str, loaded: Load) -> None:
    lines = content(loaded(), "a", "/etc/kafka/log4j.properties")
    assert any(line.endswith(f".File=/var/log/kafka/{name}.log") for line in lines)


@pytest.mark.parametrize(
    ("settings", "url", "sha512"),
    [
        (f"mirror: http://m:8/k\nsha512: '{'AB' * 64}'", "http://m:8/k/3.9.1/kafka_2.13-3.9.1.tgz", "ab" * 64),
        ("download: push", "kafka_2.13-3.9.1.tgz, sent from here", ""),
        ("scala: 2.12", "https://archive.apache.org/dist/kafka/3.9.1/kafka_2.12-3.9.1.tgz", ""),
    ],
)
def test_downloads(settings: str, url: str, sha512: str, loaded: Load) -> None:
    [_, found] = steps(loaded(f"version: 3.9.1\n{settings}"), "a")["download"]
    assert isinstance(found, Download)
    assert (found.url, found.sha512) == (url, sha512)


def test_a_given_archive(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "mine.tgz").touch()
    cluster = loaded("version: 3.9.1\narchive: mine.tgz")
    assert cluster.archive_file == tmp_path / "mine.tgz"
    assert cluster.pushes
    assert steps(cluster, "a")["extract"] == (Tree("/opt/kafka_2.13-3.9.1", "/var/cache/kafka-fab/mine.tgz"),)


def test_a_named_java_package(loaded: Load) -> None:
    assert steps(loaded("version: 3.9.1\njava: {package: temurin-21}"), "a")["java"] == (Java(8, 23, ("temurin-21",)),)


LISTENERS = """version: 3.9.1
kafka:
    properties:
      listeners: PLAINTEXT://:9092,CLIENT-PLAIN://0.0.0.0:9094, CONTROLLERS_EXT://lan:9095
      listener.security.protocol.map: PLAINTEXT:PLAINTEXT,CLIENT-PLAIN:PLAINTEXT,CONTROLLERS_EXT:PLAINTEXT
"""


@pytest.mark.parametrize(
    ("settings", "line", "found"),
    [
        ("version: 3.9.1", "", ("b:9092",)),
        (
            f"{LISTENERS}      inter.broker.listener.name: client-PLAIN\n",
            " advertised.listeners=CONTROLLERS_EXT://x:1,Client-plain://y:2",
            ("x:1", "y:2"),
        ),
        (LISTENERS, "", ("b:9092", "b:9094", "lan:9095")),
        (OLD, "", ("b:9092",)),
    ],
)
def test_endpoints(settings: str, line: str, found: tuple[str, ...], loaded: Load) -> None:
    cluster = loaded(settings, HOSTS.replace(" address=10.0.0.2", line))
    assert broker.endpoints(cluster, cluster.nodes["b"]) == found


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("version: 3.9.1\nkafka: {properties: {listeners: 'PLAINTEXT://:9192'}}", id="listeners alone"),
        pytest.param("version: 0.8.0\nkafka: {chroot: '', properties: {port: 9192}}", id="port of 0.8.0"),
    ],
)
def test_a_port_set_past_kafka_port_is_refused_or_followed(settings: str, loaded: Load) -> None:
    try:
        cluster = loaded(settings)
    except ConfigError:
        return
    assert broker.endpoints(cluster, cluster.nodes["a"]) == ("a:9192",)
    assert Port(9192, "kafka") in steps(cluster, "a")["preconditions"]


@pytest.mark.parametrize("key", ["clientPort", "dataDir", "server.1"])
def test_zookeeper_properties_that_are_ours_are_refused(key: str, loaded: Load) -> None:
    with pytest.raises(ConfigError):
        loaded(f"version: 3.9.1\nzookeeper: {{properties: {{{key}: /x}}}}")


def test_a_property_of_several_lines_is_one_property(loaded: Load) -> None:
    text = "version: 3.9.1\nkafka:\n  properties:\n    super.users: |\n      3\n      broker.id=9\n"
    assert said(loaded(text), "a", SERVER)["broker.id"] == "1"


def certificates(folder: str) -> list[Absent]:
    """Return what an uninstall removes of keys and certificates."""
    left = ("node.pem.new", "node.pem.old", "node.p12.new", "node.p12.old")
    names = (".node.pem.key", *left, "node.pem", "ca.pem", "clients-ca.pem", "node.p12", "secrets.properties")
    return [Absent(f"{folder}/{name}") for name in names]


@pytest.mark.parametrize("with_data", [False, True])
def test_removal(with_data: bool, loaded: Load) -> None:
    cluster = loaded()
    data = ("/opt/kafka-logs", "/var/log/kafka", "/var/lib/zookeeper", "/var/log/zookeeper")
    whose, *found = node_resources.removal(cluster, cluster.nodes["a"], with_data)
    assert isinstance(whose, Owner)
    assert tuple(found) == (
        PackagedKept(),
        UnitAbsent("kafka"),
        UnitAbsent("zookeeper"),
        SavedAbsent("kafka"),
        SavedAbsent("zookeeper"),
        ExtraFilesAbsent("kafka", ()),
        ExtraFilesAbsent("zookeeper", ()),
        Absent(SERVER),
        Absent("/etc/kafka/log4j.properties"),
        *OFF,
        Absent("/etc/kafka/jvm.secrets"),
        *certificates("/etc/kafka"),
        Absent("/etc/kafka"),
        Absent(ZOO),
        Absent("/etc/zookeeper/log4j.properties"),
        Absent("/etc/zookeeper/jvm.secrets"),
        *certificates("/etc/zookeeper"),
        Absent("/etc/zookeeper"),
        Absent("/var/cache/kafka", with_content=True),
        Absent("/etc/sysctl.d/90-kafka-fab.conf"),
        Absent("/opt/kafka-exporter", with_content=True),
        LinkAbsent("/opt/kafka"),
        TreesAbsent("/opt", TREE),
        *(Absent(f"/var/cache/kafka-fab/kafka_2.13-3.9.1.tgz{end}") for end in ("", ".checked", ".part", ".pushed")),
        Absent("/var/cache/kafka-fab"),
        *(Absent(path, with_content=True) for path in data if with_data),
        *(RecordsAbsent(path) for path in ["/var/lib/kafka-fab"] if with_data),
    )


def test_removal_touches_the_hosts_own_roles_alone(loaded: Load) -> None:
    cluster = loaded()
    found = node_resources.removal(cluster, cluster.nodes["z"], with_data=True)
    assert UnitAbsent("zookeeper") in found
    assert not [
        item for item in found if item in (UnitAbsent("kafka"), Absent("/etc/kafka"), Absent("/opt/kafka-logs", True))
    ]


def test_a_folders_own_template_comes_first(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/server.properties.j2").write_text("id={{ node.broker.id }}\n")
    assert content(loaded(), "b", SERVER) == ["id=2"]


@pytest.mark.parametrize("body", ["one\n{{ nothing }}\n", "one\n{% if %}\n"], ids=["undefined", "syntax"])
def test_a_broken_template_is_told_with_its_line(body: str, loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/server.properties.j2").write_text(body)
    with pytest.raises(TemplateProblem, match=r"conf/server\.properties\.j2:2: "):
        steps(loaded(), "a")
