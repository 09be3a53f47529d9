"""Two operators at once: one lock for all that changes a live cluster, and a journal of it on the hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fabric
import pytest

from kafka_fab.cluster import load
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.lifecycle.partial_stop import PASSES
from kafka_fab.remote.fleet import Fleet
from lab import faults as make
from lab.machine import wait_until
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

SECONDS = 120
HOLDER = "grep -s -h ^task= /var/lib/kafka-fab/clusters/*/roll/holder; true"
# Every task that changes a live cluster, as it is typed for one host of it.
TASKS = {
    "start": ["start"],
    "stop": ["stop"],
    "stop --force": ["stop", "--force"],
    "restart": ["restart"],
    "rolling-restart": ["rolling-restart", "--no-canary"],
    "reconfigure": ["reconfigure"],
    "elect-leaders": ["elect-leaders"],
    "topics.apply": ["topics.apply"],
    "topics.create": ["topics.create", "locked", "--partitions", "1"],
    "topics.delete": ["topics.delete", "kept-by-the-lock", "--yes"],
    "uninstall": ["uninstall", "--yes"],
    "uninstall --force": ["uninstall", "--yes", "--force"],
}


def up(site: Site) -> dict[str, bool]:
    """Return by host whether its broker and its ZooKeeper server are at work."""
    states = site.everywhere("systemctl is-active kafka zookeeper; true")
    return {host: said.split() == ["active", "active"] for host, said in states.items()}


def newest(site: Site, limit: int = 1) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = json.loads(site.done("history", "--json", "--limit", str(limit)))["operations"]
    return operations


@pytest.fixture(scope="module")
def shared(cluster: Site) -> Iterator[Site]:
    """The shared cluster with a topic, and a file that wants another; whole afterwards."""
    cluster.done("topics.create", "kept-by-the-lock", "--partitions", "1", "--replication", "3")
    (cluster.folder / "conf/topics.yaml").write_text("topics:\n  wanted-by-the-file: {partitions: 1, replication: 3}\n")
    yield cluster
    cluster.done("start")
    (cluster.folder / "conf/topics.yaml").unlink()
    cluster.done("topics.delete", "kept-by-the-lock", "--yes")


@contextmanager
def frozen(site: Site, task: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a task, and hold it as soon as it holds the lock of all hosts."""
    running = site.start_fab(*words)
    try:
        assert wait_until(
            lambda: set(site.everywhere(HOLDER).values()) == {f"task={task}\n"} or running.poll() is not None, SECONDS
        )
        os.killpg(running.pid, signal.SIGSTOP)
        assert running.poll() is None, running.communicate()
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


def refused(site: Site, name: str, holder: str) -> str:
    """Have a second operator type a task on one host, who must be told who holds the lock; return what was said."""
    ended = site.fab("-H", site.hosts[1], *TASKS[name], timeout=SECONDS)
    assert ended.returncode == 2, f"{name} beside {holder}: {ended.stdout}{ended.stderr}"
    assert f"another operation is in progress: {holder} " in ended.stderr, name
    assert ", since 20" in ended.stderr
    return ended.stderr


def test_beside_a_stop_nothing_else_changes_the_cluster(shared: Site) -> None:
    first = shared.hosts[0]
    with frozen(shared, "stop", "-H", first, "stop") as running:
        for name in TASKS:
            refused(shared, name, "stop")
        installed = shared.fab("install")
        assert installed.returncode == 1
        assert "another operation is in progress: task=stop" in installed.stdout
        assert "stop" in shared.fab("status").stdout.split("last operation: ")[1].split("\n")[0]
        assert newest(shared)[0]["result"] == "in progress"
        os.killpg(running.pid, signal.SIGCONT)
        output, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 0, output + errors
    assert up(shared) == {host: host != first for host in shared.hosts}
    [entry] = newest(shared)
    assert (entry["task"], entry["targets"], entry["exit"], entry["result"]) == ("stop", [first], 0, "done")
    assert sorted(entry["hosts"]) == sorted(shared.hosts)


def test_an_uninstall_of_a_part_asks_the_gate_as_a_stop_does(shared: Site) -> None:
    first, second, _ = shared.hosts
    shared.done("-H", first, "stop")
    ended = shared.fab("-H", second, "uninstall", "--yes", timeout=SECONDS)
    assert ended.returncode == 3
    assert f"without {second} there is no quorum" in ended.stderr
    assert up(shared)[second]
    [entry] = newest(shared)
    assert (entry["task"], entry["exit"]) == ("uninstall", 3)
    shared.done("start")


def test_of_two_who_stop_at_once_one_does(shared: Site) -> None:
    first, second, _ = shared.hosts
    running = [shared.start_fab("-H", host, "stop") for host in (first, second)]
    said = [one.communicate(timeout=SECONDS) for one in running]
    # The later one is told of the other, or finds the gate shut where that has just ended.
    codes = sorted(one.returncode for one in running)
    assert codes in ([0, 1], [0, 2], [0, 3]), said
    assert sum(up(shared).values()) == 2
    shared.done("start")


def test_a_task_that_was_killed_keeps_nobody_out_and_is_on_record(shared: Site) -> None:
    with frozen(shared, "start", "start"):
        pass
    shared.done("elect-leaders")
    later, killed = newest(shared, 2)
    assert (later["task"], later["result"]) == ("elect-leaders", "done")
    assert (killed["task"], killed["result"], killed["exit"]) == ("start", "interrupted", None)
    assert "interrupted" in shared.done("history")


def test_what_does_not_pass_by_itself_is_said_at_once_and_force_waits_for_nothing(shared: Site) -> None:
    first = shared.hosts[0]
    with shared.changed("conf/topics.yaml", "topics:\n", "topics:\n  lonely: {placement: [[1]]}\n"):
        shared.done("topics.apply")
    for words, code in (("uninstall --yes", 3), ("stop", 3), ("stop --force", 0)):
        began = time.monotonic()
        ended = shared.fab("-H", first, *words.split(), timeout=SECONDS)
        assert ended.returncode == code, ended.stderr
        assert time.monotonic() - began < PASSES
    shared.done("start")
    shared.done("topics.delete", "lonely", "--yes")
    shared.done("topics.delete", "wanted-by-the-file", "--yes")


@pytest.mark.slow
@pytest.mark.parametrize("holder", sorted({words[0] for words in TASKS.values()}))
def test_every_pair_of_tasks_has_one_winner(holder: str, shared: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", str(shared.folder))
    load.cluster.cache_clear()
    hosts = Fleet(fabric.Config(), quiet=True)
    with Guard(hosts, holder, shared.hosts) as guard:
        guard.report_progress("1 of 3 hosts done")
        for name in TASKS:
            assert "1 of 3 hosts done" in refused(shared, name, holder)
    hosts.close()
    load.cluster.cache_clear()


@pytest.mark.slow
def test_a_host_that_is_gone_keeps_nobody_from_the_others(shared: Site) -> None:
    first, second, third = shared.hosts
    shared.done("start")
    with make.unplugged(shared.lab.hosts[third]):
        # The ensemble's majority or the gate refuses it, and not the lock.
        assert shared.fab("-H", first, "stop", timeout=SECONDS).returncode in (1, 3)
        shared.done("-H", second, "start", timeout=SECONDS)
    shared.done("start")
