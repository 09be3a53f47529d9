"""The user's files and variables of a service: where they are written, what a start reads, and what is refused."""

from pathlib import Path

import pytest

from kafka_fab.cluster.checks.extra_file_check import is_ours
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import ExtraFiles, ExtraFilesAbsent, File, RunningConfig, Version
from kafka_fab.cluster.roles import node_resources
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.values.path_rules import lineage
from tests.unit.folders import COMBINED, ZOOKEEPER, Load, loader, problems

JAAS = "/etc/kafka/client-jaas.conf"
SETTINGS = f"""
version: 3.9.1
kafka:
  environment: {{KAFKA_OPTS: -Dmine=1, PLUGIN_TOKEN: 'a "b" $c', TZ: UTC}}
  files:
    {JAAS}: {{from: jaas.conf, secret: true}}
    /etc/kafka/plain.txt: {{from: jaas.conf, mode: 644, restart: false}}
zookeeper:
  environment: {{SERVER_JVMFLAGS: -Dzoo=1}}
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    (tmp_path / "jaas.conf").write_text("Client { user=a; };\n")
    return loader(tmp_path)


def of(cluster: Cluster, step: str = "config") -> dict[str, File]:
    found = node_resources.steps(cluster, cluster.nodes["a"])[step]
    return {item.path: item for item in found if isinstance(item, File)}


def test_files_are_desired_state_of_their_service(load: Load) -> None:
    files = of(load(SETTINGS))
    assert files[JAAS] == File(JAAS, "Client { user=a; };\n", "root", "kafka", "640", secret=True)
    assert (files["/etc/kafka/plain.txt"].mode, files["/etc/kafka/plain.txt"].secret) == ("644", False)


def test_the_unit_has_the_variables_and_a_file_those_that_hold_secrets(load: Load) -> None:
    files = of(load(SETTINGS))
    unit = files["/etc/systemd/system/kafka.service"].content.splitlines()
    assert {
        'Environment="KAFKA_OPTS=-Dmine=1"',
        'Environment="TZ=UTC"',
        "EnvironmentFile=/etc/kafka/environment",
    } <= set(unit)
    secrets = files["/etc/kafka/environment"]
    assert (secrets.content, secrets.mode, secrets.secret) == ('PLUGIN_TOKEN="a \\"b\\" \\$c"\n', "640", True)
    zookeeper = files["/etc/systemd/system/zookeeper.service"].content
    assert 'Environment="SERVER_JVMFLAGS=-Dzoo=1"' in zookeeper
    assert "EnvironmentFile" not in zookeeper


def test_the_exporters_agent_and_the_users_options_are_both_loaded(load: Load) -> None:
    exporter = "  exporter: {port: 7071, jar: http://m/a.jar, sha256: '" + "0" * 64 + "'}\n"
    unit = of(load(SETTINGS.replace("  files:", f"{exporter}  files:")))["/etc/systemd/system/kafka.service"].content
    (line,) = (line for line in unit.splitlines() if "KAFKA_OPTS" in line)
    assert line.startswith('Environment="KAFKA_OPTS=-javaagent:/opt/')
    assert line.endswith(' -Dmine=1"')


def test_a_start_keeps_copies_of_what_it_reads_and_a_change_needs_a_restart(load: Load) -> None:
    cluster = load(SETTINGS)
    unit = of(cluster)["/etc/systemd/system/kafka.service"].content
    assert f" /etc/kafka/environment {JAAS} /etc/systemd/system/kafka.service /run/kafka/\n" in unit
    found = node_resources.steps(cluster, cluster.nodes["a"])["running-config"]
    kept = {item.unit: item.files for item in found if isinstance(item, RunningConfig)}
    assert {JAAS, "/etc/kafka/environment"} <= set(kept["kafka"])
    assert "/etc/kafka/plain.txt" not in kept["kafka"]


def test_a_unit_of_the_users_own_that_keeps_none_is_not_taken_for_outdated_for_ever(load: Load, tmp_path: Path) -> None:
    unit = "[Service]\nEnvironmentFile={{ environment_file }}\nExecStart={{ tree }}/{{ start }}\n"
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/kafka.service.j2").write_text(unit)
    cluster = load(SETTINGS)
    found = node_resources.steps(cluster, cluster.nodes["a"])["running-config"]
    assert not [item for item in found if isinstance(item, RunningConfig) and JAAS in item.files]


def test_a_unit_of_the_users_own_that_would_not_read_a_secret_is_refused(load: Load, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/kafka.service.j2").write_text("[Service]\nExecStart={{ tree }}/{{ start }}\n")
    (said,) = problems(load, SETTINGS)
    assert "kafka.service.j2: the service would not get PLUGIN_TOKEN of kafka.environment" in said
    assert "add `EnvironmentFile={{ environment_file }}`" in said


def test_they_are_recorded_before_they_are_written_and_gone_after_the_units_are_loaded(load: Load) -> None:
    steps = node_resources.steps(load(SETTINGS), load(SETTINGS).nodes["a"])
    paths = ("/etc/kafka/environment", JAAS, "/etc/kafka/plain.txt")
    mine = [item for item in steps["config"] if item in (ExtraFiles("kafka", paths), of(load(SETTINGS))[JAAS])]
    assert [type(item) for item in mine] == [ExtraFiles, File]
    assert steps["services"][1:] == (ExtraFilesAbsent("zookeeper", ()), ExtraFilesAbsent("kafka", paths))
    (version,) = (item for item in steps["owner"] if isinstance(item, Version) and item.unit == "kafka")
    assert set(paths) <= set(version.files), "an upgrade saves and restores them with the others"


def test_without_them_a_host_gets_what_it_got_before(load: Load) -> None:
    cluster = load()
    assert not [
        item for item in node_resources.steps(cluster, cluster.nodes["a"])["config"] if type(item) is ExtraFiles
    ]
    text = of(cluster)["/etc/systemd/system/kafka.service"].content
    assert "/etc/kafka/log4j.properties /etc/systemd/system/kafka.service /run/kafka/\n" in text


def test_an_uninstall_removes_them(load: Load) -> None:
    cluster = load(SETTINGS)
    removed = node_resources.removal(cluster, cluster.nodes["a"], with_data=False)
    assert ExtraFilesAbsent("kafka", ()) in removed


def test_an_isolated_controller_has_its_own(load: Load) -> None:
    settings = "version: 4.3.1\ncontroller: {environment: {TZ: UTC}, files: {/etc/kafka/x.conf: {from: jaas.conf}}}\n"
    cluster = load(settings, "[kafka]\nb id=1\n[controller]\na id=2\n")
    files = of(cluster)
    assert 'Environment="TZ=UTC"' in files["/etc/systemd/system/kafka-controller.service"].content
    assert "/etc/kafka/x.conf" in files


@pytest.mark.parametrize("hosts", [ZOOKEEPER, COMBINED, "[kafka]\na id=1\n[controller]\nb id=2\n"])
def test_no_file_of_ours_may_be_named(hosts: str, load: Load) -> None:
    version = "3.9.1" if "zookeeper" in hosts else "4.3.1"
    cluster = load(f"version: {version}\n", hosts)
    for node in cluster.nodes.values():
        for service in services(cluster, node):
            folder, *paths = reversed(service.module.files(cluster))
            mine = {path.rpartition("/")[2] for path in paths if folder in lineage(path)}
            assert all(map(is_ours, mine)), mine


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("kafka: {files: {etc/x: {from: jaas.conf}}}", "kafka.files.etc/x: an absolute path"),
        ("kafka: {files: {/etc/x.conf: {}}}", "kafka.files./etc/x.conf: `from` is missing"),
        ("kafka: {files: {/etc/x.conf: {from: nosuch}}}", "kafka.files./etc/x.conf: there is no file"),
        ("kafka: {files: {/etc/x.conf: {from: jaas.conf, mode: 777}}}", "one of 640, 644, 750, 755"),
        ("kafka: {files: {/usr/bin/x: {from: jaas.conf}}}", "lies in /usr, which belongs to the system"),
        ("kafka: {files: {/etc/kafka/server.properties: {from: jaas.conf}}}", "a file of this name is kafka-fab's own"),
        ("kafka: {files: {/opt/kafka-logs/x: {from: jaas.conf}}}", "lies in kafka.log_dirs (/opt/kafka-logs)"),
        ("kafka: {files: {/var/lib/zookeeper/x: {from: jaas.conf}}}", "lies in zookeeper.data_dir"),
        ("kafka: {files: {/etc/a/x: {from: jaas.conf}, /etc/b/x: {from: jaas.conf}}}", "/etc/a/x has the same name, x"),
        (
            "{kafka: {files: {/etc/x: {from: jaas.conf}}}, zookeeper: {files: {/etc/x: {from: jaas.conf}}}}",
            "zookeeper.files on the same host has it, too: keep one",
        ),
        ("kafka: {environment: {JAVA_HOME: /x}}", "kafka-fab sets it itself: remove it, and use java.home"),
        ("kafka: {environment: {a-b: x}}", "the name of an environment variable is wanted, found `a-b`"),
        ("kafka: {environment: {A: [1]}}", "kafka.environment.A: one value is wanted, found a list"),
    ],
)
def test_what_is_refused(block: str, said: str, load: Load) -> None:
    if block.startswith("{"):
        block = block[1:-1].replace(", zookeeper", "\nzookeeper")
    found = problems(load, f"version: 3.9.1\n{block}\n")
    assert any(said in line for line in found), found
