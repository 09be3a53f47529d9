"""Running services are asked where they run, whatever hosts.ini and conf/ say by now."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster import running_config
from kafka_fab.cluster.change import Change
from kafka_fab.cluster.identity import host_membership
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import broker, controller, endpoint, running_release, zookeeper_server
from kafka_fab.cluster.running_config import Endpoint, RemovedLogDir, Running, RunningListener
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.hosts import running as asked
from kafka_fab.operate.roll import restart_blockers
from kafka_fab.operate.roll.service_ref import targets
from kafka_fab.output.progress import HostProgress
from tests.unit.folders import written

if TYPE_CHECKING:
    from kafka_fab.remote.fleet import Fleet

ZOOKEEPER = "[kafka]\na id=1\nb id=2\n[zookeeper]\na id=11\nb id=12\nc id=13\n"
# What is advertised for all brokers can be said of one alone.
ONE = "[kafka]\na id=1\n[zookeeper]\na id=11\nb id=12\nc id=13\n"
KRAFT = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
COMBINED = "[kafka]\na id=1\n[controller]\na id=1\n"
PLAIN = "version: 3.9.1\n"
Folders = Callable[[str, str], Cluster]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Return a maker of clusters, each in a folder of its own."""
    made: list[Path] = []

    def make(hosts: str, settings: str) -> Cluster:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(folder)
        return written(folder, hosts, settings)

    return make


def started(cluster: Cluster, was: Cluster) -> None:
    """Have all services run with the files of an older wish."""
    modules: dict[Role, ModuleType] = {Role.BROKER: broker, Role.CONTROLLER: controller}
    for node in was.nodes.values():
        role = Role.BROKER if node.broker else Role.CONTROLLER
        if node.broker or node.controller:
            cluster.running[node.host, role] = Running(modules[role].properties(was, node))
        if node.zookeeper:
            cluster.running[node.host, Role.ZOOKEEPER] = Running(zookeeper_server.properties(was))


def listening(*listeners: str) -> str:
    told = ",".join(listeners)
    advertised = ",".join(one.replace("://:", "://outside:") for one in listeners)
    names = ",".join(f"{one.partition(':')[0]}:PLAINTEXT" for one in listeners)
    properties = {
        "listeners": told,
        "advertised.listeners": advertised,
        "listener.security.protocol.map": names,
        "inter.broker.listener.name": listeners[0].partition(":")[0],
    }
    block = "".join(f"    {key}: {value}\n" for key, value in properties.items())
    return f"{PLAIN}kafka:\n  port: {listeners[0].rpartition(':')[2]}\n  properties:\n{block}"


@pytest.mark.parametrize(
    ("hosts", "before", "after"),
    [
        (ZOOKEEPER, PLAIN, f"{PLAIN}kafka: {{port: 9192}}\n"),
        (ZOOKEEPER, PLAIN, f"{PLAIN}kafka: {{chroot: /other}}\n"),
        (ZOOKEEPER, f"{PLAIN}kafka: {{chroot: /other}}\n", f"{PLAIN}kafka: {{chroot: ''}}\n"),
        (ZOOKEEPER, PLAIN, f"{PLAIN}zookeeper: {{port: 2281}}\n"),
        (ONE, PLAIN, listening("CLIENT-PLAIN://:9292", "OTHER_ONE://:9293")),
        (ONE, listening("A-1://:9292", "B-1://:9293"), listening("B-1://:9393", "A-1://:9394")),
        (ONE, listening("A-1://:9292"), listening("B-1://:9393")),
        (ZOOKEEPER, "version: 0.8.0\nkafka: {chroot: ''}\n", "version: 0.8.0\nkafka: {chroot: '', port: 9192}\n"),
        (KRAFT, "version: 4.3.1\n", "version: 4.3.1\nkafka: {port: 9192}\ncontroller: {port: 9193}\n"),
        (COMBINED, "version: 4.3.1\n", "version: 4.3.1\nkafka: {port: 9192}\ncontroller: {port: 9193}\n"),
    ],
)
def test_what_runs_is_asked_where_it_runs(hosts: str, before: str, after: str, folders: Folders) -> None:
    was, wish = folders(hosts, before), folders(hosts, after)
    started(wish, was)
    if "B-1://:9393,A" in after:
        # By the name of the listener that is to be asked, which is on another port yet.
        assert endpoint.of_broker(wish, wish.nodes["a"]) == Endpoint("a", 9293)
        return
    for node in was.nodes.values():
        assert endpoint.of_node(wish, node) == endpoint.of_node(was, node)
    assert endpoint.chroot(wish) == was.kafka.chroot
    if was.ensemble:
        assert endpoint.zookeeper_connect(wish) == was.zookeeper_connect


@pytest.mark.parametrize("version", ["3.9.1", "0.8.0"])
def test_an_address_that_has_changed_since_the_start(version: str, folders: Folders) -> None:
    settings = f"version: {version}\nkafka: {{chroot: ''}}\n"
    was = folders("[kafka]\na id=1 address=10.0.0.1\n[zookeeper]\na id=1\nb id=2\nc id=3\n", settings)
    wish = folders("[kafka]\na id=1 address=10.9.9.1\n[zookeeper]\na id=1\nb id=2\nc id=3\n", settings)
    node = wish.nodes["a"]
    assert endpoint.of_broker(wish, node) == Endpoint("10.9.9.1", 9092)
    started(wish, was)
    assert endpoint.of_broker(wish, node) == Endpoint("10.0.0.1", 9092)
    assert endpoint.of_server(wish, node) == Endpoint("10.0.0.1", 2181)


def test_an_advertised_name_for_others_is_not_where_the_tool_asks(folders: Folders) -> None:
    wish = folders(ONE, listening("A-1://:9292"))
    started(wish, wish)
    assert endpoint.of_broker(wish, wish.nodes["a"]) == Endpoint("a", 9292)


def test_what_does_not_run_is_asked_where_it_should(folders: Folders) -> None:
    wish = folders(ZOOKEEPER, f"{PLAIN}kafka: {{port: 9192, log_dirs: [/d1, /d2]}}\n")
    wish.running["a", Role.BROKER] = Running()
    assert endpoint.of_broker(wish, wish.nodes["a"]) == Endpoint("a", 9192)
    assert endpoint.log_dirs(wish, wish.nodes["a"]) == ("/d1", "/d2")
    assert endpoint.chroot(wish) == "/kafka"


def test_marks_of_a_clean_stop_are_looked_for_where_the_broker_ran(folders: Folders) -> None:
    was, wish = folders(ZOOKEEPER, f"{PLAIN}kafka: {{log_dirs: [/d1]}}\n"), folders(ZOOKEEPER, PLAIN)
    started(wish, was)
    assert endpoint.log_dirs(wish, wish.nodes["b"]) == ("/d1",)


def test_the_protocol_of_a_listener_is_known() -> None:
    properties = {
        "listeners": "in://0.0.0.0:9092, EXT_1://[fd87:0::1]:9093,Controller://:9094,SSL://h:9095,none://h",
        "listener.security.protocol.map": "IN:PLAINTEXT, ext_1:SASL_SSL,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
    }
    assert running_config.clients(properties) == (
        RunningListener("IN", "0.0.0.0", 9092, "PLAINTEXT"),
        RunningListener("EXT_1", "fd87::1", 9093, "SASL_SSL"),
        RunningListener("SSL", "h", 9095, "SSL"),
    )
    assert [one.port for one in running_config.controllers(properties)] == [9094]


def test_a_host_s_report_is_kept_and_is_news_only_if_its_addresses_differ(folders: Folders) -> None:
    wish = folders(ZOOKEEPER, PLAIN)
    said = [
        Change("ok", "running", "kafka"),
        Change("ok", "running", "kafka", "zookeeper.connect=a:2181,b:2181/kafka"),
        Change("ok", "running", "kafka", "listeners=PLAINTEXT://:9092"),
        Change("ok", "running-version", "kafka", "kafka_2.13-2.8.2"),
        Change("ok", "state", "kafka", "ActiveState=active"),
        Change("ok", "cluster-id", "kafka", "/d1=abc=="),
        Change("ok", "leaves", "kafka", "directory=/d2 partitions=orders-0,orders-7"),
    ]
    assert not asked.keep(wish, "a", said)
    kept = wish.running["a", Role.BROKER]
    assert kept.properties["listeners"] == "PLAINTEXT://:9092"
    assert kept.properties["zookeeper.connect"] == "a:2181,b:2181/kafka"
    assert kept.version == "2.8.2"
    assert kept.cluster_ids == {"/d1": "abc=="}
    assert kept.left == (RemovedLogDir("/d2", 2, ("orders-0", "orders-7")),)
    assert asked.keep(wish, "a", [Change("ok", "running", "kafka", "listeners=PLAINTEXT://:9192")])
    assert asked.keep(wish, "a", [Change("ok", "running", "kafka")])


def test_services_are_asked_as_the_oldest_that_runs_understands(folders: Folders) -> None:
    wish = folders(ZOOKEEPER, "version: 3.9.1\n")
    assert wish.running_release is wish.release
    for host, version in (("a", "kafka_2.13-3.9.1"), ("b", "kafka_2.13-2.8.2"), ("c", "")):
        asked.keep(wish, host, [Change("ok", "running", "kafka"), Change("ok", "running-version", "kafka", version)])
    assert wish.running_release.tested == "2.8.2"
    assert [running_release.of_broker(wish, wish.nodes[host]).tested for host in "ab"] == ["3.9.1", "2.8.2"]


# Whose data it is


def test_a_failed_connection_keeps_its_code_and_a_foreign_host_has_that_of_foreign_ones(folders: Folders) -> None:
    """Each reason has the code of what has happened, and one code alone."""
    answers = [
        HostProgress("a", error="its key is not in known_hosts [H3]"),
        HostProgress("b", value="kafka.service belongs to cluster other"),
        HostProgress("c", value=""),
    ]
    wish = folders(ZOOKEEPER, PLAIN)
    fleet = SimpleNamespace(cluster=wish, hosts=("a", "b", "c"), quiet=False, run=lambda *_: answers)
    with pytest.raises(Exit) as refused:
        asked.require_own(cast("Fleet", fleet))
    assert refused.value.message == (
        "a: its key is not in known_hosts [H3]\nb: kafka.service belongs to cluster other [L7]"
    )
    assert refused.value.code == 2


def told(cluster: Cluster, ids: dict[str, str], role: Role = Role.BROKER) -> None:
    for host, identity in ids.items():
        cluster.running[host, role] = Running(cluster_ids={"/d1": identity} if identity else {})


@pytest.mark.parametrize(
    ("ids", "written", "foreign"),
    [
        ({"a": "X", "b": "X"}, "", set()),
        ({"a": "X", "b": ""}, "", set()),
        ({"a": "X", "b": "X", "c": "Y"}, "", {"c"}),
        ({"a": "X", "b": "X", "c": "Y"}, "Y", {"a", "b"}),
        ({"a": "X"}, "Y", {"a"}),
        ({"a": "X", "b": "Y"}, "", {"a", "b"}),
        ({"a": "X", "b": "Y"}, "X", {"b"}),
        ({}, "X", set()),
    ],
)
def test_a_host_of_another_cluster_is_named(
    ids: dict[str, str], written: str, foreign: set[str], folders: Folders
) -> None:
    cluster = folders("[kafka]\na id=1\nb id=2\nc id=3\n[zookeeper]\na id=1\n", PLAIN)
    told(cluster, ids)
    found = host_membership.foreign(cluster, written)
    assert set(found) == foreign
    if foreign == {"c"}:
        assert host_membership.described(found) == (
            "c: its data has the cluster id Y, but this cluster has X. Correct hosts.ini, or use the folder of that "
            "cluster (KAFKA_FAB_CLUSTER)"
        )


@pytest.mark.parametrize(
    ("identity", "ids", "written", "wrong"),
    [
        ("X", {"a": "X", "b": "X"}, "", False),
        ("Y", {"a": "X", "b": "X"}, "", True),
        ("Y", {"a": "Y"}, "X", True),
        ("", {"a": "X"}, "", False),
        ("X", {}, "", False),
    ],
)
def test_an_ensemble_of_another_cluster_is_named(
    identity: str, ids: dict[str, str], written: str, wrong: bool, folders: Folders
) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    told(cluster, ids)
    found = host_membership.ensemble_mismatch(cluster, identity, written)
    assert found.startswith("ZooKeeper has the cluster id Y (/cluster/id)") == wrong
    assert bool(found) == wrong


def test_zookeeper_without_a_cluster_id_beside_data_has_lost_it(folders: Folders) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    told(cluster, {"a": "", "b": ""})
    assert host_membership.lost_metadata(cluster) == ""
    told(cluster, {"b": "X"})
    assert "the brokers' data has X (b). Either ZooKeeper's data is lost" in host_membership.lost_metadata(cluster)


def test_a_server_of_another_ensemble_is_named(folders: Folders) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    started(cluster, cluster)
    assert host_membership.foreign(cluster) == {}
    others = {"clientPort": "2181", "server.1": "x:2888:3888", "server.2": "y:2888:3888"}
    cluster.running["b", Role.ZOOKEEPER] = Running(others | {"server.12": "b:2888:3888"})
    found = host_membership.foreign(cluster)
    assert found["b"].found == "its ZooKeeper server is in an ensemble with x, y, not with servers of hosts.ini"


def test_an_ensemble_of_which_hosts_ini_lost_all_but_one_is_no_other_cluster_s(folders: Folders) -> None:
    was, now = folders(ZOOKEEPER, PLAIN), folders("[kafka]\na id=1\n[zookeeper]\na id=11\n", PLAIN)
    now.running["a", Role.ZOOKEEPER] = Running(zookeeper_server.properties(was))
    [(host, one)] = host_membership.foreign(now).items()
    assert host == "a"
    text = host_membership.described({host: one})
    assert "a: its ZooKeeper server is in an ensemble with b, c" in text
    assert "another cluster" not in text
    assert "Put back the hosts that were removed from [zookeeper]" in text


def test_new_addresses_of_all_servers_make_no_other_ensemble(folders: Folders) -> None:
    hosts = "[kafka]\na id=1\n[zookeeper]\na id=11 address={}1\nb id=12 address={}2\nc id=13 address={}3\n"
    was, wish = folders(hosts.replace("{}", "10.0.0."), PLAIN), folders(hosts.replace("{}", "10.9.9."), PLAIN)
    started(wish, was)
    assert host_membership.foreign(wish) == {}


# What a restart would do


def pending_of(
    cluster: Cluster, host: str = "a", role: Role = Role.BROKER, abandoned: tuple[str, ...] = ()
) -> list[str]:
    chosen = tuple(one for one in targets(cluster, [host], [role]))
    found = restart_blockers.blockers(cluster, chosen, abandoned)
    assert all(one.lasting for one in found)
    return [f"{one.code} {one.text}" for one in found]


def test_a_restart_that_would_leave_data_behind(folders: Folders) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    left = (
        RemovedLogDir("/d2", 5, tuple(f"orders-{number}" for number in range(5))),
        RemovedLogDir("/d3", 1, ("x-0",)),
    )
    same = broker.properties(cluster, cluster.nodes["a"])
    cluster.running["a", Role.BROKER] = Running(same, same, left=left)
    first, second = pending_of(cluster)
    assert first.startswith("R25 a (broker 1) keeps 5 logs (orders-0, orders-1, orders-2 and 2 more) in /d2")
    assert "--abandon-dir /d3" in second
    assert pending_of(cluster, abandoned=("/d2",)) == [second]
    assert pending_of(cluster, abandoned=("/d2", "/d3")) == []


@pytest.mark.parametrize(
    ("role", "change", "rule"),
    [
        ("kafka", {"zookeeper.connect": "a:1/other"}, "R26"),
        ("kafka", {"zookeeper.connect": "x:1,y:1/kafka"}, ""),
        ("kafka", {"broker.id": "7"}, "R26"),
        ("kafka", {"process.roles": "broker"}, "R26"),
        ("kafka", {"listeners": "PLAINTEXT://:9192"}, ""),
        ("zookeeper", {"clientPort": "2281"}, "R27"),
        ("zookeeper", {"server.12": "b:2889:3888"}, "R27"),
        ("zookeeper", {"server.12": "10.0.0.2:2888:3888"}, ""),
        ("zookeeper", {"tickTime": "3000"}, ""),
    ],
)
def test_a_restart_that_would_start_another_service(
    role: Role, change: dict[str, str], rule: str, folders: Folders
) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    modules = {
        "kafka": broker.properties(cluster, cluster.nodes["a"]),
        "zookeeper": zookeeper_server.properties(cluster),
    }
    cluster.running["a", role] = Running(modules[role], {**modules[role], **change})
    assert [one[:3] for one in pending_of(cluster, role=role)] == ([rule] if rule else [])


def test_another_port_of_a_controller(folders: Folders) -> None:
    cluster, other = folders(KRAFT, "version: 4.3.1\n"), folders(KRAFT, "version: 4.3.1\ncontroller: {port: 9193}\n")
    before, after = (controller.properties(one, one.nodes["c"]) for one in (cluster, other))
    cluster.running["c", Role.CONTROLLER] = Running(before, after)
    assert [one[:3] for one in pending_of(cluster, "c", Role.CONTROLLER)] == ["R27"]
    # Brokers are told of the controllers' port, too: theirs is the file's to change.
    before, after = (broker.properties(one, one.nodes["a"]) for one in (cluster, other))
    cluster.running["a", Role.BROKER] = Running(before, after)
    assert pending_of(cluster) == []


# Between plaintext and TLS

SECURED = "security:\n  internal: mtls\n  listeners: {clients: {port: 9094, login: scram}}\n"


def files_of(cluster: Cluster) -> list[tuple[str, Role, dict[str, str]]]:
    """Return what the file of each service says, with its host and role."""
    found = []
    for node in cluster.nodes.values():
        if node.broker:
            found.append((node.host, Role.BROKER, broker.properties(cluster, node)))
        elif node.controller:
            found.append((node.host, Role.CONTROLLER, controller.properties(cluster, node)))
        if node.zookeeper:
            found.append((node.host, Role.ZOOKEEPER, zookeeper_server.properties(cluster)))
    return found


@pytest.mark.parametrize(("hosts", "version"), [(ZOOKEEPER, "3.9.1"), (KRAFT, "4.3.1")])
@pytest.mark.parametrize("back", [False, True], ids=["to TLS", "to plaintext"])
def test_no_service_is_rolled_from_plaintext_to_tls_at_once(
    hosts: str, version: str, back: bool, folders: Folders
) -> None:
    plain, secured = folders(hosts, f"version: {version}\n"), folders(hosts, f"version: {version}\n{SECURED}")
    before, after = (secured, plain) if back else (plain, secured)
    for (host, role, running), (_, _, wanted) in zip(files_of(before), files_of(after), strict=True):
        after.running[host, role] = Running(running, wanted)
        found = pending_of(after, host, role)
        assert found, (host, role)
        assert all("restarted one by one, old and new services cannot connect to each other" in one for one in found)
        # Pass by pass nothing is in the way.
        now = running
        for step in MovePass:
            between = transition.properties(now, wanted, step)
            after.running[host, role] = Running(now, between)
            assert pending_of(after, host, role) == [], (host, role, step)
            now = between


def test_the_listener_between_brokers_is_changed_in_two_rolls(folders: Folders) -> None:
    cluster = folders(ZOOKEEPER, PLAIN)
    names = "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT"
    old = {"listeners": "PLAINTEXT://:9092", "listener.security.protocol.map": names}
    both = {**old, "listeners": "PLAINTEXT://:9092,INTERNAL://:9091"}
    new = {**both, "inter.broker.listener.name": "INTERNAL"}
    for running, wanted, rule in ((old, both, ""), (both, new, ""), (old, new, "R27"), (new, old, "R27")):
        cluster.running["a", Role.BROKER] = Running(running, wanted)
        assert [one[:3] for one in pending_of(cluster)] == ([rule] if rule else [])
