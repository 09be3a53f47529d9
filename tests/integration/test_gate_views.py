"""Views that look healthy and are not: what every broker reports in sync does not open the gate of a roll."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from kafka_fab.cluster.identity.migration import Migration
from kafka_fab.cluster.roles import endpoint
from kafka_fab.gate.state import State
from kafka_fab.live.zookeeper import four_letter_words, migration_znode
from lab import faults as make
from tests.integration.rolls import Rolls, in_sync, shut

pytestmark = pytest.mark.lab

CONTROLLER, EPOCH = "/controller", "/controller_epoch"


class Three(NamedTuple):
    """The brokers' ids: the controller, one beside it, and the one beside whom ZooKeeper's leader runs."""

    controller: int
    other: int
    third: int


def three(rolled: Rolls) -> Three:
    """Return who is who, after the controller has left the host of ZooKeeper's leader: others can be cut off there."""
    third = rolled.id(rolled.zookeeper_leader)
    with four_letter_words.client(rolled.model) as kazoo:
        while rolled.id(rolled.controller) == third:
            kazoo.delete(CONTROLLER)
    controller = rolled.id(rolled.controller)
    [other] = {rolled.id(host) for host in rolled.hosts} - {controller, third}
    return Three(controller, other, third)


@contextmanager
def cut(rolled: Rolls, one: int, other: int) -> Iterator[None]:
    with make.cut_link(*(rolled.lab.hosts[rolled.host(number)] for number in (one, other))):
        yield


def looks_healthy(state: State) -> bool:
    """Tell what a reading says by itself: all are registered, led and in sync."""
    every = all(one.leader > 0 and one.isr == frozenset(one.replicas) for one in state.partitions)
    return every and bool(state.partitions) and state.up == state.brokers and not state.unknown


def test_a_broker_that_the_controller_does_not_reach_keeps_the_gate_shut(rolled: Rolls) -> None:
    controller, other, third = three(rolled)
    rolled.topic("moved", [controller, third], min_insync_replicas=1)
    with cut(rolled, controller, other):
        # The same replicas in another order: a new leader epoch, of which that broker learns nothing.
        rolled.move("moved", [third, controller])
        state = rolled.settles(lambda state: bool(state.false_metadata) and not state.reassigning)
        assert looks_healthy(state)
        said = shut(rolled.begin("--no-canary", "--wait", "2", on=[rolled.host(third)]))
    assert f"broker {other} has stale metadata: leader epoch" in said
    assert "[R55]" in said
    rolled.settles(lambda state: not state.false_metadata)


def test_a_broker_that_starts_without_the_controller_serves_nothing_and_is_waited_for(rolled: Rolls) -> None:
    controller, other, third = three(rolled)
    rolled.topic("led", [other, third], min_insync_replicas=1)
    host = rolled.host(other)
    with cut(rolled, controller, other):
        roll = rolled.begin("--no-canary", on=[host])
        told = roll.until("problem", host)
        assert "controlled shutdown failed" in told["text"]
        assert told["details"]["code"] == "R58"
        told = roll.until("gate", host)
        assert f"broker {other} is registered but serves no topics" in told["text"]
    ended = roll.end()
    assert ended.code == 0, ended.said
    [step] = next(event["details"]["steps"] for event in roll.events if event["kind"] == "end")
    # Its logs were closed, and nobody had moved what it led.
    assert (step["clean"], step["controlled"]) == (True, False)


def test_a_controller_that_is_gone_for_good_keeps_the_gate_shut(rolled: Rolls) -> None:
    """As after a migration whose KRaft controllers were stopped first: /controller stays, nobody is elected."""
    host = rolled.others[0]
    rolled.topic("kept", [1, 2, 3])
    kraft = {"version": 2, "brokerid": 3001, "timestamp": "1", "kraftControllerEpoch": 11}
    with four_letter_words.client(rolled.model) as kazoo:
        swap = kazoo.transaction()
        swap.delete(CONTROLLER)
        swap.create(CONTROLLER, json.dumps(kraft).encode())
        assert swap.commit()[0] is True
        try:
            state = rolled.settles(lambda state: state.controller == 3001)
            assert looks_healthy(state)
            said = shut(rolled.begin("--no-canary", "--wait", "2", on=[host]))
        finally:
            kazoo.delete(CONTROLLER)
    assert "/controller in ZooKeeper names 3001, which is not a broker" in said
    assert rolled.settles(lambda state: state.controller in state.up)


def test_a_controller_whose_elections_are_aborted_keeps_the_gate_shut_until_its_epoch_is_raised(rolled: Rolls) -> None:
    """KAFKA-20488: partitions that were written in a later epoch than the controller's."""
    host = rolled.others[0]
    rolled.topic("later", [1, 2, 3])
    path = "/brokers/topics/later/partitions/0/state"
    with four_letter_words.client(rolled.model) as kazoo:
        state: dict[str, Any] = json.loads(kazoo.get(path)[0])
        later = int(kazoo.get(EPOCH)[0]) + 5
        kazoo.set(path, json.dumps(state | {"controller_epoch": later}).encode())
        assert looks_healthy(rolled.settles(lambda state: bool(state.controller_epochs)))
        said = shut(rolled.begin("--no-canary", "--wait", "2", on=[host]))
        assert f"Set /controller_epoch to {later + 1}, then delete /controller" in said
        kazoo.set(EPOCH, str(later + 1).encode())
        kazoo.delete(CONTROLLER)
    rolled.settles(lambda state: state.controller in state.up and in_sync(state, "later") == [0])
    roll = rolled.begin("--no-canary", on=[rolled.others[0]])
    ended = roll.end()
    assert ended.code == 0, ended.said


def test_the_offset_of_a_migration_is_read_from_the_zookeeper_that_services_name(rolled: Rolls) -> None:
    servers = endpoint.zookeeper_connect(rolled.model)
    assert migration_znode.read(servers, 10) == Migration(servers)
    content = {"version": 0, "kraft_metadata_offset": 116, "kraft_controller_id": 3001, "kraft_controller_epoch": 6}
    with four_letter_words.client(rolled.model) as kazoo:
        kazoo.create("/migration", json.dumps(content).encode())
        try:
            assert migration_znode.read(servers, 10) == Migration(servers, 116)
        finally:
            kazoo.delete("/migration")
    assert migration_znode.read(f"{servers.partition(':')[0]}:1", 1).error == "no server has answered within 1 s"
