"""Values that a host, its JVM, ZooKeeper or a broker would refuse: told with file and key, and what to do."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.values.address import normal
from tests.unit.folders import written

ZOOKEEPER = "[kafka]\na id=1\nb id=2\n[zookeeper]\na id=1\n"


def refused(folder: Path, text: str, hosts: str = ZOOKEEPER) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        written(folder, hosts, text if text.startswith("version") else f"version: 3.9.1\n{text}\n")
    return [problem.text for problem in caught.value.problems if not problem.warning]


def taken(folder: Path, text: str, hosts: str = ZOOKEEPER) -> Cluster:
    return written(folder, hosts, text if text.startswith("version") else f"version: 3.9.1\n{text}\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 3.9.01", "version: a version such as 3.9.1 is wanted, found `3.9.01`"),
        ("version: 03.9.1", "version: a version such as 3.9.1 is wanted, found `03.9.1`"),
        ("version: 99999.0.0", "version: a version such as 3.9.1 is wanted"),
        ("scala: '2.013'", "scala: a Scala version"),
        ("kafka: {chroot: /..}", "ZooKeeper has no names . and .."),
        ("kafka: {chroot: /.}", "ZooKeeper has no names . and .."),
        ("kafka: {chroot: /a/../b}", "ZooKeeper has no names . and .."),
        ("kafka: {chroot: /zookeeper}", "/zookeeper is in ZooKeeper's own corner"),
        ("kafka: {chroot: /zookeeper/quota}", "/zookeeper/quota is in ZooKeeper's own corner"),
        ('kafka: {chroot: "/a\\x01"}', "a control character"),
        ("kafka: {chroot: //a}", "kafka.chroot: a path such as /kafka, or nothing, is wanted"),
        (f"kafka: {{chroot: /{'a' * 250}}}", "200 are enough"),
        ("kafka: {heap: 1M}", "kafka.heap: 32m to 16384g is wanted, found `1M`"),
        ("zookeeper: {heap: 999999g}", "zookeeper.heap: 32m to 16384g is wanted, found `999999g`"),
        (f"controller: {{heap: {'9' * 4500}g}}", "controller.heap: 32m to 16384g is wanted"),
        ("kafka: {jvm_options: -XX:+UseZGC -Xmx9g}", "-Xmx9g is the heap's size: remove it, and use `heap`"),
        ("zookeeper: {jvm_options: -Xms1g}", "use `heap`"),
        ("controller: {jvm_options: -XX:MaxRAMPercentage=75}", "use `heap`"),
        ("kafka: {jvm_options: -mx9g}", "use `heap`"),
        ("kafka: {jvm_options: -version}", "would start something else than the service"),
        ("kafka: {jvm_options: -XX:+UseZGC Main}", "Main would be taken for the program to start"),
        ("kafka: {jvm_options: '-XX:+UseZGC -'}", "- is no option: write one such as -XX:+UseZGC"),
        ("zookeeper: {jvm_options: '@'}", "@ is no option"),
        ("zookeeper: {properties: {dataLogDir: relative}}", "dataLogDir: an absolute path without blanks is wanted"),
        ("zookeeper: {properties: {dataLogDir: /data/../x}}", "write the path without it"),
        ("zookeeper: {properties: {tickTime: 0}}", "tickTime: a whole number of 32 bits from 1 on is wanted"),
        ("zookeeper: {properties: {initLimit: -1}}", "initLimit: a whole number of 32 bits from 1 on is wanted"),
        ('mirror: "http://[::1/k"', "mirror: an http(s) address is wanted, found `http://[::1/k`: Invalid IPv6 URL"),
        ("mirror: http://a:99999/k", "Port out of range"),
        ("mirror: http://a:0/k", "it names the port 0"),
        ("mirror: http:///kafka", "it names no host"),
        ("mirror: http://a..b/kafka", "a..b is not a name"),
        ("mirror: http://a/k#x", "what follows # is sent to nobody"),
        ("mirror: http://a/ä", "an http(s) address is wanted"),
        ("kafka: {exporter: {port: 7071, jar: 'http://[::1/a.jar', sha256: x}}", "Invalid IPv6 URL"),
        ("java: {package: -y}", "java.package: a package name is wanted, found `-y`"),
        ("java: {package: openjdk-17-jre-}", "java.package: a package name is wanted"),
        ("kafka: {user: nobody}", "kafka.user: nobody is a user of the system, for other things"),
        ("kafka: {user: sync}", "a user of the system"),
        ("kafka: {user: root}", "a user of the system"),
        ("zookeeper: {user: systemd-network}", "a user of the system"),
        ("kafka: {log_size: 99999999999999GB}", "kafka.log_size: a size such as"),
        ('tuning: {sysctl: {vm.swappiness: "1\\n2"}}', "tuning.sysctl.vm.swappiness: one line is wanted, found 2"),
        ("tuning: {sysctl: {-w: 1}}", "tuning.sysctl.-w: a name such as net.core.somaxconn is wanted"),
        ("tuning: {sysctl: {net/../../../etc/x: 1}}", "a name such as net.core.somaxconn is wanted"),
        ("tuning: {sysctl: {vm.x: ä}}", "ASCII letters are wanted"),
    ],
)
def test_a_value_that_would_be_refused_later(text: str, words: str, tmp_path: Path) -> None:
    said = refused(tmp_path, text)
    assert any(words in one for one in said), said


@pytest.mark.parametrize(
    "text",
    [
        "kafka: {chroot: ''}",
        "kafka: {chroot: /zookeepers/kafka}",
        "kafka: {chroot: /a/...}",
        "kafka: {heap: 32m}\nzookeeper: {heap: 16384g}",
        "kafka: {jvm_options: '-XX:+UseZGC --add-opens java.base/java.lang=ALL-UNNAMED @/etc/kafka/options'}",
        "mirror: http://[::1]:8000/kafka",
        "mirror: http://user:pw@mirror.example.net:8000/kafka",
        "java: {package: java-17-openjdk-headless}",
        "kafka: {user: kafka2}",
        "tuning: {sysctl: {net.ipv4.tcp_rmem: 4096 87380 6291456, net/ipv4/conf/eth0.1/rp_filter: 1}}",
        'tuning: {sysctl: {vm.swappiness: "1\\n"}}',
    ],
)
def test_a_value_that_is_right(text: str, tmp_path: Path) -> None:
    assert taken(tmp_path, text)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("127.0.0.1", "127.0.0.1", "b has the address of a (line 2), 127.0.0.1"),
        ("localhost", "10.0.0.1", "a has the address localhost, which means to each host that host itself"),
        ("10.0.0.1", "[::1]", "b has the address ::1, which means to each host that host itself"),
        ("::ffff:10.0.0.1", "10.0.0.1", "b has the address of a (line 2), 10.0.0.1"),
        ("::ffff:127.0.0.1", "10.0.0.1", "which means to each host that host itself"),
        ("::ffff:0.0.0.0", "10.0.0.1", "::ffff:0.0.0.0 is not the address of one host"),
        ("fe80::1", "10.0.0.1", "fe80::1 is known on one network card alone"),
        ("255.255.255.255", "10.0.0.1", "255.255.255.255 is not the address of one host"),
    ],
)
def test_an_address_that_is_not_one_hosts(one: str, other: str, words: str, tmp_path: Path) -> None:
    hosts = f"[kafka]\na id=1 address={one}\nb id=2 address={other}\n[zookeeper]\nc id=1\n"
    said = refused(tmp_path, "", hosts)
    assert any(words in text for text in said), said


def test_a_cluster_of_one_host_may_have_its_own_address(tmp_path: Path) -> None:
    assert taken(tmp_path, "", "[kafka]\nlocalhost id=1\n[zookeeper]\nlocalhost id=1\n")
    assert normal("[::ffff:a00:1]") == "10.0.0.1"


@pytest.mark.parametrize("junk", ["a b", "<<<<<<< HEAD\nabc\n", "ä", "a;rm", "x" * 65])
def test_a_folders_id_that_is_none(junk: str, tmp_path: Path) -> None:
    (tmp_path / "folder.id").write_text(junk)
    [said] = refused(tmp_path, "")
    assert "is not an id (letters, digits, - and _): restore it from version control, or remove it" in said


def test_a_folders_id_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.id").mkdir()
    assert refused(tmp_path, "") == ["is a directory: a file is needed there"]


@pytest.mark.parametrize(
    ("hosts", "text", "words"),
    [
        (
            "a id=1",
            "",
            ["Kafka's own offsets.topic.replication.factor (3), transaction.state.log.replication.factor (3)"],
        ),
        ("a id=1\nb id=2", "offsets.topic.replication.factor: 2", ["than [kafka] has (2): groups or transactions"]),
        (
            "a id=1",
            "{offsets.topic.replication.factor: 1, transaction.state.log.replication.factor: 1}",
            ["Kafka's own transaction.state.log.min.isr (2) need more brokers than [kafka] has (1)"],
        ),
        ("a id=1\nb id=2\nc id=3", "", []),
        ("a id=1\nb id=2\nc id=3", "{default.replication.factor: 0}", ["is 0: such topics cannot be created"]),
        (
            "a id=1 default.replication.factor=4\nb id=2\nc id=3",
            "",
            ["a: default.replication.factor is 4, but [kafka] has 3: such topics cannot be created"],
        ),
        (
            "a id=1\nb id=2 min.insync.replicas=2\nc id=3",
            "{default.replication.factor: 1}",
            ["b: min.insync.replicas is 2, but default.replication.factor is 1: such topics take no writes"],
        ),
        (
            "a id=1\nb id=2\nc id=3",
            "{share.coordinator.state.topic.replication.factor: 5}",
            ["share.coordinator.state.topic.replication.factor is 5, but [kafka] has 3"],
        ),
    ],
)
def test_copies_that_there_cannot_be_are_warned_of(hosts: str, text: str, words: list[str], tmp_path: Path) -> None:
    block = f"\n    {text}" if text and not text.startswith("{") else text or "{}"
    cluster = written(
        tmp_path, f"[kafka]\n{hosts}\n[controller]\nd id=9\n", f"version: 4.3.1\nkafka:\n  properties: {block}\n"
    )
    said = [one.text for one in cluster.warnings]
    assert len(said) == len(words), said
    assert all(word in one for word, one in zip(words, said, strict=True)), said


@pytest.mark.parametrize("section", ["kafka", "controller"])
def test_a_directory_of_the_metadata_is_an_absolute_path(section: str, tmp_path: Path) -> None:
    text = f"version: 4.3.1\n{section}: {{properties: {{metadata.log.dir: relative}}}}\n"
    [said] = refused(tmp_path, text, "[kafka]\na id=1\n[controller]\nb id=2\n")
    assert said.startswith(f"{section}.properties.metadata.log.dir: an absolute path without blanks is wanted")


def test_0_8_0_has_no_topics_of_its_own(tmp_path: Path) -> None:
    assert not taken(tmp_path, "version: 0.8.0\nkafka: {chroot: ''}\n").warnings


@pytest.mark.parametrize(
    ("version", "line", "words"),
    [
        ("4.3.1", "log.message.format.version: '2.8'", "3.9 is the last release that has log.message.format.version"),
        ("4.3.1", "log.message.timestamp.difference.max.ms: 1", "use log.message.timestamp.before.max.ms"),
        ("4.3.1", "num.replica.fetchers: 0", "from 1 on is wanted, found `0`"),
        ("4.3.1", "log.segment.bytes: 500000", "from 1048576 on is wanted, found `500000`"),
        ("3.9.1", "authorizer.class.name: kafka.security.auth.SimpleAclAuthorizer", "write kafka.security.authorizer"),
        ("4.3.1", "authorizer.class.name: kafka.security.authorizer.AclAuthorizer", "StandardAuthorizer"),
    ],
)
def test_what_the_next_version_no_longer_takes(version: str, line: str, words: str, tmp_path: Path) -> None:
    hosts = "[kafka]\na id=1\nb id=2\n[controller]\na id=1\n"
    text = f"version: {version}\nkafka:\n  properties:\n    {line}\n"
    [found] = [text for text in refused(tmp_path, text, hosts) if line.split(":", maxsplit=1)[0] in text]
    assert words in found
