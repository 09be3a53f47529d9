"""Host tuning and log limits: what is written."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Absent, File, Sysctl
from kafka_fab.cluster.roles import node_resources, tuning
from kafka_fab.remote import script
from tests.unit.folders import Load, loader

HOSTS = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
KRAFT = "[kafka]\na id=1\n[controller]\na id=1\n"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)
    return loader(tmp_path, HOSTS)


def contents(cluster: Cluster) -> dict[str, str]:
    steps = node_resources.steps(cluster, cluster.nodes["a"]).values()
    return {item.path: item.content for step in steps for item in step if isinstance(item, File)}


def test_defaults(loaded: Load) -> None:
    file, running = tuning.steps(loaded())["tuning"]
    assert isinstance(file, File)
    assert file.content.splitlines()[1:] == [
        "vm.max_map_count = 262144", "vm.swappiness = 1", "vm.dirty_background_ratio = 5", "vm.dirty_ratio = 60",
        "net.core.rmem_max = 2097152", "net.core.wmem_max = 2097152",
    ]  # fmt: skip
    assert isinstance(running, Sysctl)
    assert dict(running.values)["vm.max_map_count"] == "262144"


def test_the_users_own_and_one_left_to_the_host(loaded: Load) -> None:
    text = "version: 3.9.1\ntuning: {swappiness: 0, sysctl: {net.core.rmem_max: '', net.ipv4.tcp_rmem: 4096 87380 1}}\n"
    found = tuning.sysctls(loaded(text))
    assert found["vm.swappiness"] == "0"
    assert found["net.ipv4.tcp_rmem"] == "4096 87380 1"
    assert "net.core.rmem_max" not in found


def test_off(loaded: Load) -> None:
    assert tuning.steps(loaded("version: 3.9.1\ntuning: {enabled: false}\n")) == {
        "tuning": (Absent("/etc/sysctl.d/90-kafka-fab.conf"),)
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("vm.swappiness", "vm/swappiness"),
        ("net.ipv4.conf.eth0/1.mtu", "net/ipv4/conf/eth0.1/mtu"),
        ("net/ipv4/conf/eth0.1/mtu", "net/ipv4/conf/eth0.1/mtu"),
    ],
)
def test_names_are_read_as_sysctl_reads_them(name: str, path: str) -> None:
    assert script.call(Sysctl("/f", ((name, "1 2"),))) == f"want_sysctl /f {name} {path} '1 2'"


LIMITS = "log_size: 7MB, log_count: 3"


@pytest.mark.parametrize("version", ["3.9.1", "2.8.2", "0.8.0"])
def test_every_log_is_rotated_and_capped(version: str, loaded: Load) -> None:
    chroot = ", chroot: ''" if version == "0.8.0" else ""
    found = contents(loaded(f"version: {version}\nkafka: {{{LIMITS}{chroot}}}\nzookeeper: {{{LIMITS}}}\n"))
    for path in ("/etc/kafka/log4j.properties", "/etc/zookeeper/log4j.properties"):
        lines = found[path].splitlines()
        appenders = [line for line in lines if line.endswith("RollingFileAppender")]
        assert appenders
        assert len([line for line in lines if line.endswith(".MaxFileSize=7MB")]) == len(appenders)
        assert len([line for line in lines if line.endswith(".MaxBackupIndex=3")]) == len(appenders)
        assert len([line for line in lines if "Appender" in line and "=org.apache" in line]) == len(appenders)


def test_every_log_of_log4j_2_is_rotated_and_capped(loaded: Load) -> None:
    found = contents(loaded(f"version: 4.3.1\nkafka: {{{LIMITS}}}\n", KRAFT))
    appenders = yaml.safe_load(found["/etc/kafka/log4j2.yaml"])["Configuration"]["Appenders"]
    assert list(appenders) == ["RollingFile"]
    for appender in appenders["RollingFile"]:
        assert appender["SizeBasedTriggeringPolicy"]["size"] == "7MB"
        assert appender["DefaultRolloverStrategy"]["max"] == 3


GC = "-Xlog:gc*:file=/var/log/{}-gc.log:time,tags:filecount=3,filesize=7M"


def test_the_collectors_log(loaded: Load) -> None:
    found = contents(loaded(f"version: 3.9.1\nkafka: {{{LIMITS}}}\nzookeeper: {{{LIMITS}}}\njava: {{home: /jdk}}\n"))
    for unit, log, name in (
        ("kafka", "kafka/kafkaServer", "kafkaServer"),
        ("zookeeper", "zookeeper/zookeeper", "zookeeper"),
    ):
        lines = found[f"/etc/systemd/system/{unit}.service"].splitlines()
        assert f'Environment="KAFKA_GC_LOG_OPTS={GC.format(log)}"' in lines
        assert f'Environment="EXTRA_ARGS=-name {name}"' in lines, (
            "without -loggc, with which Kafka's script has its own"
        )
        [old] = [line for line in lines if "GC_LOG_OPTS_OF_JAVA_8=" in line and line.startswith("Environment")]
        assert "-XX:NumberOfGCLogFiles=3 -XX:GCLogFileSize=7M" in old
        [start] = [line for line in lines if line.startswith("ExecStart=")]
        assert '[ -e "$(dirname "$(readlink -f /jdk/bin/java)")"/../lib/modules ] ||' in start


def test_where_java_8_is_too_old_nothing_asks_for_it(loaded: Load) -> None:
    unit = contents(loaded("version: 4.3.1\n", KRAFT))["/etc/systemd/system/kafka.service"]
    assert "JAVA_8" not in unit
    assert "\nExecStart=/bin/sh -c 'exec " in unit


@pytest.mark.parametrize(("modules", "options"), [(True, "new"), (False, "old")])
def test_the_start_command_chooses_by_the_java_in_use(
    modules: bool, options: str, loaded: Load, tmp_path: Path
) -> None:
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "bin/java").touch()
    if modules:
        (home / "lib/modules").touch()
    unit = contents(loaded(f"version: 3.9.1\njava: {{home: {home}}}\n"))["/etc/systemd/system/kafka.service"]
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    choice = start.partition("'")[2].partition("exec ")[0].replace("$$", "$")
    command = f'{choice}echo "$KAFKA_GC_LOG_OPTS"'
    chosen = {"KAFKA_GC_LOG_OPTS": "new", "GC_LOG_OPTS_OF_JAVA_8": "old", "PATH": os.environ["PATH"]}
    assert (
        subprocess.run(["sh", "-c", command], env=chosen, capture_output=True, text=True, check=True).stdout
        == f"{options}\n"
    )


@pytest.mark.parametrize(
    "text", ["log_size: 100", "log_size: 10mb", "log_size: 0MB", "log_count: 0", "log_count: 1001"]
)
def test_limits_are_checked(text: str, loaded: Load) -> None:
    for block in ("kafka", "zookeeper"):
        with pytest.raises(Exception, match=rf"cluster.yaml:2: {block}\.log_"):
            loaded(f"version: 3.9.1\n{block}: {{{text}}}\n")
