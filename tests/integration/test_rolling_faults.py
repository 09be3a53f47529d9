"""Faults before and during a rolling restart: the gate stays shut, says why, and opens once the fault is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kafka_fab.live.zookeeper import four_letter_words
from lab import faults as make
from tests.integration.rolls import BROKER, DISKS, PATIENCE, TOPIC, Rolls, shut

pytestmark = pytest.mark.lab

PROPERTIES = "/etc/kafka/server.properties"


def test_a_broker_that_is_down_is_started_first_without_asking_the_gate(rolled: Rolls) -> None:
    first, second = rolled.others
    rolled.on(second, "systemctl stop kafka")
    roll = rolled.begin("--no-canary", on=[first, second])
    ended = roll.end()
    assert (ended.code, roll.order()) == (0, [second, first]), ended.said


def test_a_broker_that_is_down_elsewhere_keeps_the_gate_shut_and_is_named(rolled: Rolls) -> None:
    first, second = rolled.others
    rolled.on(second, "systemctl stop kafka")
    said = shut(rolled.begin("--no-canary", "--wait", "2", on=[first]))
    assert f"broker {rolled.id(second)} is down" in said
    assert f"Start broker {rolled.id(second)} first" in said


def test_a_partition_that_cannot_spare_a_replica_keeps_the_gate_shut(rolled: Rolls) -> None:
    with rolled.lagging("behind", min_insync_replicas=1) as (leader, behind, _):
        said = shut(rolled.begin("--no-canary", "--wait", "2", on=[rolled.host(leader)]))
    assert f"behind-0 has in-sync replica {leader} and needs 1 (min.insync.replicas)" in said
    assert f"Wait for broker {behind} to catch up" in said


def test_an_unclean_election_is_never_risked_whatever_is_accepted(rolled: Rolls) -> None:
    with rolled.lagging("risky", min_insync_replicas=1, unclean_leader_election_enable="true") as (leader, _, _):
        host = rolled.host(leader)
        said = shut(rolled.begin("--no-canary", "--wait", "2", "--accept-downtime", "risky", on=[host]))
        assert "risky-0 has no in-sync replica left" in said
        assert "acknowledged messages would be lost" in said


@pytest.mark.slow
def test_a_stop_by_force_loses_no_messages_but_those_of_topics_that_are_named(rolled: Rolls) -> None:
    with rolled.lagging("dear", min_insync_replicas=1, unclean_leader_election_enable="true") as (leader, _, _):
        host = rolled.host(leader)
        refused = rolled.fab("-H", host, "stop", "--force")
        assert refused.returncode == 3
        assert "dear-0 has no in-sync replica left" in refused.stderr
        assert "--accept-loss TOPIC" in refused.stderr
        assert rolled.on(host, "systemctl is-active kafka") == "active\n"


@pytest.mark.slow
def test_a_stop_that_may_lose_a_topic_s_messages_is_carried_out(rolled: Rolls) -> None:
    with rolled.lagging("dear", min_insync_replicas=1, unclean_leader_election_enable="true") as (leader, _, _):
        rolled.done("-H", rolled.host(leader), "stop", "--force", "--accept-loss", "dear", timeout=PATIENCE)
        assert rolled.pids()[rolled.host(leader)] == "0"


def test_a_broker_that_does_not_come_back_ends_the_roll_and_a_resume_restarts_no_other_twice(rolled: Rolls) -> None:
    before, last, (first, second) = rolled.pids(), rolled.controller, rolled.others
    rolled.on(second, f"cp -p {PROPERTIES} {PROPERTIES}.good; echo log.retention.hours=soon >>{PROPERTIES}")
    try:
        roll = rolled.begin("--no-canary")
        ended = roll.end()
    finally:
        rolled.on(second, f"mv {PROPERTIES}.good {PROPERTIES}")
    pids = rolled.pids()
    assert (ended.code, roll.order()) == (4, [first, second]), ended.said
    assert f"{second} (broker {rolled.id(second)}) is not back: its process exited" in ended.said
    assert "Invalid value soon for configuration log.retention.hours" in ended.said
    assert pids[last] == before[last]
    resumed = rolled.begin("--resume", "--no-canary")
    assert resumed.end().code == 0
    assert rolled.pids()[first] == pids[first] != before[first]
    assert resumed.order()[-1] == last


@contextmanager
def registration_that_stays(rolled: Rolls, number: int) -> Iterator[threading.Event]:
    """Register a broker as soon as it has said goodbye, as if that had not come through; yield the moment of it."""
    path, back = f"/brokers/ids/{number}", threading.Event()
    with four_letter_words.client(rolled.model) as kazoo:
        said, _ = kazoo.get(path)

        def again() -> None:
            gone = threading.Event()
            while kazoo.exists(path, watch=lambda _: gone.set()):
                gone.wait()
                gone.clear()
            kazoo.create(path, said, ephemeral=True)
            back.set()

        threading.Thread(target=again, daemon=True).start()
        yield back


@pytest.mark.slow
def test_a_broker_that_meets_its_own_registration_is_waited_for(rolled: Rolls) -> None:
    """KAFKA-7165: it ends then, and systemd starts it again."""
    before, host = rolled.starts(), rolled.others[0]
    with registration_that_stays(rolled, rolled.id(host)) as back:
        roll = rolled.begin("--no-canary", on=[host])
        assert back.wait(PATIENCE)
        roll.until("problem", host, "exited: its old registration was still in ZooKeeper")
    ended = roll.end()
    assert ended.code == 0, ended.said
    assert rolled.starts()[host] - before[host] == 2


def test_the_controller_that_moves_is_still_the_last(rolled: Rolls) -> None:
    before, old, (first, second) = rolled.starts(), rolled.controller, rolled.others
    roll = rolled.begin("--no-canary")
    # While the first step is held: on a busy machine the next one may begin before the controller has moved.
    with rolled.held_in("stopping", roll, first), four_letter_words.client(rolled.model) as kazoo:
        while rolled.controller != second:
            kazoo.delete("/controller")
    ended = roll.end()
    assert (ended.code, roll.order()) == (0, [first, old, second]), ended.said
    assert {host: count - before[host] for host, count in rolled.starts().items()} == dict.fromkeys(rolled.hosts, 1)


@pytest.mark.slow
def test_a_broker_killed_meanwhile_is_waited_for(rolled: Rolls) -> None:
    last, (first, second) = rolled.controller, rolled.others
    before = rolled.pids()[second]
    roll = rolled.begin("--no-canary", on=[first, second])
    roll.until("serving", first)
    make.kill_unit(rolled.lab.hosts[last], "kafka")
    roll.until("gate", saying=f"broker {rolled.id(last)} is down")
    assert rolled.pids()[second] == before
    ended = roll.end()
    assert (ended.code, roll.order()) == (0, [first, second]), ended.said


@pytest.mark.slow
def test_a_broker_whose_session_does_not_outlive_a_zookeeper_servers_restart_is_named(rolled: Rolls) -> None:
    follower = next(host for host in rolled.hosts if host != rolled.zookeeper_leader)
    frozen = next(host for host in rolled.others if host != follower)
    roll = rolled.begin("--zookeeper", "--no-canary", on=[follower])
    roll.until("step", follower)
    rolled.on(frozen, "systemctl kill --signal=STOP kafka")
    rolled.settles(lambda state: bool(state.up) and rolled.id(frozen) not in state.up)
    rolled.on(frozen, "systemctl kill --signal=CONT kafka")
    roll.until("problem", follower, f"broker {rolled.id(frozen)}: its ZooKeeper session expired")
    assert roll.end().code == 0


def test_a_reassignment_that_begins_meanwhile_is_waited_for(rolled: Rolls) -> None:
    first, second = rolled.others
    target = rolled.id(rolled.controller)
    rolled.topic("moved", [rolled.id(second)], whole=True, min_insync_replicas=1)
    # Changed, not created with it: brokers that run are notified of changes only.
    rolled.configure(TOPIC, "moved", {"follower.replication.throttled.replicas": f"0:{target}"})
    for _ in range(10):
        rolled.write("moved", rolled.id(second), bytes(900_000))
    rolled.configure(BROKER, str(target), {"follower.replication.throttled.rate": "1"})
    try:
        roll = rolled.begin("--no-canary", "--accept-downtime", "moved", on=[first, second])
        # Begun while the first step is held, and throttled to a byte a second: it cannot be missed.
        with rolled.held_in("stopping", roll, first):
            rolled.move("moved", [rolled.id(second), target])
        told = roll.until("gate", second)
        assert "partitions are being reassigned (moved-0)" in told["text"]
        assert roll.order() == [first]
        rolled.move("moved", None)
        assert roll.end().code == 0
        assert roll.order() == [first, second]
    finally:
        rolled.configure(BROKER, str(target), {"follower.replication.throttled.rate": None})


def test_a_log_directory_that_has_failed_keeps_the_gate_shut(rolled: Rolls) -> None:
    first, second = rolled.others
    number = rolled.id(second)
    rolled.on(second, f"mount --bind {DISKS[1]} {DISKS[1]} && mount -o remount,bind,ro {DISKS[1]}")
    # Of several new partitions one goes to the disk that cannot be written.
    rolled.topic("spread", [number], [number], [number], whole=False)
    rolled.settles(lambda state: (number, DISKS[1]) in state.offline_dirs)
    said = shut(rolled.begin("--no-canary", "--wait", "2", on=[first]))
    assert f"broker {number}: log directory {DISKS[1]} is offline" in said


def test_a_broker_that_is_still_starting_is_not_restarted(rolled: Rolls) -> None:
    host = rolled.others[0]
    rolled.on(host, "systemctl restart kafka && systemctl kill --signal=STOP kafka")
    rolled.settles(lambda state: rolled.id(host) not in state.up)
    before = rolled.pids()
    said = shut(rolled.begin("--no-canary", "--wait", "3", on=[host]))
    assert "its process runs, but it has not joined the cluster yet; it is not restarted meanwhile" in said
    assert rolled.pids() == before
    rolled.on(host, "systemctl kill --signal=CONT kafka")
    assert rolled.roll("--no-canary", on=[host]).code == 0
