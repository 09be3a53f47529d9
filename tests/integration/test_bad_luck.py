"""What goes wrong on one host during a run: said plainly, harmless to the others, mended by a second run."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import faults as make
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

OLD_SETTINGS = Path(__file__).resolve().parents[2] / "examples/kafka-0.8.0/conf/cluster.yaml"
TREE = "/opt/kafka_2.13-3.9.1"
META = "/opt/kafka-logs/meta.properties"
FAKE_JAVA = """mkdir -p {home}/bin
printf 'JAVA_VERSION="{version}"\\n' >{home}/release
printf '#!/bin/sh\\necho java version \\\\"{version}\\\\" >&2\\n' >{home}/bin/java
chmod 755 {home}/bin/java
"""


def fails_on_first(site: Site, *words: str) -> str:
    """Run fab, which fails on the first host alone, and return the reason that it gives."""
    first, *others = site.hosts
    ended = site.fab(*(words or ("install",)))
    output = ended.stdout + ended.stderr
    rows = dict(re.findall(r"^(\S+)  +(ok|changed|failed)  +\d+", output, re.MULTILINE))
    assert ended.returncode == 1, output
    assert rows == {first: "failed", **dict.fromkeys(others, "changed")}, output
    assert "Traceback" not in output
    assert f"1 of {len(site.hosts)} hosts failed" in output
    reason = re.search(rf"^{first}: (.*(\n    .*)*)", output, re.MULTILINE)
    assert reason, output
    return reason[1]


def converges(site: Site) -> bool:
    site.done("install")
    return "3 hosts: nothing to change" in site.done("install")


def test_a_mirror_that_is_gone_stops_that_host_alone(trouble: Site) -> None:
    first = trouble.hosts[0]
    with trouble.led_astray(first, 9):
        reason = fails_on_first(trouble)
    assert reason.startswith("download http://")
    assert trouble.on(first, "ls /opt") == ""
    assert converges(trouble)


def test_a_mirror_that_is_gone_is_told_in_the_words_of_curl(trouble: Site) -> None:
    with trouble.led_astray(trouble.hosts[0], 9):
        assert "Failed to connect" in fails_on_first(trouble)


def test_an_archive_that_the_mirror_does_not_have_is_told_so(trouble: Site) -> None:
    with trouble.changed("conf/local.yaml", "/kafka\n", "/nothing\n"):
        ended = trouble.fab("install")
    assert ended.returncode == 1
    assert "404" in ended.stdout + ended.stderr


def test_an_archive_with_a_wrong_checksum(trouble: Site) -> None:
    first = trouble.hosts[0]
    with trouble.mirror("--corrupt", "*.tgz") as port, trouble.led_astray(first, port):
        reason = fails_on_first(trouble)
    assert re.search(r"wrong checksum: expected [0-9a-f]{128}, got [0-9a-f]{128}; nothing was extracted", reason)
    assert trouble.on(first, "ls /opt /var/cache/kafka-fab") == "/opt:\n\n/var/cache/kafka-fab:\n"
    assert converges(trouble)


def test_a_truncated_archive(trouble: Site) -> None:
    first = trouble.hosts[0]
    with trouble.mirror("--truncate", "*.tgz=1000000") as port, trouble.led_astray(first, port):
        reason = fails_on_first(trouble)
    assert "curl: (18) transfer closed with" in reason
    assert trouble.on(first, "ls /opt /var/cache/kafka-fab") == "/opt:\n\n/var/cache/kafka-fab:\n"
    assert converges(trouble)


def test_a_failed_upgrade_leaves_the_old_version_in_use(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.done("install")
    look = "readlink /opt/kafka; cat /etc/kafka/server.properties /etc/systemd/system/kafka.service; ls /opt"
    before = trouble.on(first, look)
    trouble.settings(OLD_SETTINGS.read_text())
    with trouble.led_astray(first, 9):
        fails_on_first(trouble)
    assert trouble.on(first, look) == before
    assert converges(trouble)
    assert trouble.on(first, "readlink /opt/kafka") == "/opt/kafka_2.8.0-0.8.0\n"


def test_a_disk_that_is_full_in_mid_extract(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.small_disk(host, "/opt", "8m"):
        reason = fails_on_first(trouble, "install", "--no-preflight")
        left = trouble.on(host.name, "ls -A /opt")
    assert reason.startswith(f"tree {TREE}: cannot be extracted: ")
    assert "No space left on device" in reason
    assert left == ""
    assert converges(trouble)


def test_a_disk_that_is_full_in_mid_download(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.small_disk(host, "/var/cache/kafka-fab", "8m"):
        reason = fails_on_first(trouble)
        left = trouble.on(host.name, "ls -A /var/cache/kafka-fab")
    assert reason.startswith("download http://")
    assert "curl: (23)" in reason
    assert left == ""
    assert converges(trouble)


def test_a_disk_that_is_full_when_files_are_written(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    # One page is room for the first file alone.
    with make.small_disk(host, "/etc/kafka", "4k"):
        reason = fails_on_first(trouble)
        left = trouble.on(host.name, "ls -A /etc/kafka")
    assert reason == "file /etc/kafka/log4j.properties: cannot be written: is the disk full, or the directory missing?"
    assert left == "server.properties\n"
    assert converges(trouble)


def test_a_missing_java_is_installed_from_the_distribution(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.no_java(host):
        output = trouble.done("install", timeout=180)
        version = trouble.on(host.name, "java -version 2>&1")
    assert f"{host.name}  changed  java  17  package openjdk-17-jre-headless" in output
    assert "17." in version


def test_a_java_that_is_missing_and_cannot_be_installed(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.no_java(host):
        trouble.on(host.name, "mv /etc/apt/sources.list /root/ && rm -rf /var/lib/apt/lists/*")
        reason = fails_on_first(trouble)
        trouble.on(host.name, "mv /root/sources.list /etc/apt/")
    assert "is missing and could not be installed: " in reason
    assert "openjdk-17-jre-headless" in reason
    assert "java.home in conf/cluster.yaml" in reason
    assert trouble.on(host.name, "ls /opt") == ""
    assert converges(trouble)


def test_a_java_on_the_path_that_is_too_old(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, FAKE_JAVA.format(home="/usr/local/jdk6", version="1.6.0_45"))
    trouble.on(first, "ln -s ../jdk6/bin/java /usr/local/bin/java")
    reason = fails_on_first(trouble)
    trouble.on(first, "rm -r /usr/local/bin/java /usr/local/jdk6")
    assert re.match(r"java .*Java 6 .*, but Java 8 to 23 is required: .* java.home in conf/cluster.yaml", reason)
    assert converges(trouble)


def test_a_java_home_that_is_too_old(trouble: Site) -> None:
    first, *others = trouble.hosts
    trouble.on(first, FAKE_JAVA.format(home="/srv/java", version="1.7.0_80"))
    for host in others:
        trouble.on(host, "ln -sfn /usr/lib/jvm/java-17-openjdk-amd64 /srv/java")
    with trouble.changed("conf/cluster.yaml", "kafka:\n", "java:\n  home: /srv/java\nkafka:\n"):
        reason = fails_on_first(trouble)
    trouble.everywhere("rm -rf /srv/java")
    wanted = r"java .*Java 7 .*/srv/java, but Java 8 to 23 is required: .* java.home in conf/cluster.yaml"
    assert re.match(wanted, reason)


def test_a_port_taken_by_a_stranger_is_named_with_its_process(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, "systemd-run --unit=stranger nc -lk 9092")
    reason = fails_on_first(trouble)
    pid = trouble.on(first, "systemctl show -p MainPID --value stranger").strip()
    assert re.match(rf"port 9092: \S*nc -lk 9092 +\(process {pid}\) listens on port 9092, which kafka needs", reason)
    trouble.on(first, "systemctl stop stranger")
    assert converges(trouble)


def test_a_port_taken_by_a_socket_of_systemds(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, "systemd-run --unit=stranger systemd-socket-activate -l 2181 cat")
    reason = fails_on_first(trouble)
    trouble.on(first, "systemctl stop stranger")
    assert re.match(r"port 2181: \S*systemd-socket-activate -l 2181 cat ", reason)


def test_the_zookeeper_data_of_another_node(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, "mkdir /var/lib/zookeeper && echo 9 >/var/lib/zookeeper/myid")
    reason = fails_on_first(trouble)
    assert reason.startswith(f"identity /var/lib/zookeeper/myid: has 9, but {first}'s ZooKeeper id in hosts.ini is 1")
    assert trouble.on(first, "cat /var/lib/zookeeper/myid; ls /opt") == "9\n"
    trouble.on(first, "rm -r /var/lib/zookeeper")
    assert converges(trouble)


def test_the_data_of_another_broker_at_install(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, f"mkdir /opt/kafka-logs && echo broker.id=9 >{META}")
    reason = fails_on_first(trouble)
    assert reason.startswith(f"identity {META}: has broker.id=9, but {first}'s broker id in hosts.ini is 1")
    assert trouble.on(first, f"cat {META}; ls /opt") == "broker.id=9\nkafka-logs\n"
    trouble.on(first, "rm -r /opt/kafka-logs")
    assert converges(trouble)


def test_a_path_that_is_not_ours_is_left_alone(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, "mkdir -p /opt/kafka && echo mine >/opt/kafka/mine")
    reason = fails_on_first(trouble)
    assert reason == "link /opt/kafka: is not a link: move it away"
    assert trouble.on(first, "cat /opt/kafka/mine") == "mine\n"
    trouble.on(first, "rm -r /opt/kafka")
    assert converges(trouble)


@pytest.fixture
def stopped(cluster: Site) -> Iterator[Site]:
    """The running cluster's first host with its services stopped; the others run on."""
    first = cluster.hosts[0]
    cluster.done("-H", first, "stop")
    cluster.on(first, f"cp -p {META} {META}.before")
    yield cluster
    cluster.on(first, f"mv {META}.before {META}")
    cluster.done("start")


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("broker.id", "'s broker id in hosts.ini is 1"),
        ("cluster.id", "the cluster id in ZooKeeper (/cluster/id) is "),
    ],
)
def test_the_data_of_another_node_or_cluster_is_refused_at_start(stopped: Site, key: str, meaning: str) -> None:
    first, *others = stopped.hosts
    stopped.on(first, f"sed -i 's/^{key}=.*/{key}=9/' {META}")
    ended = stopped.fab("start", "--no-preflight")
    output = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert f"{META}  has {key}=9, but " in output
    assert meaning in output
    states = stopped.everywhere("systemctl is-active kafka || true")
    assert states == {first: "inactive\n", **dict.fromkeys(others, "active\n")}


def test_a_port_taken_by_a_stranger_is_refused_at_start(stopped: Site) -> None:
    first = stopped.hosts[0]
    stopped.on(first, "systemd-run --unit=stranger nc -lk 9092")
    ended = stopped.fab("start")
    stopped.on(first, "systemctl stop stranger")
    assert ended.returncode == 1
    assert "nc -lk 9092" in ended.stdout + ended.stderr
    assert stopped.on(first, "systemctl is-active kafka || true") == "inactive\n"
