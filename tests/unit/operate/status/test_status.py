"""Status: the problems of a cluster with their levels, and the last operation."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.identity import voters
from kafka_fab.cluster.inventory import Member
from kafka_fab.cluster.model import Node
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import NOBODY, Ensemble, FalseMetadata, Partition, State, VoterState
from kafka_fab.operate.status import health, operation, status
from kafka_fab.operate.status.health import FileSystem, Level, few, worst
from kafka_fab.operate.status.operation import OperationState
from kafka_fab.runbook.codes import RollCode, StatusCode

DEGRADED, CRITICAL = Level.DEGRADED, Level.CRITICAL
ALL = frozenset({1, 2, 3})
WELL = Partition("orders", 0, 1, (1, 2, 3), ALL, min_isr=2)
EMPTY = FalseMetadata(2, RollCode.EMPTY_METADATA, "broker 2 serves no topics")
STATE = State(ALL, ALL, (WELL,), controller=1, ensemble=Ensemble(ALL, ALL, 1))


class Hosts:
    """As much of a cluster as health asks for."""

    brokers = tuple(Node(host, host, Member(host, Role.BROKER, at + 1)) for at, host in enumerate("abc"))
    ensemble = tuple(Node(host, host, zookeeper=Member(host, Role.ZOOKEEPER, at + 1)) for at, host in enumerate("abc"))


HOSTS = Hosts()


def problems(state: State) -> list[tuple[str, str]]:
    return [(one.level, one.text) for one in health.of_cluster(HOSTS, state)]  # type: ignore[arg-type]


def with_partition(**changed: object) -> State:
    return replace(STATE, partitions=(WELL, replace(WELL, number=7, **changed)))  # type: ignore[arg-type]


def test_a_problem_is_shown_with_its_level_and_its_code() -> None:
    [one] = health.of_cluster(HOSTS, with_partition(leader=NOBODY))  # type: ignore[arg-type]
    assert str(one) == "critical: 1 partition is offline (no leader): orders-7 [S1]"


def test_a_healthy_cluster_has_no_problem() -> None:
    assert problems(STATE) == []
    assert worst(()) == "ok"


@pytest.mark.parametrize(
    ("state", "how_bad", "words"),
    [
        (with_partition(leader=NOBODY), CRITICAL, "1 partition is offline (no leader): orders-7"),
        (
            with_partition(isr=frozenset({1})),
            CRITICAL,
            "1 partition is under min ISR (writes with acks=all fail): orders-7",
        ),
        (with_partition(isr=frozenset({1, 2})), DEGRADED, "1 partition is at min ISR: orders-7"),
        (with_partition(isr=frozenset({1, 2}), min_isr=1), DEGRADED, "1 partition is under-replicated: orders-7"),
        (replace(STATE, unknown=("no one answers",)), CRITICAL, "no one answers"),
        (
            replace(STATE, ensemble=Ensemble(ALL, frozenset({1, 3}), 1)),
            DEGRADED,
            "ZooKeeper server 2 (b) is not serving requests",
        ),
        (
            replace(STATE, ensemble=Ensemble(ALL, frozenset({1, 3}), 1, standalone=frozenset({2}))),
            DEGRADED,
            "ZooKeeper server 2 (b) runs standalone, outside the ensemble",
        ),
        (replace(STATE, up=ALL | {9}), DEGRADED, "unexpected broker 9: registered, but not in [kafka] of hosts.ini"),
        (
            replace(STATE, quorum=VoterState(ALL, frozenset({1, 2}), 1)),
            DEGRADED,
            "voter 3 is not caught up with the active controller",
        ),
        (
            replace(STATE, quorum=VoterState(ALL, frozenset({1}), 1)),
            CRITICAL,
            "voters 2, 3 are not caught up with the active controller; the quorum has no majority",
        ),
        (replace(STATE, offline_dirs=frozenset({(2, "/d")})), DEGRADED, "broker 2: log directory /d is offline"),
        (replace(STATE, false_metadata=(EMPTY,)), DEGRADED, "broker 2 serves no topics"),
    ],
)
def test_each_problem_has_its_level(state: State, how_bad: str, words: str) -> None:
    ((found, text),) = problems(state)
    assert found == how_bad
    assert words in text


TOPICS = {
    "at its minimum": (WELL, DEGRADED, "at min ISR"),
    "of one replica": (replace(WELL, replicas=(3,), isr=frozenset({3}), leader=3, min_isr=1), CRITICAL, "offline"),
    "under its minimum": (replace(WELL, replicas=(1, 3), isr=frozenset({1, 3})), CRITICAL, "under min ISR"),
    "with one to spare": (replace(WELL, min_isr=1, leader=3), DEGRADED, "under-replicated"),
    "of others": (replace(WELL, replicas=(1, 2), isr=frozenset({1, 2})), DEGRADED, ""),
}


@pytest.mark.parametrize("name", TOPICS)
def test_a_dead_broker_means_the_same_before_and_after_its_session_ends(name: str) -> None:
    partition, how_bad, words = TOPICS[name]
    reason = "c:9092 does not answer (Connection refused)"
    registered = replace(STATE, partitions=(partition,), unresponsive={3: reason}, unknown=(reason,))
    isr = partition.isr - {3}
    noticed = replace(partition, isr=isr, leader=min(isr, default=NOBODY))
    gone = replace(STATE, partitions=(noticed,), up=frozenset({1, 2}))
    # As KRaft leaves it: the last one in sync stays in the ISR.
    last = replace(gone, partitions=(replace(noticed, isr=isr or frozenset({3})),))
    found = [problems(state) for state in (registered, gone, last)]
    assert {worst(health.of_cluster(HOSTS, state)) for state in (registered, gone, last)} == {how_bad}  # type: ignore[arg-type]
    assert [texts[1:] for texts in found] == [found[0][1:]] * 3
    assert "broker 3 (c) is registered but does not answer" in found[0][0][1]
    assert found[1][0][1] == "broker 3 (c) is not registered"
    assert not words or words in found[0][1][1]


def test_what_no_broker_answers_is_critical() -> None:
    found = problems(replace(STATE, unresponsive={3: "c is silent"}, unknown=("c is silent", "nobody leads")))
    assert ("critical", "nobody leads") in found
    assert ("critical", "c is silent") not in found


def test_a_controller_on_another_disk_than_its_voter_s_is_a_problem_with_a_remedy() -> None:
    quorum = VoterState(ALL, ALL, 1, {1: "D1", 2: "D2", 3: "D3"})
    [one] = health.of_voters(
        [voters.MetadataDir("k3", 3, "/m", True, "new"), voters.MetadataDir("k1", 1, "/m", True, "D1")], quorum
    )
    assert (one.level, one.names) == (DEGRADED, ("k3",))
    assert "fab quorum.remove k3" in one.text


def test_a_partition_has_its_worst_problem_only() -> None:
    assert len(problems(with_partition(leader=NOBODY, isr=frozenset()))) == 1


def test_a_replica_that_is_being_added_is_not_missed() -> None:
    assert problems(with_partition(replicas=(1, 2, 3, 4), adding=frozenset({4}))) == []


def test_many_partitions_are_counted_by_topic() -> None:
    names = [f"a-{number}" for number in range(50)] + ["b-1", "b-2"]
    assert few(names) == "50 of a, 2 of b"
    assert few(names[-2:]) == "b-1, b-2"
    assert few([f"t{number}-0" for number in range(9)]).endswith("and of 3 more topics")


def test_a_disk_that_is_nearly_full_is_a_problem() -> None:
    disks = [FileSystem("k1", "/d", 1000, 100), FileSystem("k2", "/d", 1000, 101), FileSystem("k3", "/d", 0, 0)]
    assert [one.text for one in health.of_disks(disks)] == ["k1: /d is 90 % full", "k2: /d is 90 % full"]
    assert list(health.of_disks([FileSystem("k2", "/d", 1000, 150)])) == []


LAST = {
    "run": "20260102-1", "task": "rolling-restart", "by": "ana@desk", "began": "ten", "of": 2,
    "planned": ["k1:kafka", "k2:kafka"], "ended": "noon", "seconds": 3.5, "exit": 0, "result": "done", "done": 2,
}  # fmt: skip
OWNER = "run=20260101-1 user=bo machine=lap since=ten task=rolling-restart targets=k1:kafka,k2:kafka,k3:kafka"


def said(name: str, detail: str) -> Change:
    return Change("ok", "operation", name, detail)


def test_the_last_operation_is_the_newest_that_any_host_reports() -> None:
    older = json.dumps(LAST | {"run": "20250101-1"})
    found = operation.newest([said("last", older), said("last", json.dumps(LAST))])
    assert str(found) == "rolling-restart 20260102-1 by ana@desk, 2 services, done, ended noon"
    assert operation.problems(found) == ()
    assert operation.newest([]) is None


@pytest.mark.parametrize(
    ("planned", "counted"),
    [(["metadata.version 4.3-IV0", "group.version 1"], "2 features"), (["k1:kafka"], "1 service")],
)
def test_what_finalize_raises_is_no_service(planned: list[str], counted: str) -> None:
    last = LAST | {"task": "finalize", "planned": planned, "of": len(planned), "done": None}
    assert f", {counted}, done" in str(operation.newest([said("last", json.dumps(last))]))


def test_an_operation_interrupted_comes_before_a_newer_one_that_is_done() -> None:
    found = operation.newest([said("last", json.dumps(LAST)), said("owner", f"held=0 {OWNER}")])
    assert str(found) == "rolling-restart 20260101-1 by bo@lap, 3 services, interrupted, since ten"
    (problem,) = operation.problems(found)
    assert "--resume" in problem.text


def test_an_operation_running_is_no_problem() -> None:
    found = operation.newest([said("holder", f"held=1 {OWNER}"), said("owner", f"held=1 {OWNER}")])
    assert found
    assert found.state == OperationState.RUNNING
    assert operation.problems(found) == ()


def test_an_interrupted_one_stays_so_while_another_holds_the_lock() -> None:
    stop = OWNER.replace("20260101-1", "20260103-1").replace("rolling-restart", "stop").replace("targets=", "x=")
    found = operation.newest([said("owner", f"held=1 {OWNER}"), said("holder", f"held=1 {stop}")])
    assert found
    assert (found.task, found.state) == ("stop", "running")
    found = operation.newest([said("owner", f"held=0 {OWNER}"), said("holder", f"held=0 {stop}")])
    assert found
    assert (found.task, found.state) == ("rolling-restart", "interrupted")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({}, "rolling-restart 20260102-1 by ana@desk, 2 services, done, ended noon"),
        ({"done": 1, "exit": 5}, "rolling-restart 20260102-1 by ana@desk, 1 of 2 services, failed, ended noon"),
        (
            {"done": 1, "exit": 130, "result": "abandoned"},
            "rolling-restart 20260102-1 by ana@desk, 1 of 2 services, abandoned, ended noon",
        ),
        ({"task": "topics.apply", "done": None}, "topics.apply 20260102-1 by ana@desk, 2 topics, done, ended noon"),
        ({"task": "stop", "of": 1, "done": None}, "stop 20260102-1 by ana@desk, 1 host, done, ended noon"),
    ],
)
def test_an_ended_operation_in_a_sentence(words: dict[str, object], sentence: str) -> None:
    assert str(operation.newest([said("last", json.dumps(LAST | words))])) == sentence


def test_a_later_operation_of_another_kind_is_the_last_one() -> None:
    later = LAST | {"run": "20260103-1", "task": "start", "done": None}
    found = operation.newest([said("last", json.dumps(LAST)), said("last", json.dumps(later)), said("last", "")])
    assert found
    assert found.task == "start"


def test_an_interrupted_reassignment_has_its_throttle() -> None:
    words = "run=20260101-1 user=bo machine=lap since=ten task=topics.apply targets=orders accepted=5000000"
    found = operation.newest([said("owner", f"held=0 {words}")])
    assert found
    assert (found.state, found.throttle, str(found).split(", ")[1]) == ("interrupted", 5000000, "1 topic")


def test_the_screen_begins_with_the_cluster_and_its_level() -> None:
    problem = health.HealthProblem(Level.DEGRADED, StatusCode.SERVICE_DOWN, "k1: kafka is inactive")
    found = status.Status((), STATE, (), None, (problem,), {})
    assert status.text("prod", found).splitlines()[0] == "cluster prod: degraded"


def test_the_screen_and_json_name_services_that_stay_at_another_version() -> None:
    text = "all hosts: kafka: prepared for 3.9.1; stays at 2.8.2 until it is upgraded: fab upgrade"
    found = status.Status((), STATE, (), None, (), {}, prepared=(text,))
    assert text in status.text("prod", found).splitlines()
    assert status.as_dict(found)["prepared"] == (text,)
    assert not found.problems
