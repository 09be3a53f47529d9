"""A folder as kafka-fab 0.1.0 had it, with copies of all its templates: it works, or says what to change."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import File
from kafka_fab.cluster.roles import node_resources
from kafka_fab.cluster.roles.extra_files import Extras
from tests.unit.folders import written
from tests.wheels import elsewhere

OLD = Path(__file__).with_name("folder_of_0_1_0")
# Every key that 0.1.0 had.
EVERY_KEY = """
version: 3.9.1
scala: "2.13"
mirror: https://mirror.example/kafka
download: push
sha512: ""
paths: {install: /opt, link: /opt/kafka, cache: /var/cache/kafka-fab}
java: {package: "", home: ""}
kafka:
  user: kafka
  port: 9092
  heap: 1g
  chroot: /kafka
  log_dirs: [/opt/kafka-logs]
  log_dirs_are_mounts: false
  config_dir: /etc/kafka
  logs: /var/log/kafka
  log_size: 100MB
  log_count: 10
  open_files: 100000
  stop_timeout: 600
  jvm_options: ""
  properties: {default.replication.factor: 3, offsets.topic.replication.factor: 3}
  unchecked_properties: {my.plugin: x}
  jmx: {port: 9999, address: 127.0.0.1, user: monitor, access: readonly, password_from: PATH}
  exporter: {port: 0, address: host, jar: https://m/a.jar, sha256: "%s", rules: ""}
zookeeper:
  user: zookeeper
  port: 2181
  peer_port: 2888
  election_port: 3888
  heap: 512m
  data_dir: /var/lib/zookeeper
  config_dir: /etc/zookeeper
  logs: /var/log/zookeeper
  log_size: 100MB
  log_count: 10
  open_files: 65536
  jvm_options: ""
  properties: {}
controller:
  {port: 9093, heap: 512m, metadata_dir: /var/lib/kafka-controller, quorum: "", jvm_options: "", properties: {}}
tuning:
  enabled: true
  max_map_count: 262144
  swappiness: 1
  dirty_background_ratio: 5
  dirty_ratio: 60
  socket_buffer: 2097152
  sysctl: {}
"""


@pytest.fixture
def old(tmp_path: Path) -> Cluster:
    shutil.copytree(OLD, tmp_path / "old")
    load.cluster.cache_clear()
    return load.cluster(tmp_path / "old")


def test_it_is_read_and_only_its_units_are_to_change(old: Cluster) -> None:
    said = [str(warning) for warning in old.warnings]
    assert len(said) == 2, said
    for name, line in zip(("kafka.service.j2", "zookeeper.service.j2"), said, strict=True):
        assert f"{name}: " in line
        assert "does not start `{{ tree }}/{{ start }}`" in line


def test_its_templates_are_rendered_and_a_roll_does_not_wait_for_what_they_lack(old: Cluster) -> None:
    node = old.nodes["kafka1"]
    files = {item.path: item.content for item in node_resources.steps(old, node)["config"] if isinstance(item, File)}
    assert "num.partitions=3\n" in files["/etc/kafka/server.properties"]
    for unit in ("kafka", "zookeeper"):
        text = files[f"/etc/systemd/system/{unit}.service"]
        assert 'exec "$(readlink -f /opt/kafka)"/bin/' in text
        assert not any(extras.kept(text) for extras in Extras.of_node(old, node))


def test_without_its_units_it_has_nothing_to_change(tmp_path: Path) -> None:
    shutil.copytree(OLD, tmp_path / "old", ignore=shutil.ignore_patterns("*.service.j2"))
    load.cluster.cache_clear()
    assert load.cluster(tmp_path / "old").warnings == ()


def test_every_setting_of_it_is_taken(tmp_path: Path) -> None:
    cluster = written(tmp_path, (OLD / "hosts.ini").read_text(), EVERY_KEY % ("0" * 64))
    assert cluster.settings.kafka.unchecked_properties == {"my.plugin": "x"}
    assert cluster.warnings == ()


def test_a_fabric_yaml_of_it_says_what_to_write(tmp_path: Path) -> None:
    shutil.copy(OLD / "fabric.yaml", tmp_path)
    (tmp_path / "fabfile.py").write_text(
        "from kafka_fab.output import streams\nstreams.prepare()\nfrom invoke.tasks import task\n"
        "@task\ndef mine(c):\n    '''Mine.'''\n"
    )
    fab = Path(sys.executable).with_name("fab")
    environment = elsewhere(PYTHONPATH=str(HOME))
    ended = subprocess.run(
        [fab, "mine"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "fabric.yaml names the executor of kafka-fab 0.1: write `executor_class: kafka_fab.remote.executor.Executor` "
        "(docs/install.md)\n"
    )
