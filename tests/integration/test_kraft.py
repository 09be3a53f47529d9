"""KRaft live: combined and isolated controllers, a laptop's single node, voters that come and go."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import fabric
import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.gate import gate
from kafka_fab.gate.state import Leaving, State
from kafka_fab.live import cluster_state
from kafka_fab.live.client import connection_pool, features, update_features
from kafka_fab.live.client.features import Levels
from kafka_fab.live.client.protocol import Ask
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.validate.validate import processes
from kafka_fab.remote.fleet import Fleet
from lab import Lab, LabSpec
from lab import faults as make
from lab.machine import wait_until
from tests.integration.conftest import NAME, ROOT, Site, lab_of, rolls_well, write_folder

pytestmark = pytest.mark.lab

LAB = f"{NAME}k"
HOSTS = tuple(f"{LAB}{number}" for number in range(1, 7))
# Six JVMs of a test start together on two cores; a broker that stops last need not wait long.
SLOW = 300
INVALID_UPDATE_VERSION = 95


@pytest.fixture(scope="module")
def kraft_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(LabSpec(LAB, HOSTS, folder=tmp_path_factory.mktemp("kraft")), "3.9.1", "4.3.1") as made:
        yield made


def site(
    lab: Lab, folder: Path, version: str, brokers: dict[str, int], controllers: dict[str, int], more: str = ""
) -> Site:
    groups = {"kafka": brokers, "controller": controllers}
    lines = {name: [f"{host} id={at}" for host, at in group.items()] for name, group in groups.items()}
    settings = (ROOT / "conf/cluster.yaml").read_text().replace("version: 3.9.1", f"version: {version}")
    write_folder(lab, folder, lines, settings + more)
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


def asked(place: Endpoint) -> Ask:
    return partial(connection_pool.ask, place, seconds=20)


def check_features(where: Site, lowest: int, level: int) -> None:
    """Every process tells what it supports; a level is validated, and one that nobody has is rejected with a reason."""
    cluster = load.cluster(where.folder)
    known = {name: features.read(asked(place)) for name, place in processes(cluster)}
    assert len(known) == len(cluster.brokers) + len(cluster.controllers)
    for found in known.values():
        assert (found.supported["metadata.version"], found.epoch > 0) == (Levels(lowest, level), True)
        assert (found.finalized["metadata.version"], found.zk_migration_ready) == (level, False)
        assert found.supports("kraft.version", 1)
    broker = asked(endpoint.of_broker(cluster, cluster.brokers[0]))
    for version in (1, 2) if level > 21 else (1,):
        assert update_features.update(broker, {"metadata.version": level}, validate_only=True, version=version) == {}
        wrong = {"metadata.version": level + 70}
        no = update_features.update(broker, wrong, validate_only=True, version=version)
        assert no["metadata.version"].code == INVALID_UPDATE_VERSION
        assert f"{level + 70}" in no["metadata.version"].reason
    assert features.read(broker).finalized["metadata.version"] == level


def test_combined_nodes_are_what_hosts_ini_says(combined: Site) -> None:
    assert "the cluster matches hosts.ini" in combined.done("validate")
    assert combined.done("status").count("active controller") == 1


def test_version_has_the_configured_the_installed_and_the_running_one(combined: Site) -> None:
    said = json.loads(combined.done("version", "--json"))["services"]
    versions = [(one["configured"], one["installed"], one["running"]) for one in said]
    assert versions == [("3.9.1", "3.9.1", "3.9.1")] * 3


def test_a_message_passes_through_every_combined_node(combined: Site) -> None:
    assert "3 of 3 brokers: produced and consumed a message" in combined.done("smoke")


def test_what_each_combined_node_supports_and_who_would_refuse_another_level(combined: Site) -> None:
    check_features(combined, 1, 21)


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
    assert ended.returncode == 3
    assert HOSTS[2] in ended.stderr


def test_of_two_who_stop_combined_nodes_at_once_one_does_and_the_quorum_stays(combined: Site) -> None:
    running = [combined.start_fab("-H", host, "stop") for host in combined.hosts[:2]]
    said = [one.communicate(timeout=SLOW) for one in running]
    assert sorted(one.returncode for one in running) in ([0, 1], [0, 2], [0, 3]), said
    assert "leader" in combined.done("quorum.show")
    combined.done("start", timeout=SLOW)


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
    assert "the cluster matches hosts.ini" in combined.done("validate")


def test_isolated_controllers_and_brokers_of_4_are_what_hosts_ini_says(isolated: Site) -> None:
    assert "the cluster matches hosts.ini" in isolated.done("validate")
    assert "3 of 3 brokers: produced and consumed a message" in isolated.done("smoke")


def test_what_each_isolated_node_supports_and_who_would_refuse_another_level(isolated: Site) -> None:
    check_features(isolated, 7, 30)


def test_a_broker_that_does_not_follow_the_quorum_is_seen_before_it_is_fenced(isolated: Site) -> None:
    cluster, hosts = load.cluster(isolated.folder), isolated.lab.hosts
    with cluster_state.source(cluster) as read:

        def settles(condition: Callable[[State], bool]) -> State:
            seen: list[State] = []

            def settled() -> bool:
                seen.append(read(frozenset()))
                return condition(seen[-1])

            assert wait_until(settled, SLOW), seen[-1:]
            return seen[-1]

        settles(lambda state: not (state.unknown or state.false_metadata) and state.up == state.brokers)
        with ExitStack() as cuts:
            for controller in HOSTS[3:]:
                cuts.enter_context(make.cut_link(hosts[HOSTS[0]], hosts[controller]))
            state = settles(lambda state: bool(state.false_metadata) or state.up != state.brokers)
            assert [one.broker for one in state.false_metadata] == [1]
            assert "records, " in state.false_metadata[0].text
            assert state.up == state.brokers, "by its session it is as healthy as ever"
            assert [one.code for one in gate.blockers(state, Leaving(frozenset({2})))][:1] == ["R55"]
        settles(lambda state: not (state.unknown or state.false_metadata) and state.up == state.brokers)


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
    isolated.done("quorum.remove", HOSTS[5], "--yes")
    assert voters(isolated) == {4, 5}
    isolated.done("quorum.add", HOSTS[5])
    assert voters(isolated) == {4, 5, 6}


def epoch(shown: str) -> int:
    """Return the epoch that quorum.show tells of: another is another leader, or the same one elected anew."""
    return int(shown.partition("epoch ")[2].partition(";")[0])


def test_an_emptied_disk_of_a_voter_is_not_formatted_before_the_voter_is_removed(isolated: Site) -> None:
    before = epoch(isolated.done("quorum.show"))
    isolated.done("-H", HOSTS[5], "stop")
    isolated.on(HOSTS[5], "rm -rf /var/lib/kafka-controller/*")
    remedy = f"`fab quorum.remove {HOSTS[5]}`, `fab -H {HOSTS[5]} start`, `fab quorum.add {HOSTS[5]}`"
    refusals = [
        isolated.fab(*words)
        for words in (
            ("plan",),
            ("-H", HOSTS[5], "start"),
            ("-H", HOSTS[5], "start", "--no-preflight"),
            ("quorum.add", HOSTS[5]),
        )
    ]
    assert [ended.returncode for ended in refusals] == [1] * len(refusals)
    assert all(remedy in ended.stdout + ended.stderr for ended in refusals)
    assert isolated.on(HOSTS[5], "ls /var/lib/kafka-controller") == ""
    assert "voter directory id" in isolated.fab("validate").stdout
    # Behind what the leader that it had followed has written, or never seen by one that was elected since.
    shown = isolated.done("quorum.show")
    behind = r"\d+ +\d+" if epoch(shown) == before else "- +never fetched"
    assert re.search(rf"^ *6 +{HOSTS[5]} +voter +{behind} ", shown, re.MULTILINE), shown
    isolated.done("quorum.remove", HOSTS[5], "--yes")
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    assert voters(isolated) == {4, 5}
    isolated.done("quorum.add", HOSTS[5])
    assert voters(isolated) == {4, 5, 6}


@pytest.mark.slow
def test_a_controller_that_runs_on_another_disk_than_its_voter_s_is_named(isolated: Site) -> None:
    isolated.done("-H", HOSTS[5], "stop")
    isolated.on(HOSTS[5], "rm -rf /var/lib/kafka-controller/*")
    # As a version of ours did it without a word: the new disk follows as an observer, and the voter is dead.
    command = "env LOG_DIR=/tmp /opt/kafka/bin/kafka-storage.sh format -N -t {} -c /etc/kafka/controller.properties"
    cluster_id = (isolated.folder / "cluster.id").read_text().strip()
    isolated.on(HOSTS[5], f"runuser -u kafka -- {command.format(cluster_id)}")
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    way = f"`fab quorum.remove {HOSTS[5]}`, then `fab quorum.add {HOSTS[5]}`"
    assert way in isolated.fab("status").stdout
    assert way in isolated.done("quorum.show")
    ended = isolated.fab("quorum.add", HOSTS[5])
    assert ended.returncode == 1
    assert way in ended.stderr
    isolated.done("quorum.remove", HOSTS[5], "--yes")
    isolated.done("quorum.add", HOSTS[5])
    assert voters(isolated) == {4, 5, 6}
    assert "the cluster matches hosts.ini" in isolated.done("validate")


@pytest.mark.parametrize(
    "words", [("quorum.remove", HOSTS[3], "--yes"), ("quorum.add", HOSTS[3]), ("-H", HOSTS[5], "stop")]
)
def test_the_voters_do_not_change_while_another_operation_holds_the_lock(
    words: tuple[str, ...], isolated: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", str(isolated.folder))
    load.cluster.cache_clear()
    hosts = Fleet(fabric.Config(), quiet=True)
    with Guard(hosts, "quorum.remove", [HOSTS[4]]):
        ended = isolated.fab(*words)
    hosts.close()
    load.cluster.cache_clear()
    assert ended.returncode == 2
    assert "another operation is in progress: quorum.remove " in ended.stderr


def test_a_quorum_never_goes_below_a_majority_that_keeps_up(isolated: Site) -> None:
    isolated.done("-H", HOSTS[5], "stop")
    # At once: the leader has not learned yet that one is gone.
    stopped, removed_ = isolated.fab("-H", HOSTS[4], "stop"), isolated.fab("quorum.remove", HOSTS[4], "--yes")
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    assert stopped.returncode == 3
    assert "there is no quorum" in stopped.stderr
    assert removed_.returncode == 1
    assert "no majority" in removed_.stderr


def test_two_operators_at_once_never_take_the_quorum_s_majority(isolated: Site) -> None:
    both = [isolated.start_fab("-H", host, "stop") for host in HOSTS[4:]]
    codes = sorted(process.wait(SLOW) for process in both)
    led = isolated.fab("quorum.show", "--json")
    isolated.done("-H", f"{HOSTS[4]},{HOSTS[5]}", "start", timeout=SLOW)
    assert codes[0] == 0
    assert codes[1] in (1, 2, 3)
    assert led.returncode == 0


@pytest.mark.slow
def test_an_operator_who_removes_a_voter_and_one_who_stops_another_do_not_meet(isolated: Site) -> None:
    both = [isolated.start_fab("quorum.remove", HOSTS[4], "--yes"), isolated.start_fab("-H", HOSTS[5], "stop")]
    codes = sorted(process.wait(SLOW) for process in both)
    led = json.loads(isolated.done("quorum.show", "--json"))
    isolated.done("-H", HOSTS[5], "start", timeout=SLOW)
    if {voter["id"] for voter in led["voters"]} == {4, 6}:
        isolated.done("quorum.add", HOSTS[4])
    assert codes[0] == 0
    assert codes[1] in (1, 2, 3)


@pytest.mark.slow
def test_two_of_three_controllers_down_or_emptied(isolated: Site) -> None:
    lost = f"{HOSTS[4]},{HOSTS[5]}"
    isolated.done("-H", lost, "stop", "--force")
    status = isolated.fab("status")
    assert status.returncode == 2
    assert "an election is under way" not in status.stdout
    began = time.monotonic()
    ended = isolated.fab("-H", HOSTS[3], "rolling-restart")
    assert (ended.returncode, f"fab -H {lost} start" in ended.stdout + ended.stderr) == (3, True)
    assert time.monotonic() - began < 60
    for host in HOSTS[4:]:
        isolated.on(host, "cd /var/lib && mv kafka-controller kept && install -d -o kafka -g kafka kafka-controller")
    refused = isolated.fab("start", "--no-preflight")
    assert refused.returncode == 1
    assert refused.stderr.count("only 1 of 3 controllers have their data") == 2
    for host in HOSTS[4:]:
        isolated.on(host, "cd /var/lib && rmdir kafka-controller && mv kept kafka-controller")
    # Those that are down go first, each by itself; the one that runs follows in its turn.
    steps = json.loads(isolated.done("-H", ",".join(HOSTS[3:]), "rolling-restart", "--json", timeout=SLOW))["steps"]
    assert {step["host"] for step in steps[:2]} == set(HOSTS[4:])
    assert voters(isolated) == {4, 5, 6}


def test_a_service_whose_disk_is_full_is_not_stopped_and_the_directory_is_named(isolated: Site) -> None:
    isolated.on(HOSTS[0], "mount -t tmpfs -o size=1m small /var/log/kafka")
    try:
        ended = isolated.fab("-H", HOSTS[0], "rolling-restart")
        assert ended.returncode == 2
        assert "/var/log/kafka has 1 of 1 MiB free" in ended.stdout + ended.stderr
        assert isolated.on(HOSTS[0], "systemctl is-active kafka").strip() == "active"
    finally:
        isolated.on(HOSTS[0], "umount -l /var/log/kafka")
    isolated.done("rolling-restart", "--abandon")


def test_isolated_controllers_go_before_brokers_and_their_leader_last(isolated: Site) -> None:
    leader = json.loads(isolated.done("quorum.show", "--json"))["leader"]
    steps = json.loads(isolated.done("rolling-restart", "--plan", "--json"))["steps"]
    services = [(one["service"], one["id"]) for step in steps for one in step["services"]]
    assert [service for service, _ in services] == ["controller"] * 3 + ["kafka"] * 3
    assert services[2] == ("controller", leader)


def test_an_isolated_controller_and_a_broker_roll_lose_nothing_and_the_broker_leads_again(isolated: Site) -> None:
    isolated.done("topics.create", "led", "--partitions", "3", "--replication", "3")
    roll = rolls_well(isolated, HOSTS[0], HOSTS[3])
    assert [step["service"] for step in roll["steps"]] == ["controller", "kafka"]
    assert len(roll["leaders"]["off_preferred"]) == 1
    assert "1 of 1 preferred leaders elected" in isolated.done("elect-leaders")
    assert "all 3 partitions are led by their preferred leader" in isolated.done("elect-leaders", "led")


@pytest.mark.slow
def test_isolated_controllers_and_brokers_roll_and_lose_nothing(isolated: Site) -> None:
    roll = rolls_well(isolated)
    assert [step["service"] for step in roll["steps"]] == ["controller"] * 3 + ["kafka"] * 3


def test_isolated_nodes_stop_in_seconds(isolated: Site) -> None:
    began = time.monotonic()
    isolated.done("stop", timeout=SLOW)
    assert time.monotonic() - began < 60


def alone(made: Site, more: str = "") -> None:
    """Give a cluster of one broker the settings that it needs."""
    settings = (made.folder / "conf/cluster.yaml").read_text()
    settings = settings.replace("replication.factor: 3", "replication.factor: 1")
    settings = settings.replace("min.insync.replicas: 2", "min.insync.replicas: 1").replace("min.isr: 2", "min.isr: 1")
    made.settings(settings + more)


def proves_itself(made: Site, *accepted: str) -> None:
    """Start a cluster of one host, hold it against hosts.ini and the specs, and roll it."""
    made.done("start", timeout=SLOW)
    assert "the cluster matches hosts.ini" in made.done("validate")
    assert "1 of 1 brokers" in made.done("smoke")
    record = json.loads(made.done("rolling-restart", *accepted, "--json", timeout=SLOW))
    assert [step["clean"] for step in record["steps"]] == [True]
    assert record["canary"]["acknowledged"] > 0
    assert (record["exit"], record["canary"]["lost"], record["canary"]["reordered"]) == (0, 0, 0)


@pytest.mark.slow
def test_a_laptop_s_single_node_with_a_static_quorum_serves_and_rolls(
    isolated: Site, kraft_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    removed(isolated)
    made = site(kraft_lab, tmp_path_factory.mktemp("one"), "4.3.1", {HOSTS[0]: 1}, {HOSTS[0]: 1})
    alone(made, "\ncontroller:\n  quorum: static\n")
    made.done("install")
    proves_itself(made, "--accept-quorum-outage")
    removed(made)


@pytest.mark.slow
def test_one_host_with_zookeeper_and_a_broker_serves_and_rolls(
    isolated: Site, kraft_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = site(kraft_lab, tmp_path_factory.mktemp("old"), "3.9.1", {HOSTS[1]: 1}, {HOSTS[1]: 1})
    hosts = made.folder / "hosts.ini"
    hosts.write_text(hosts.read_text().replace("[controller]", "[zookeeper]"))
    alone(made)
    made.done("install")
    proves_itself(made)
    ended = specs(made)
    assert ended.returncode == 0, ended.stdout
    removed(made)
