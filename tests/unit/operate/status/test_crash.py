"""A service that exits by itself: the restarts and its last error, in a sentence."""

from pathlib import Path

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.id_lists import summarized
from kafka_fab.gate.state import Blocker, Partition, State
from kafka_fab.operate.roll import candidates
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.status.service_line import lines
from kafka_fab.output.progress import HostProgress
from kafka_fab.runbook.codes import RollCode
from tests.unit.folders import written

STATE = "ActiveState={} SubState={} MainPID=1 NRestarts={} ExecMainStatus=1 ActiveEnterTimestampMonotonic=1000000000"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, "[kafka]\na id=1\n[zookeeper]\na id=1\n")


def line(cluster: Cluster, active: str, sub: str, uptime: float, crash: str) -> str:
    words = STATE.format(active, sub, 2) + f" Uptime={1000 + uptime} Version=v Installed=v"
    progress = HostProgress("a")
    progress.changes += [
        Change("ok", "state", "zookeeper", words.replace("NRestarts=2", "NRestarts=0")),
        Change("ok", "running-config", "zookeeper"),
        Change("ok", "state", "kafka", words),
        Change("ok", "running-config", "kafka"),
    ]
    words, _, error = crash.partition(": ")
    ended = [Change("ok", "crash", "kafka", words), Change("ok", "last-error", "kafka", error)]
    progress.changes += ended if crash else []
    roles = {("a", "zookeeper"): "leader", ("a", "kafka"): "broker"}
    return next(one.exited for one in lines(cluster, progress, roles, {}) if one.service == "kafka")


def test_the_sentence_of_a_service_that_exited(cluster: Cluster) -> None:
    crash = "restarts=2 status=1: java.lang.RuntimeException: no disk"
    assert line(cluster, "active", "running", 12, crash) == (
        "a: kafka exited by itself (status 1); systemd restarted it 2 times; it has run for 12 s since; "
        "last error: java.lang.RuntimeException: no disk"
    )
    assert line(cluster, "activating", "auto-restart", 12, crash.replace("=2", "=1")).startswith(
        "a: kafka exited by itself (status 1); systemd restarted it 1 time; it is activating, systemd will restart it;"
    )
    assert line(cluster, "failed", "failed", 12, "restarts=0 status=137: ") == (
        "a: kafka exited by itself (status 137); it is failed"
    )
    assert line(cluster, "active", "running", 3600, crash) == "", "it has run for an hour since"
    assert line(cluster, "active", "running", 12, "") == ""


# What will not pass by itself


def test_partitions_of_a_topic_are_one_line_and_others_stay(cluster: Cluster) -> None:
    def of(rule: str, where: str) -> Blocker:
        return Blocker(RollCode(rule), where, f"{where} is in the way")

    blockers = [of("R4", "a-b-0"), of("R4", "a-b-1"), of("R4", "a-b-1"), of("R6", "a-b-2"), of("R8", "broker 1")]
    assert summarized(blockers) == (
        "a-b-0 is in the way (1 more of a-b) [R4]",
        "a-b-2 is in the way [R6]",
        *summarized(blockers[4:]),
    )
    assert summarized(blockers[4:]) == ("broker 1 is in the way [R8]",)


def test_only_a_blocker_that_an_operator_must_remove_is_lasting(cluster: Cluster) -> None:
    every = frozenset({1, 2, 3})
    targets = tuple(ServiceRef(f"h{number}", Role.BROKER, "kafka", number) for number in every)
    single = Partition("single", 0, 1, (1,), frozenset({1}))
    behind = Partition("behind", 0, 1, (1, 2, 3), frozenset({1, 2}), min_isr=2)
    state = State(every, every, (single, behind), controller=1)
    found = candidates.lasting(cluster, targets, state, Options())
    assert [(one.code, one.where) for one in found] == [("R4", "single-0")]
    away = State(every, frozenset({2, 3}), (single, behind), controller=2)
    assert candidates.lasting(cluster, targets, away, Options()) == (), "one that is down is started without asking"
