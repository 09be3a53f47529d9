"""Which servers of an old ensemble give out the session ids of one another."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.inventory import Member
from kafka_fab.cluster.model import Node
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.security_settings import Security
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.wires import Wires
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import session_ids
from kafka_fab.live.zookeeper.session_ids import colliding, connected, moment, on_several_servers
from kafka_fab.operate.lifecycle import distinct_session_ids
from kafka_fab.output.progress import HostProgress

# As two servers of a 3.3.4 ensemble have given them out, each as its first.
FIRST, SECOND = 0xFFA207133BA90000, 0xFFA207133EB30000
CONS = """ /10.87.0.13:38794[1](queued=0,recved=39,sent=39,sid=0xffa207133ba90000,lop=PING,est=1763879033971,to=18000)
 /10.87.0.1:50830[0](queued=0,recved=1,sent=0,sid=0x0)
"""


@given(at=st.integers(1640995200000, 4102444800000), count=st.integers(0, 65535), server=st.integers(1, 255))
def test_a_session_holds_the_moment_whatever_becomes_of_its_server(at: int, count: int, server: int) -> None:
    """As initializeNextSession computes it, with the sign that Java's shift keeps."""
    shifted = ((at << 24) & ((1 << 64) - 1)) - ((at >> 39 & 1) << 64)
    session = (shifted >> 8) + count | server << 56
    assert moment(session) == at % (1 << 40)
    assert moment(session & ((1 << 64) - 1)) == at % (1 << 40)


def test_servers_that_joined_in_one_millisecond_collide() -> None:
    assert colliding({"a": moment(FIRST), "b": moment(SECOND), "c": moment(FIRST + 5)}) == {"a", "c"}
    assert not colliding({"a": moment(FIRST), "b": moment(SECOND)})


def test_a_session_of_two_clients_is_connected_to_two_servers() -> None:
    sessions = {"a": {FIRST, 7}, "b": {SECOND}, "c": {FIRST}}
    assert on_several_servers(sessions) == {FIRST: ["a", "c"]}


def test_the_sessions_of_a_server_are_read_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, wires = SimpleNamespace(security=Security()), Wires.of(Settings())
    cluster: Any = SimpleNamespace(running={}, settings=plain, wires=wires)
    node = Node("a", "a", zookeeper=Member("a", Role.ZOOKEEPER, 1))
    monkeypatch.setattr(session_ids, "four_letters", lambda *_: CONS)
    assert connected(cluster, node) == {FIRST}

    def silent(*_: object) -> str:
        raise Unreachable("a:2181 refuses")

    monkeypatch.setattr(session_ids, "four_letters", silent)
    assert connected(cluster, node) == frozenset()


class Ensemble:
    """Two servers that were started, and the ones that each look finds colliding."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *colliding: set[str], named: bool = False) -> None:
        zookeeper = SimpleNamespace(service="zookeeper")
        self.cluster = SimpleNamespace(zookeeper=zookeeper, release=SimpleNamespace(sessions_name_server=named))
        self.stopped: list[list[str]] = []
        self.started: list[list[str]] = []
        looks = iter(colliding)
        monkeypatch.setattr(distinct_session_ids, "_colliding", lambda _: frozenset(next(looks)))

    def run(self, _work: object, _task: str, mine: list[str]) -> list[HostProgress]:
        self.stopped.append(mine)
        return []

    def ensure_distinct_session_ids(self) -> None:
        done = [HostProgress(host, [Change("changed", "start", "zookeeper")]) for host in "ab"]
        done.append(HostProgress("c", [Change("ok", "start", "zookeeper")]))
        hosts: Any = self
        distinct_session_ids.ensure_distinct_session_ids(hosts, done, self.started.append)


def test_servers_just_started_are_started_again_until_no_ids_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble(monkeypatch, {"a", "b"}, {"b", "c"}, set())
    ensemble.ensure_distinct_session_ids()
    assert ensemble.stopped == ensemble.started == [["a", "b"], ["a", "b"]]


def test_servers_that_ran_already_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble(monkeypatch, {"c", "d"})
    ensemble.ensure_distinct_session_ids()
    assert not ensemble.stopped


def test_servers_with_distinct_ids_by_design_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble(monkeypatch, named=True)
    ensemble.ensure_distinct_session_ids()
    assert not ensemble.stopped


def test_servers_whose_ids_still_collide_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble(monkeypatch, *[{"a", "b"}] * distinct_session_ids.TRIES)
    with pytest.raises(Exit, match="a, b use the same session ids"):
        ensemble.ensure_distinct_session_ids()
    assert len(ensemble.started) == distinct_session_ids.TRIES
