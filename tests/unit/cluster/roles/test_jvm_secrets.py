"""Options of a JVM that hold a secret: in a file that only the service reads, not in its unit."""

import subprocess
from pathlib import Path
from shlex import split

import pytest

from kafka_fab.cluster.resource import Absent, File, Resource, RunningConfig
from kafka_fab.cluster.roles import broker, controller, jvm, zookeeper_server
from tests.unit.folders import Load, written

PLANTED = ("-Djavax.net.ssl.trustStorePassword=pl4nted@x", "-Dvault.token=pl4nted#2")
OPTIONS = f"-XX:+UseZGC {' '.join(PLANTED)} -Dfile.encoding=UTF-8"


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    return lambda settings, second="zookeeper": written(tmp_path, f"[kafka]\na id=1\n[{second}]\nz id=4\n", settings)


def files(resources: dict[str, tuple[Resource, ...]]) -> dict[str, File]:
    return {item.path: item for item in resources["config"] if isinstance(item, File)}


@pytest.mark.parametrize(
    ("second", "block", "host", "module", "unit", "secrets"),
    [
        ("zookeeper", "kafka", "a", broker, "kafka", "/etc/kafka"),
        ("zookeeper", "zookeeper", "z", zookeeper_server, "zookeeper", "/etc/zookeeper"),
        ("controller", "controller", "z", controller, "kafka-controller", "/etc/kafka"),
    ],
)
def test_they_are_in_a_file_of_their_own(
    second: str, block: str, host: str, module: object, unit: str, secrets: str, loaded: Load
) -> None:
    cluster = loaded(f"version: 3.9.1\n{block}:\n  jvm_options: {OPTIONS!r}\n", second)
    resources = module.steps(cluster, cluster.nodes[host])  # type: ignore[attr-defined]
    found = files(resources)
    unit_file = found[f"/etc/systemd/system/{unit}.service"]
    file = found[f"{secrets}/jvm.secrets"]
    assert "pl4nted" not in unit_file.content
    assert f"-XX:+UseZGC -Dfile.encoding=UTF-8 @{secrets}/jvm.secrets" in unit_file.content
    assert (file.owner, file.mode, file.secret) == ("root", "640", True)
    # What a start keeps a copy of tells that a restart is due, as for the other files.
    [running_config] = (item for item in resources["running-config"] if isinstance(item, RunningConfig))
    assert file.path in running_config.files
    assert f" {file.path} " in next(line for line in unit_file.content.splitlines() if "ExecStartPre=/bin/cp" in line)


def test_a_shell_reads_them_as_they_were(loaded: Load, tmp_path: Path) -> None:
    cluster = loaded(f"version: 3.9.1\nkafka:\n  jvm_options: {OPTIONS!r}\n")
    file = tmp_path / "jvm.secrets"
    file.write_text(files(broker.steps(cluster, cluster.nodes["a"]))["/etc/kafka/jvm.secrets"].content)
    text = f'eval "set -- $(paste -s {file})"; printf "%s\\n" "$@"'
    assert subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True).stdout.split("\n") == [
        *PLANTED, "",
    ]  # fmt: skip


def test_java_8_gets_them_as_arguments(loaded: Load, tmp_path: Path) -> None:
    cluster = loaded(f"version: 2.8.2\nkafka:\n  jvm_options: {OPTIONS!r}\n")
    found = files(broker.steps(cluster, cluster.nodes["a"]))
    (tmp_path / "jvm.secrets").write_text(found["/etc/kafka/jvm.secrets"].content)
    [start] = (line for line in found["/etc/systemd/system/kafka.service"].content.splitlines() if "ExecStart=" in line)
    # As systemd reads the line, and then the shell; a Java without a file of modules is Java 8.
    script = split(start.removeprefix("ExecStart="))[2].replace("$$", "$").replace("%%", "%")
    script = script.replace("/etc/kafka/", f"{tmp_path}/")
    script = script.partition("exec ")[0] + "printf '%s' \"$KAFKA_JVM_PERFORMANCE_OPTS\""
    java = tmp_path / "jdk8/bin/java"
    java.parent.mkdir(parents=True)
    java.touch(0o755)
    environment = {
        "PATH": f"{java.parent}:/usr/bin:/bin",
        "KAFKA_JVM_PERFORMANCE_OPTS": f"-XX:+UseZGC -Dat=a@b @{tmp_path}/jvm.secrets",
    }
    said = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == f"-XX:+UseZGC -Dat=a@b {' '.join(PLANTED)}"


def test_without_secrets_no_such_file_stays_behind(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1\nkafka:\n  jvm_options: -XX:+UseZGC\n")
    assert Absent("/etc/kafka/jvm.secrets") in broker.steps(cluster, cluster.nodes["a"])["config"]
    assert jvm.performance(cluster, "-XX:+UseZGC", "/etc/kafka") == "-XX:+UseZGC"
