"""Cluster state: brokers that answer healthily and falsely, as a reading notes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.metadata_cache import MetadataCache
from kafka_fab.gate.state import NOBODY, ControllerEpochs, Ensemble, Partition, State
from kafka_fab.live import broker_reading, cluster_state, kraft_quorum, metadata_view, topic_min_isr
from kafka_fab.live.broker_reading import BrokerReading
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.describe_quorum import QuorumDescription, QuorumReplica
from kafka_fab.live.client.metadata import Metadata
from kafka_fab.live.kraft_quorum import Features
from kafka_fab.live.topic_min_isr import TopicMinIsr
from kafka_fab.live.zookeeper import ensemble, partition_znodes
from kafka_fab.live.zookeeper.partition_znodes import ZnodeTree
from tests.unit.folders import COMBINED, ZOOKEEPER, written

IDS = {"a": 1, "b": 2, "c": 3}
WITH_CONTROLLERS = "[kafka]\na id=1\nb id=2\nc id=3\n[controller]\nd id=4\ne id=5\nf id=6\n"
ORDERS = Partition("orders", 0, 1, (1, 2), frozenset({1, 2}), epoch=4)
QUORUM = QuorumDescription(4, 9, tuple(map(QuorumReplica, (4, 5, 6))), high_watermark=100)
Answers = Mapping[int, BrokerReading | Unreachable]


def test_our_own_topics_are_no_evidence_against_a_broker() -> None:
    own = replace(ORDERS, topic="__kafka_fab_canary")
    tree: Any = SimpleNamespace(partitions=(ORDERS, own), kraft=False, controller=3, deleting=())
    expected = cluster_state.WithZooKeeper._expected(SimpleNamespace(), tree)  # type: ignore[arg-type]
    assert expected.partitions == {ORDERS.topic_partition}
    assert expected.optional == {own.topic_partition}


def names(*partitions: Partition, controller: int = 3, offline: str = "") -> BrokerReading:
    topics: dict[str, tuple[Partition, ...]] = {one.topic: (one,) for one in partitions}
    racks = dict.fromkeys(IDS.values() if partitions else (), "")
    cache = MetadataCache({one.topic_partition: one.epoch for one in partitions}, controller)
    offline_dirs = frozenset({offline} if offline else ())
    return BrokerReading(cache, offline_dirs, lambda: Metadata({}, racks, controller, topics))


def everywhere(reading: BrokerReading, **others: BrokerReading | Unreachable) -> Answers:
    return {number: others.get(host, reading) for host, number in IDS.items()}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], list[str]]:
    """Let brokers answer so, and return who was asked; no partition moves, each needs one replica in sync."""

    def let(answers: Answers) -> list[str]:
        asked: list[str] = []

        def read(_: Cluster, node: Node, seconds: float) -> BrokerReading:
            asked.append(node.host)
            found = answers[IDS[node.host]]
            if isinstance(found, Unreachable):
                raise found
            return found

        monkeypatch.setattr(broker_reading, "read", read)
        monkeypatch.setattr(metadata_view, "reassignments", lambda *_: {})
        monkeypatch.setattr(
            topic_min_isr, "read", lambda _c, _n, topics, _s: dict.fromkeys(topics, TopicMinIsr(1, False))
        )
        return asked

    return let


class Quorum:
    """A quorum that is described so at each reading, with a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, level: int = 21) -> None:
        self.found: QuorumDescription | None = QUORUM
        self.now, self.asked = 100.0, 0
        self.level = level
        monkeypatch.setattr(kraft_quorum, "described", lambda *_: (self.found, "" if self.found else "no leader"))
        monkeypatch.setattr(kraft_quorum, "features", self.features)
        monkeypatch.setattr(cluster_state, "time", SimpleNamespace(monotonic=lambda: self.now))

    def features(self, *_: object) -> Features:
        self.asked += 1
        return Features({"metadata.version": self.level})


@pytest.fixture
def quorum(monkeypatch: pytest.MonkeyPatch) -> Quorum:
    return Quorum(monkeypatch)


def kraft(folder: Path, hosts: str = WITH_CONTROLLERS, settings: str = "version: 3.9.1\n") -> cluster_state.KRaft:
    return cluster_state.KRaft(written(folder, hosts, settings), ThreadPoolExecutor())


def wrong(state: State) -> dict[int, str]:
    return {one.broker: one.code for one in state.false_metadata}


def test_kraft_brokers_that_agree(tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum) -> None:
    asked = answer(everywhere(names(ORDERS), c=names(ORDERS, controller=1, offline="/d")))
    state = kraft(tmp_path).read()
    assert (wrong(state), state.unknown, state.up) == ({}, (), frozenset({1, 2, 3}))
    assert (state.offline_dirs, sorted(asked)) == (frozenset({(3, "/d")}), ["a", "b", "c"])
    assert state.partitions == (ORDERS,)


def test_a_kraft_broker_that_serves_nothing_hides_nobody(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS), b=names()))
    state = kraft(tmp_path).read()
    assert (wrong(state), state.up) == ({2: "R53"}, frozenset({1, 2, 3}))


def test_a_kraft_cluster_without_topics(tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum) -> None:
    answer(dict.fromkeys(IDS.values(), BrokerReading(MetadataCache({}), view=lambda: Metadata({}, {1: ""}, 1, {}))))
    state = kraft(tmp_path).read()
    assert (wrong(state), state.up, state.partitions) == ({}, frozenset({1}), ())


def test_a_kraft_broker_with_an_older_epoch(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS), c=names(replace(ORDERS, leader=2, epoch=3))))
    state = kraft(tmp_path).read()
    assert wrong(state) == {3: "R55"}
    assert [(one.leader, one.epoch) for one in state.partitions] == [(1, 4)]


def test_a_kraft_broker_that_the_leader_calls_behind(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS)))
    late, later = QuorumReplica(2, lag=3, behind_ms=4999), QuorumReplica(3, lag=12, behind_ms=5000)
    quorum.found = replace(QUORUM, observers=(QuorumReplica(1), late, later))
    state = kraft(tmp_path).read()
    assert [one.text for one in state.false_metadata] == [
        "broker 3 has stale metadata: 12 records, 5000 ms behind. What it reports as in sync may not be in sync"
    ]


def test_brokers_that_are_away_are_not_asked(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    asked = answer(everywhere(names(ORDERS)))
    assert not kraft(tmp_path).read(frozenset({2})).unknown
    assert sorted(asked) == ["a", "c"]


@pytest.mark.parametrize(
    ("silent", "unknown"),
    [
        ("c", ("c timed out",)),
        ("bc", ("the views of two brokers are needed: ", "b timed out", "c timed out")),
        ("abc", ("the views of two brokers are needed: ",)),
    ],
)
def test_two_views_are_needed_and_each_broker_that_is_registered_must_answer(
    silent: str, unknown: tuple[str, ...], tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS), **{host: Unreachable(f"{host} timed out") for host in silent}))
    said = "; ".join(kraft(tmp_path).read().unknown)
    assert all(words in said for words in unknown)


def test_a_quorum_whose_high_watermark_stands_still(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS)))
    reader = kraft(tmp_path)

    def idle(after: float, **changed: Any) -> float:
        quorum.now += after
        quorum.found = replace(quorum.found or QUORUM, **changed)
        found = reader.read().quorum
        assert found
        return found.idle

    assert [idle(0.0), idle(4.0)] == [0.0, 0.0]
    assert quorum.asked == 0, "a quorum that may be well costs no request more"
    assert idle(2.0) == 6.0
    assert idle(0.5, high_watermark=101) == 0.0
    assert idle(5.0) == 5.0
    assert idle(0.1, epoch=10) == 0.0


@pytest.mark.parametrize(
    ("level", "settings"),
    [(4, ""), (21, "controller: {properties: {metadata.max.idle.interval.ms: 0}}\n")],
)
def test_a_quorum_that_writes_nothing_by_itself_is_not_idle(
    level: int, settings: str, tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS)))
    quorum.level = level
    reader = kraft(tmp_path, settings=f"version: 3.9.1\n{settings}")
    reader.read()
    quorum.now += 60
    found = reader.read().quorum
    assert found
    assert not found.idle


def test_the_time_does_not_count_from_before_the_quorum_was_without_a_leader(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum
) -> None:
    answer(everywhere(names(ORDERS)))
    reader = kraft(tmp_path, COMBINED)
    for found in (QUORUM, None, QUORUM):
        quorum.found = found
        quorum.now += 10
        state = reader.read()
    assert state.quorum
    assert not state.quorum.idle


def with_zookeeper(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tree: ZnodeTree,
    settings: str = "version: 3.9.1\n",
    running: Mapping[tuple[str, Role], Running] | None = None,
) -> State:
    monkeypatch.setattr(ensemble, "read", lambda *_: Ensemble(frozenset({1}), frozenset({1}), 1))
    monkeypatch.setattr(partition_znodes, "read", lambda _: tree)
    cluster = written(folder, ZOOKEEPER, settings)
    cluster.running.update(running or {})
    return cluster_state.WithZooKeeper(cluster, ThreadPoolExecutor(), object()).read()


TREE = ZnodeTree(
    dict.fromkeys(IDS.values(), ""), {}, 3, (ORDERS,), frozenset(), epochs=ControllerEpochs(7, 7)
)  # fmt: skip
NEW = Partition("new", 0, NOBODY, (1,), frozenset())


@pytest.mark.parametrize(
    ("tree", "others", "found"),
    [
        (TREE, {}, {}),
        (TREE, {"b": names()}, {2: "R53"}),
        (TREE, {"b": names(ORDERS, replace(ORDERS, topic="more"))}, {2: "R54"}),
        (TREE, {"b": names(replace(ORDERS, epoch=3))}, {2: "R55"}),
        (TREE, {"b": names(replace(ORDERS, epoch=5))}, {}),
        (TREE, {"b": names(ORDERS, controller=1)}, {2: "R55"}),
        (replace(TREE, kraft=True, controller=3001), {"b": names(ORDERS, controller=1)}, {}),
        (replace(TREE, partitions=(ORDERS, NEW)), {}, {}),
        (replace(TREE, deleting=frozenset({"orders"})), {"b": names()}, {}),
    ],
)  # fmt: skip
def test_brokers_are_compared_with_zookeeper(
    tree: ZnodeTree,
    others: dict[str, BrokerReading],
    found: dict[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[Answers], list[str]],
) -> None:
    answer(everywhere(names(ORDERS), **others))
    state = with_zookeeper(tmp_path, monkeypatch, tree)
    assert (wrong(state), state.unknown, state.controller_epochs) == (found, (), ControllerEpochs(7, 7))


def test_brokers_of_0_8_answer_what_zookeeper_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Answers], list[str]]
) -> None:
    answer(everywhere(BrokerReading()))
    assert not with_zookeeper(tmp_path, monkeypatch, TREE, "version: 0.8.0\nkafka: {chroot: ''}\n").false_metadata


OLD = {("a", Role.BROKER): Running({"port": "9092"}), ("b", Role.BROKER): Running({"listeners": "PLAINTEXT://:9092"})}


@pytest.mark.parametrize(("running", "unclean"), [(OLD, True), ({}, False)])
def test_in_the_middle_of_an_upgrade_from_0_8_each_is_asked_what_it_knows(
    running: dict[tuple[str, Role], Running],
    unclean: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[Answers], list[str]],
) -> None:
    answer(everywhere(names(ORDERS), a=BrokerReading()))
    asked: list[str] = []

    def min_isr(_: Cluster, node: Node, topics: list[str], __: float) -> dict[str, TopicMinIsr]:
        asked.append(node.host)
        return dict.fromkeys(topics, TopicMinIsr(2, False))

    monkeypatch.setattr(topic_min_isr, "read", min_isr)
    state = with_zookeeper(tmp_path, monkeypatch, TREE, "version: 2.8.2\n", running)
    assert asked == (["b"] if running else ["a"])
    assert [(one.min_isr, one.unclean) for one in state.partitions] == [(2, unclean)]


def test_a_look_gives_brokers_a_moment_to_follow_a_change(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_state, "answering", lambda _, state: state)
    answers = dict(everywhere(names(ORDERS), c=names()))
    asked = answer(answers)

    def follow(*_: object) -> dict[object, object]:
        answers[3] = names(ORDERS)
        return {}

    monkeypatch.setattr(metadata_view, "reassignments", follow)
    cluster = written(tmp_path, WITH_CONTROLLERS)
    assert not cluster_state.look(cluster).false_metadata
    assert sorted(asked) == ["a", "a", "b", "b", "c", "c"]


def test_a_look_does_not_wait_for_ever(
    tmp_path: Path, answer: Callable[[Answers], list[str]], quorum: Quorum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_state, "answering", lambda _, state: state)
    monkeypatch.setattr(cluster_state, "FOLLOWS", 0.0)
    answer(everywhere(names(ORDERS), c=names()))
    assert wrong(cluster_state.look(written(tmp_path, WITH_CONTROLLERS))) == {3: "R53"}
