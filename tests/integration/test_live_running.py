"""What runs is asked where it runs; what would lose data or take another cluster for this one is refused."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest

from kafka_fab.live.zookeeper import four_letter_words
from tests.integration.rolls import DISKS, Rolls

pytestmark = pytest.mark.lab

SETTINGS = "conf/cluster.yaml"


@pytest.mark.slow
def test_a_changed_port_is_asked_where_it_runs_while_old_and_new_ones_are_side_by_side(rolled: Rolls) -> None:
    rolled.topic("orders", [1, 2, 3], [2, 3, 1])
    host = rolled.others[0]
    with rolled.changed(SETTINGS, "kafka:\n", "kafka:\n  port: 9192\n"):
        rolled.done("install")
        rolled.done("status")
        assert rolled.roll("--changed", "--plan").code == 0
        ended = rolled.roll("--changed", on=[host])
        assert ended.code == 0, ended.said
        assert " 0 lost, 0 reordered" in ended.said
        rolled.done("status")
        assert "orders" in rolled.done("topics.list")
        assert rolled.roll("--changed", "--plan").said.count("  passes") == len(rolled.hosts) - 1
    rolled.done("install")
    assert rolled.roll("--changed", "--no-canary").code == 0
    rolled.done("validate")


def test_a_directory_with_replicas_is_not_taken_out_before_it_is_abandoned_by_name(rolled: Rolls) -> None:
    rolled.topic("orders", *[[1, 2, 3]] * 6)
    before = rolled.starts()
    with rolled.changed(SETTINGS, f", {DISKS[1]}]", "]"):
        for task in ("plan", "install", "preflight"):
            ended = rolled.fab(task)
            assert ended.returncode == 1, task
            assert f"no longer has {DISKS[1]}, which holds 3 replicas (orders-" in ended.stdout
        rolled.done("install", "--abandon-dir", DISKS[1])
        began = time.monotonic()
        shut, preview = rolled.roll("--changed"), rolled.roll("--changed", "--plan")
        assert (shut.code, preview.code) == (3, 3)
        assert time.monotonic() - began < 30, "the gate is not waited for"
        # Which of the partitions a broker has put there is its own choice.
        reason = (
            rf"keeps 3 logs \(orders-\d, orders-\d, orders-\d\) in {DISKS[1]}.* with --abandon-dir {DISKS[1]} \[R25\]"
        )
        for said in (shut.said, preview.said):
            assert re.search(reason, said), said
        assert rolled.roll("--changed", "--plan", "--abandon-dir", DISKS[1]).code == 0
        assert rolled.fab("restart").returncode == 3
    rolled.done("install")
    assert rolled.starts() == before


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version: 3.9.1", "version: 3.8.1", "3.8.1 is older than 3.9.1, which has run on this data"),
        ("chroot: /kafka", "chroot: /other", "keeps its metadata in ZooKeeper/kafka"),
        ("data_dir: /var/lib/zookeeper", "data_dir: /var/lib/other", "which holds data (version-2)"),
        ("zookeeper:\n", "zookeeper:\n  port: 2281\n", "zookeeper is running with clientPort=2181"),
        (
            "zookeeper:\n",
            "zookeeper:\n  peer_port: 2889\n",
            "could not reach the servers that are not restarted yet",
        ),
    ],
)
def test_what_would_split_or_lose_a_cluster_is_refused(old: str, new: str, reason: str, rolled: Rolls) -> None:
    with rolled.changed(SETTINGS, old, new):
        for words in (("plan",), ("install", "--no-preflight")):
            ended = rolled.fab(*words)
            assert ended.returncode == 1
            assert reason in ended.stdout
        rolled.done("status")
    rolled.done("plan", "--check")


def test_a_roll_ends_at_once_where_only_a_switch_opens_the_gate(rolled: Rolls) -> None:
    rolled.topic("single", [1], [2], [3])
    rolled.topic("alone", [2])
    before, began = rolled.starts(), time.monotonic()
    ended = rolled.roll()
    assert ended.code == 3
    assert time.monotonic() - began < 20
    assert "--accept-downtime single, or increase its replication factor (2 more of single)" in ended.said
    assert "--accept-downtime alone" in ended.said
    assert rolled.starts() == before


BY_SERVICES = "{host}: this host already has another cluster kafka (since "
BY_DATA = "{host}: its data has the cluster id "


@pytest.mark.parametrize(("known", "words"), [((), BY_SERVICES), (("folder.id",), BY_DATA)], ids=["services", "data"])
def test_a_host_of_another_cluster_is_named_and_left_alone(
    known: tuple[str, ...], words: str, rolled: Rolls, tmp_path: Path
) -> None:
    """Whoever changes something tells whose its services are, or else whose its data is; status tells both."""
    host, pids = rolled.hosts[2], rolled.pids()
    (tmp_path / "conf").mkdir()
    for name in (SETTINGS, "conf/local.yaml", "ssh_config", *known):
        shutil.copy(rolled.folder / name, tmp_path / name)
    (tmp_path / "hosts.ini").write_text(f"[kafka]\n{host} id=3\n[controller]\n{host} id=3\n")
    (tmp_path / "cluster.id").write_text("AAAAAAAAAAAAAAAAAAAAAA\n")
    looked = rolled.fab("status", KAFKA_FAB_CLUSTER=str(tmp_path))
    assert looked.returncode == 2
    assert f"critical: {BY_DATA.format(host=host)}" in looked.stdout
    assert (f"{host}: kafka.service belongs to cluster kafka (since " in looked.stdout) is not bool(known)
    for task in (("stop",), ("restart",), ("rolling-restart", "--plan"), ("uninstall", "--yes")):
        ended = rolled.fab(*task, KAFKA_FAB_CLUSTER=str(tmp_path))
        assert ended.returncode == 2, task
        assert words.format(host=host) in ended.stdout + ended.stderr, task
    assert rolled.pids() == pids


def test_an_ensemble_of_another_cluster_is_named_before_anything_is_judged(rolled: Rolls) -> None:
    pids = rolled.pids()
    with four_letter_words.client(rolled.model) as kazoo:
        kept, _ = kazoo.get("/cluster/id")
        kazoo.set("/cluster/id", b'{"version":"1","id":"AAAAAAAAAAAAAAAAAAAAAA"}')
        try:
            ended = {words: rolled.fab(*words.split()) for words in ("status", "stop", "rolling-restart --plan")}
        finally:
            kazoo.set("/cluster/id", kept)
    for words, one in ended.items():
        assert one.returncode == 2, words
        assert "ZooKeeper has the cluster id AAAAAAAAAAAAAAAAAAAAAA" in one.stdout + one.stderr
    assert rolled.pids() == pids


def test_a_dead_broker_is_degraded_from_its_first_second_until_it_is_back(rolled: Rolls) -> None:
    rolled.topic("orders", [1, 2, 3], [3, 2, 1])
    host = rolled.others[0]
    rolled.on(host, "systemctl kill --signal=KILL kafka; systemctl stop kafka")
    codes, noticed = [], False
    while not noticed:
        ended = rolled.fab("status")
        codes.append((ended.returncode, "critical:" in ended.stdout))
        noticed = f"({host}) is not registered" in ended.stdout
    assert set(codes) == {(1, False)}
