"""The specs that users run against their clusters, run against ours: right ones pass, and damage is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infra.test_logs import loggers_that_write_twice

if TYPE_CHECKING:
    from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
# From a minute on pytest says the time twice.
HEALTHY = re.compile(r"=+ [1-9]\d* passed in [\d.]+s\S*( \([\d:]+\))? =+")


def run_specs(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=ROOT, env=own | {"KAFKA_FAB_CLUSTER": str(folder)}, timeout=120,
        text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def by_name(site: Site) -> str:
    return f"--hosts={','.join(site.hosts)}"


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    return ended.stdout.splitlines()[-1]


def failed(ended: subprocess.CompletedProcess[str]) -> set[str]:
    return set(re.findall(r"^FAILED tests/infra/(\S+)", ended.stdout, re.MULTILINE))


@pytest.fixture(scope="module")
def damaged(cluster: Site) -> subprocess.CompletedProcess[str]:
    """What the specs said when one thing was wrong on each host."""
    first, second, third = cluster.hosts
    file = "/etc/kafka/server.properties"
    cluster.on(first, f"cp -p {file} {file}.before; echo ssl.keystore.password=secret-on-host >>{file}")
    cluster.on(second, "chmod 755 /opt/kafka-logs")
    cluster.on(third, "systemctl disable kafka")
    try:
        return run_specs(cluster.folder, by_name(cluster))
    finally:
        cluster.on(first, f"mv {file}.before {file}")
        cluster.on(second, "chmod 750 /opt/kafka-logs")
        cluster.on(third, "systemctl enable kafka")


def test_every_spec_passes_on_a_healthy_cluster(cluster: Site) -> None:
    ended = run_specs(cluster.folder, by_name(cluster))
    assert ended.returncode == 0, ended.stdout
    assert HEALTHY.fullmatch(last_line(ended))


def test_hosts_ini_serves_where_no_host_is_named(cluster: Site) -> None:
    ended = run_specs(cluster.folder, "tests/infra")
    assert ended.returncode == 0, ended.stdout
    assert HEALTHY.fullmatch(last_line(ended))


def test_every_spec_passes_on_the_cluster_of_the_blog(old_cluster: Site) -> None:
    ended = run_specs(old_cluster.folder, by_name(old_cluster))
    assert ended.returncode == 0, ended.stdout
    assert HEALTHY.fullmatch(last_line(ended))


def test_each_damage_is_found_and_nothing_else(cluster: Site, damaged: subprocess.CompletedProcess[str]) -> None:
    first, second, third = cluster.hosts
    assert damaged.returncode == 1
    assert failed(damaged) == {
        f"test_config.py::test_the_file_has_the_content_that_conf_gives_it[{first}-/etc/kafka/server.properties]",
        f"test_process.py::test_the_process_runs_on_the_files_that_are_on_disk[{first}-kafka]",
        f"test_directories.py::test_the_directory_is_there_with_its_owner_and_mode[{second}-/opt/kafka-logs]",
        f"test_service.py::test_the_service_starts_with_the_host[{third}-kafka]",
    }


def test_a_report_names_the_file_and_what_to_do(damaged: subprocess.CompletedProcess[str]) -> None:
    assert "/etc/kafka/server.properties differs from conf/: see `fab plan`" in damaged.stdout
    assert "secret-on-host" not in damaged.stdout


def test_no_report_shows_a_password_of_conf(cluster: Site) -> None:
    password = "  properties:\n    ssl.keystore.password: secret-in-conf"
    with cluster.changed("conf/cluster.yaml", "  properties:", password):
        ended = run_specs(cluster.folder, "tests/infra/test_config.py", "-vv", "--showlocals", "--tb=long")
    assert ended.returncode == 1
    assert "secret-in-conf" not in ended.stdout


def test_a_user_with_sudo_will_do(cluster: Site) -> None:
    with cluster.changed("ssh_config", "User root", "User ops"):
        ended = run_specs(cluster.folder, "tests/infra/test_config.py")
    assert ended.returncode == 0, ended.stdout


def test_a_sudo_that_asks_for_a_password_is_named_as_the_reason(cluster: Site) -> None:
    with cluster.changed("ssh_config", "User root", "User admin"):
        ended = run_specs(cluster.folder, "tests/infra/test_link.py")
    assert ended.returncode == 1
    assert "the specs need root, or sudo without a password" in ended.stdout


def test_an_own_url_passes_unchanged(cluster: Site) -> None:
    url = f"ssh://ops@{cluster.hosts[0]}?ssh_config={cluster.folder / 'ssh_config'}&sudo=true"
    ended = run_specs(cluster.folder, f"--hosts={url}", "tests/infra/test_link.py")
    assert ended.returncode == 0, ended.stdout
    assert HEALTHY.fullmatch(last_line(ended))


def test_a_host_that_only_keeps_zookeeper_has_no_broker_specs(cluster: Site) -> None:
    keeper = cluster.hosts[2]
    with cluster.changed("hosts.ini", f"{keeper} id=3 rack=r3\n", ""):
        ended = run_specs(cluster.folder, "tests/infra", "--collect-only", "-q")
    assert f"[{keeper}-zookeeper]" in ended.stdout
    assert not re.search(rf"\[{keeper}-(kafka|/etc/kafka\S*|/opt/kafka-logs)\]", ended.stdout)
    assert f"test_a_message_passes_through_the_broker[{keeper}]" not in ended.stdout


@pytest.mark.parametrize("word", ["stranger", "ssh://root@stranger"])
def test_a_host_outside_hosts_ini_is_refused_with_the_line_to_add(cluster: Site, word: str) -> None:
    ended = run_specs(cluster.folder, f"--hosts={word}")
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    text = f"stranger is not in {cluster.folder / 'hosts.ini'}. To make it a broker, add below [kafka]:"
    assert ended.stderr.strip() == f"ERROR: {text}\n    stranger id=4"


def test_a_hosts_ini_with_a_mistake_is_refused_by_file_and_line(cluster: Site) -> None:
    with cluster.changed("hosts.ini", "[zookeeper]", "[zookeper]"):
        ended = run_specs(cluster.folder, by_name(cluster))
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "hosts.ini:6: unknown group [zookeper] (did you mean zookeeper?)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_plain_run_leaves_live_clusters_alone(cluster: Site) -> None:
    collected = run_specs(cluster.folder, "--collect-only", "-q").stdout
    assert "tests/unit/" in collected
    assert "tests/infra/" not in collected


def test_a_logger_with_two_ways_into_one_file_is_noticed() -> None:
    events = [f"[2014-01-06 10:00:0{at},123] INFO step {at} (kafka.server.KafkaServer)" for at in range(4)]
    once = ["[2014-01-06 10:00:00,123] INFO connected (org.I0Itec.zkclient.ZkClient)"]
    assert loggers_that_write_twice([*once, *events, *events]) == ["(kafka.server.KafkaServer)"]


def test_an_event_that_happens_twice_at_once_is_no_mistake() -> None:
    lines = [f"[2014-01-06 10:00:0{at},123] INFO starting (kafka.controller.RequestSendThread)" for at in (1, 1, 2, 3)]
    assert loggers_that_write_twice(lines) == []
