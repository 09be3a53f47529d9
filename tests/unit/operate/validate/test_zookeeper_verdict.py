"""ZooKeeper verdict: a healthy cluster passes every check, and each single deviation fails one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.zookeeper.four_letter_words import Registration, Registry, Server
from kafka_fab.operate.validate.expectation import Expectation
from kafka_fab.operate.validate.zookeeper_verdict import Findings, checks
from tests.unit.folders import written

HOSTS = """[kafka]
a id=1 rack=r1
b id=2 rack=r2
c id=3 rack=r3
[zookeeper]
a id=11
b id=12
c id=13
"""
MEMBERS = frozenset({"server.11=a", "server.12=b", "server.13=c"})
BROKERS = {1: "a:9092", 2: "b:9092", 3: "c:9092"}
META, MYID = "/opt/kafka-logs/meta.properties", "/var/lib/zookeeper/myid"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, HOSTS)


def keys(number: int, cluster_id: str = "xyz") -> dict[str, dict[str, str]]:
    """A host's files."""
    return {MYID: {"value": str(10 + number)}, META: {"broker.id": str(number), "cluster.id": cluster_id}}


def healthy() -> Findings:
    """What a cluster that is as it should be says of itself."""
    return Findings(
        disk={host: keys(number) for number, host in enumerate("abc", 1)},
        servers={
            "a": Server("follower", "11", MEMBERS),
            "b": Server("leader", "12", MEMBERS, 2),
            "c": Server("follower", "13", MEMBERS),
        },
        registry=Registry(
            {number: Registration((place,), f"r{number}") for number, place in BROKERS.items()}, 2, 7, "xyz"
        ),
        views={host: BrokerView(BROKERS, 2) for host in "abc"},
    )


def server(host: str, **changed: Any) -> Findings:
    found = healthy()
    return replace(found, servers={**found.servers, host: replace(found.servers[host], **changed)})


def registry(**changed: Any) -> Findings:
    found = healthy()
    assert found.registry
    return replace(found, registry=replace(found.registry, **changed))


def brokers(**changed: Registration | None) -> Findings:
    """Other registrations: of broker 1 as _1, None for none."""
    found = healthy().registry
    assert found
    given = {**found.brokers, **{int(name.strip("_")): value for name, value in changed.items()}}
    return registry(brokers={number: value for number, value in given.items() if value})


def disk(host: str, **changed: dict[str, str]) -> Findings:
    found = healthy()
    files = {META: changed.get("meta", found.disk[host][META]), MYID: changed.get("myid", found.disk[host][MYID])}
    return replace(found, disk={**found.disk, host: files})


def view(host: str, **changed: Any) -> Findings:
    found = healthy()
    return replace(found, views={**found.views, host: replace(found.views[host], **changed)})


def unreachable(host: str) -> Findings:
    found = healthy()
    left = {name: files for name, files in found.disk.items() if name != host}
    return replace(found, disk=left, unreachable={host: "b port 22 cannot be reached"})


def wrong(cluster: Cluster, found: Findings) -> list[Expectation]:
    return [check for check in checks(cluster, found) if not check.ok]


def test_a_session_that_two_clients_share_is_named_with_its_servers(cluster: Cluster) -> None:
    found = replace(healthy(), sessions={"a": frozenset({0xFFA2, 5}), "b": frozenset({6}), "c": frozenset({0xFFA2})})
    [wrong] = [check for check in checks(cluster, found) if not check.ok]
    assert (wrong.check, wrong.where) == ("duplicate session id", "0xffa2")
    assert wrong.found == "a, c (ZOOKEEPER-1622): restart ZooKeeper on c"


def test_a_healthy_cluster(cluster: Cluster) -> None:
    found = checks(cluster, healthy())
    assert not wrong(cluster, healthy())
    assert {check.check for check in found} == {
        "server mode", "server id", "ensemble members", "ensemble leader", "synced followers", "myid",
        "broker.id", "cluster.id",
        "registered brokers", "listeners", "rack", "controller", "controller epoch", "cluster id",
        "brokers in metadata", "controller in metadata",
    }  # fmt: skip


DEVIATIONS: dict[str, tuple[Callable[[], Findings], list[tuple[str, str, str, str]]]] = {
    "a broker is missing": (
        lambda: brokers(_3=None),
        [("registered brokers", "ZooKeeper", "1, 2, 3", "1, 2")],
    ),
    "a broker too many": (
        lambda: brokers(_4=Registration(("d:9092",))),
        [("registered brokers", "ZooKeeper", "1, 2, 3", "1, 2, 3, 4"),
         ("unexpected broker", "broker 4", "not registered", "d:9092")],
    ),
    "another host": (
        lambda: brokers(_1=Registration(("localhost:9092",), "r1")),
        [("listeners", "a", "a:9092", "localhost:9092")],
    ),
    "another port": (
        lambda: brokers(_1=Registration(("a:9093",), "r1")),
        [("listeners", "a", "a:9092", "a:9093")],
    ),
    "a listener more": (
        lambda: brokers(_1=Registration(("a:9092", "a:9093"), "r1")),
        [("listeners", "a", "a:9092", "a:9092, a:9093")],
    ),
    "a duplicate listener": (
        lambda: brokers(_2=Registration(("a:9092",), "r2")),
        [("listeners", "b", "b:9092", "a:9092"), ("duplicate listener", "a:9092", "one broker", "brokers 1 and 2")],
    ),
    "another rack": (lambda: brokers(_1=Registration(("a:9092",), "r9")), [("rack", "a", "r1", "r9")]),
    "no controller": (
        lambda: registry(controller=None),
        [("controller", "ZooKeeper", "one of 1, 2, 3", "None")]
        + [("controller in metadata", host, "None", "2") for host in "abc"],
    ),
    "a controller that is not in hosts.ini": (
        lambda: registry(controller=9),
        [("controller", "ZooKeeper", "one of 1, 2, 3", "9")]
        + [("controller in metadata", host, "9", "2") for host in "abc"],
    ),
    "no epoch": (lambda: registry(controller_epoch=None), [("controller epoch", "ZooKeeper", "present", "None")]),
    "no cluster id": (
        lambda: registry(cluster_id=""),
        [("cluster.id", f"{host}:/opt/kafka-logs", "none", "xyz") for host in "abc"]
        + [("cluster id", "ZooKeeper", "present", "none")],
    ),
    "two leaders": (
        lambda: server("a", mode="leader", synced=2),
        [("ensemble leader", "ensemble", "one", "a, b")],
    ),
    "no leader": (lambda: server("b", mode="follower"), [("ensemble leader", "ensemble", "one", "none")]),
    "a server out of the quorum": (
        lambda: server("c", mode="", id="", members=frozenset(), error="c:2181 has no quorum: x"),
        [("server mode", "c", "leader or follower", "c:2181 has no quorum: x")],
    ),
    "a standalone server": (
        lambda: server("c", mode="standalone"),
        [("server mode", "c", "leader or follower", "standalone")],
    ),
    "an observer": (lambda: server("c", mode="observer"), [("server mode", "c", "leader or follower", "observer")]),
    "a follower that lags": (lambda: server("b", synced=1), [("synced followers", "b", "2", "1")]),
    "other members": (
        lambda: server("a", members=frozenset({"server.11=a", "server.12=x", "server.13=c"})),
        [("ensemble members", "a", "server.11=a, server.12=b, server.13=c", "server.11=a, server.12=x, server.13=c")],
    ),
    "a member less": (
        lambda: server("a", members=MEMBERS - {"server.13=c"}),
        [("ensemble members", "a", "server.11=a, server.12=b, server.13=c", "server.11=a, server.12=b")],
    ),
    "another server id": (lambda: server("a", id="99"), [("server id", "a", "11", "99")]),
    "another myid": (lambda: disk("a", myid={"value": "12"}), [("myid", "a", "11", "12")]),
    "no myid": (lambda: disk("a", myid={}), [("myid", "a", "11", "no such file")]),
    "another broker.id": (
        lambda: disk("a", meta={"broker.id": "2", "cluster.id": "xyz"}),
        [("broker.id", "a:/opt/kafka-logs", "1", "2")],
    ),
    "another cluster.id": (
        lambda: disk("a", meta={"broker.id": "1", "cluster.id": "other"}),
        [("cluster.id", "a:/opt/kafka-logs", "xyz", "other")],
    ),
    "no meta.properties": (
        lambda: disk("a", meta={}),
        [("broker.id", "a:/opt/kafka-logs", "1", "no meta.properties"),
         ("cluster.id", "a:/opt/kafka-logs", "xyz", "no meta.properties")],
    ),
    "a view without a broker": (
        lambda: view("a", brokers={1: "a:9092", 2: "b:9092"}),
        [("brokers in metadata", "a", "1@a:9092, 2@b:9092, 3@c:9092", "1@a:9092, 2@b:9092")],
    ),
    "a view of others": (
        lambda: view("a", brokers={1: "a:9092", 2: "x:9092", 3: "c:9092"}),
        [("brokers in metadata", "a", "1@a:9092, 2@b:9092, 3@c:9092", "1@a:9092, 2@x:9092, 3@c:9092")],
    ),
    "an empty view": (
        lambda: view("a", brokers={}),
        [("brokers in metadata", "a", "1@a:9092, 2@b:9092, 3@c:9092", "")],
    ),
    "a view of another controller": (
        lambda: view("c", controller=3),
        [("controller in metadata", "c", "2", "3")],
    ),
    "a view of no controller": (lambda: view("c", controller=-1), [("controller in metadata", "c", "2", "-1")]),
    "a broker that does not answer": (
        lambda: view("c", brokers={}, controller=None, error="c:9092 timed out"),
        [("metadata request", "c", "answered", "failed: c:9092 timed out")],
    ),
    "an unreachable host": (
        lambda: unreachable("b"),
        [("files on the host", "b", "readable over SSH", "b port 22 cannot be reached")],
    ),
    "no registry": (
        lambda: replace(healthy(), registry=None),
        [("cluster.id", f"{host}:/opt/kafka-logs", "none", "xyz") for host in "abc"]
        + [("registered brokers", "ZooKeeper", "readable", "ZooKeeper has no quorum")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEVIATIONS)
def test_each_deviation_fails_its_check(name: str, cluster: Cluster) -> None:
    make, expected = DEVIATIONS[name]
    assert [(c.check, c.where, c.expected, c.found) for c in wrong(cluster, make())] == expected


def test_an_ensemble_of_one_is_standalone(tmp_path: Path) -> None:
    alone = written(tmp_path, "[kafka]\na id=1 rack=r1\n[zookeeper]\na id=11\n")
    found = Findings(
        {"a": keys(1)}, {"a": Server("standalone", "0")}, Registry({1: Registration(("a:9092",), "r1")}, 1, 0, "xyz"),
        {"a": BrokerView({1: "a:9092"}, 1)},
    )  # fmt: skip
    assert not wrong(alone, found)
    split = replace(found, servers={"a": Server("leader", "11")})
    assert [(c.check, c.expected, c.found) for c in wrong(alone, split)] == [("server mode", "standalone", "leader")]


def test_0_8_0_has_no_cluster_id_and_may_name_no_broker(tmp_path: Path) -> None:
    old = written(tmp_path, HOSTS, "version: 0.8.0\nkafka: {chroot: ''}")
    found = replace(
        healthy(),
        disk={host: {MYID: {"value": str(11 + n)}, META: {}} for n, host in enumerate("abc")},
        registry=Registry({n: Registration((place,)) for n, place in BROKERS.items()}, 1, 1),
        views={"a": BrokerView(), "b": BrokerView(BROKERS), "c": BrokerView(BROKERS)},
    )
    assert not wrong(old, found)
    assert not {"broker.id", "cluster.id", "cluster id", "rack"} & {check.check for check in checks(old, found)}


def test_a_host_of_the_ensemble_alone_has_no_meta_properties(tmp_path: Path) -> None:
    apart = written(tmp_path, "[kafka]\na id=1\n[zookeeper]\nz id=11\n")
    found = Findings(
        {"a": {META: {"broker.id": "1", "cluster.id": "xyz"}}, "z": {MYID: {"value": "11"}}},
        {"z": Server("standalone", "0")},
        Registry({1: Registration(("a:9092",))}, 1, 0, "xyz"),
        {"a": BrokerView({1: "a:9092"}, 1)},
    )
    assert not wrong(apart, found)
