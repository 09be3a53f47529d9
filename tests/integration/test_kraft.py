"""KRaft live: combined and isolated controllers, a laptop's single node, voters that come and go."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab, LabSpec, down, up
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.conftest import NAME, ROOT, Site, rolls_well

pytestmark = pytest.mark.lab

LAB = f"{NAME}k"
HOSTS = tuple(f"{LAB}{number}" for number in range(1, 7))
# Six JVMs of a test start together on two cores; a broker that stops last need not wait long.
SLOW = 300


@pytest.fixture(scope="module")
def kraft_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    for version in ("3.9.1", "4.3.1"):
        ensure(version, CACHE)
    folder = tmp_path_factory.mktemp("kraft")
    (folder / "conf").mkdir()
    yield up(LabSpec(LAB, HOSTS, folder=folder))
    down(LAB)


def site(
    lab: Lab, folder: Path, version: str, brokers: dict[str, int], controllers: dict[str, int], more: str = ""
) -> Site:
    (folder / "conf").mkdir(parents=True, exist_ok=True)
    groups = {"kafka": brokers, "controller": controllers}
    lines = [
        f"[{name}]\n" + "\n".join(f"{host} id={at}" for host, at in group.items()) for name, group in groups.items()
    ]
    (folder / "hosts.ini").write_text("\n\n".join(lines) + "\n")
    settings = (ROOT / "conf/cluster.yaml").read_text().replace("version: 3.9.1", f"version: {version}")
    (folder / "conf/cluster.yaml").write_text(settings + more)
    shutil.copy(lab.folder / "conf/local.yaml", folder / "conf")
    shutil.copy(lab.folder / "ssh_config", folder)
    return Site(folder, tuple({**brokers, **controllers}), lab)


def removed(where: Site) -> None:
    where.fab("uninstall", "--yes", "--data", timeout=SLOW)


@pytest.fixture(scope="module")
def combined(kraft_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three combined nodes of 3.9.1, running."""
    nodes = {host: at for at, host in enumerate(HOSTS[:3], 1)}
    made = site(kraft_lab, tmp_path_factory.mktemp("combined"), "3.9.1", nodes, nodes)
    made.done("install")
    made.done("start", timeout=SLOW)
    yield made
    removed(made)


@pytest.fixture(scope="module")
def isolated(combined: Site, kraft_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three brokers and three controllers of 4.3.1, running; the combined cluster has left the hosts."""
    removed(combined)
    brokers = {host: at for at, host in enumerate(HOSTS[:3], 1)}
    controllers = {host: at for at, host in enumerate(HOSTS[3:], 4)}
    made = site(kraft_lab, tmp_path_factory.mktemp("isolated"), "4.3.1", brokers, controllers)
    made.done("install")
    made.done("start", timeout=SLOW)
    yield made
    removed(made)


def specs(where: Site) -> subprocess.CompletedProcess[str]:
    """Run the infra specs on a cluster, as a user would."""
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--hosts={','.join(where.hosts)}"]
    return subprocess.run(
        argv, cwd=ROOT, env=where.environment, text=True, capture_output=True, timeout=SLOW, check=False
    )


def voters(where: Site) -> set[int]:
    return {voter["id"] for voter in json.loads(where.done("quorum.show", "--json"))["voters"]}


def test_combined_nodes_are_what_hosts_ini_says(combined: Site) -> None:
    assert "the cluster is what hosts.ini says" in combined.done("validate")
    assert combined.done("status").count("active controller") == 1


def test_version_tells_what_is_wanted_installed_and_running(combined: Site) -> None:
    said = json.loads(combined.done("version", "--json"))
    tree = "kafka_2.13-3.9.1"
    assert [(one["wanted"], one["installed"], one["running"]) for one in said] == [(tree, tree, tree)] * 3


def test_a_message_passes_through_every_combined_node(combined: Site) -> None:
    assert "3 of 3 brokers pass a message on" in combined.done("smoke")


def test_every_infra_spec_passes_on_combined_nodes(combined: Site) -> None:
    ended = specs(combined)
    assert ended.returncode == 0, ended.stdout


def test_a_second_start_formats_and_changes_nothing(combined: Site) -> None:
    assert "nothing to change" in combined.done("start")


def test_another_cluster_s_id_is_refused_with_both_named(combined: Site) -> None:
    own = (combined.folder / "cluster.id").read_text().strip()
    with combined.changed("cluster.id", own, "AAAAAAAAAAAAAAAAAAAAAA"):
        ended = combined.fab("start")
    assert ended.returncode == 1
    assert own in ended.stderr
    assert "AAAAAAAAAAAAAAAAAAAAAA" in ended.stderr


def test_another_node_s_storage_is_refused_with_both_ids_named(combined: Site) -> None:
    with combined.changed("hosts.ini", f"{HOSTS[0]} id=1", f"{HOSTS[0]} id=9"):
        ended = combined.fab("start")
    assert ended.returncode == 1
    assert "node.id=1" in ended.stdout + ended.stderr
    assert "is 9" in ended.stdout + ended.stderr


def test_stopping_two_of_three_combined_nodes_is_refused_while_the_third_runs(combined: Site) -> None:
    ended = combined.fab("-H", f"{HOSTS[0]},{HOSTS[1]}", "stop")
    assert ended.returncode == 1
    assert HOSTS[2] in ended.stderr


@pytest.mark.slow
def test_combined_nodes_roll_and_lose_nothing(combined: Site) -> None:
    leader = json.loads(combined.done("quorum.show", "--json"))["leader"]
    assert rolls_well(combined)["steps"][-1]["id"] == leader


def test_combined_nodes_stop_without_waiting_for_a_controller_that_is_gone(combined: Site) -> None:
    began = time.monotonic()
    combined.done("stop", timeout=SLOW)
    assert time.monotonic() - began < 60
    marks = combined.everywhere("ls /opt/kafka-logs/.kafka_cleanshutdown")
    assert len(marks) == 3
    combined.done("start", timeout=SLOW)
    assert "the cluster is what hosts.ini says" in combined.done("validate")


def test_isolated_controllers_and_brokers_of_4_are_what_hosts_ini_says(isolated: Site) -> None:
    assert "the cluster is what hosts.ini says" in isolated.done("validate")
    assert "3 of 3 brokers pass a message on" in isolated.done("smoke")


def test_every_infra_spec_passes_on_isolated_nodes(isolated: Site) -> None:
    ended = specs(isolated)
    assert ended.returncode == 0, ended.stdout


def test_a_stopped_controller_is_told(isolated: Site) -> None:
    isolated.done("-H", HOSTS[5], "stop")
    ended = isolated.fab("validate")
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    assert ended.returncode == 1
    assert HOSTS[5] in ended.stdout


def test_a_voter_leaves_and_comes_back(isolated: Site) -> None:
    isolated.done("quorum.remove", HOSTS[5])
    assert voters(isolated) == {4, 5}
    isolated.done("quorum.add", HOSTS[5])
    assert voters(isolated) == {4, 5, 6}


def test_a_controller_with_a_new_disk_joins_as_an_observer_first(isolated: Site) -> None:
    isolated.done("quorum.remove", HOSTS[5])
    isolated.done("-H", HOSTS[5], "stop")
    isolated.on(HOSTS[5], "rm -rf /var/lib/kafka-controller/*")
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    assert voters(isolated) == {4, 5}
    isolated.done("quorum.add", HOSTS[5])
    assert voters(isolated) == {4, 5, 6}


def test_a_quorum_never_goes_below_a_majority_that_keeps_up(isolated: Site) -> None:
    isolated.done("-H", HOSTS[5], "stop")
    ended = isolated.fab("quorum.remove", HOSTS[4])
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    assert ended.returncode == 1
    assert "no majority" in ended.stderr


def test_isolated_controllers_go_before_brokers_and_their_leader_last(isolated: Site) -> None:
    leader = json.loads(isolated.done("quorum.show", "--json"))["leader"]
    steps = json.loads(isolated.done("rolling-restart", "--plan", "--json"))["steps"]
    services = [(one["service"], one["id"]) for step in steps for one in step["services"]]
    assert [service for service, _ in services] == ["controller"] * 3 + ["kafka"] * 3
    assert services[2] == ("controller", leader)


def test_an_isolated_controller_and_a_broker_roll_lose_nothing_and_the_broker_leads_again(isolated: Site) -> None:
    isolated.done("topics.create", "led", "--partitions", "3", "--replication", "3")
    roll = rolls_well(isolated, HOSTS[0], HOSTS[3])
    assert [step["role"] for step in roll["steps"]] == ["controller", "kafka"]
    assert len(roll["leaders"]["astray"]) == 1
    assert "1 of 1 preferred leaders elected" in isolated.done("elect-leaders")
    assert "none of 3 " in isolated.done("elect-leaders", "led")


@pytest.mark.slow
def test_isolated_controllers_and_brokers_roll_and_lose_nothing(isolated: Site) -> None:
    roll = rolls_well(isolated)
    assert [step["role"] for step in roll["steps"]] == ["controller"] * 3 + ["kafka"] * 3


def test_isolated_nodes_stop_in_seconds(isolated: Site) -> None:
    began = time.monotonic()
    isolated.done("stop", timeout=SLOW)
    assert time.monotonic() - began < 60


def test_a_laptop_s_single_node_with_a_static_quorum_serves(
    isolated: Site, kraft_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    removed(isolated)
    made = site(kraft_lab, tmp_path_factory.mktemp("one"), "4.3.1", {HOSTS[0]: 1}, {HOSTS[0]: 1})
    settings = (made.folder / "conf/cluster.yaml").read_text()
    for name in (
        "default.replication.factor",
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
    ):
        settings = settings.replace(f"{name}: 3", f"{name}: 1")
    settings = settings.replace("min.insync.replicas: 2", "min.insync.replicas: 1").replace("min.isr: 2", "min.isr: 1")
    made.settings(settings + "\ncontroller:\n  quorum: static\n")
    made.done("install")
    made.done("start", timeout=SLOW)
    assert "the cluster is what hosts.ini says" in made.done("validate")
    assert "1 of 1 brokers" in made.done("smoke")
    removed(made)
