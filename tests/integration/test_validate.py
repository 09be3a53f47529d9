"""Validate: silent about a healthy cluster, and plain about each way in which one differs from hosts.ini."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kazoo.client import KazooClient

from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

META = "/opt/kafka-logs/meta.properties"
MYID = "/var/lib/zookeeper/myid"


def differences(site: Site) -> list[tuple[str, str, str, str]]:
    """Return (what, where, expected, found) of each check that fails; validate must then exit with 1."""
    ended = site.fab("validate", "--json")
    said = json.loads(ended.stdout)
    wrong = [(one["check"], one["where"], one["expected"], one["found"]) for one in said["checks"] if not one["ok"]]
    assert (ended.returncode, said["ok"]) == ((1, False) if wrong else (0, True))
    return wrong


@contextmanager
def edited(site: Site, host: str, file: str, sed: str) -> Iterator[None]:
    """Edit a file on a host for a while, under the running services."""
    site.on(host, f"cp -p {file} {file}.before && sed -i '{sed}' {file}")
    try:
        yield
    finally:
        site.on(host, f"mv -f {file}.before {file}")


def test_a_healthy_cluster_passes(cluster: Site) -> None:
    assert "the cluster matches hosts.ini" in cluster.done("validate")


def test_a_healthy_cluster_passes_in_json(cluster: Site) -> None:
    assert differences(cluster) == []


def test_h_does_not_limit_what_is_checked(cluster: Site) -> None:
    limited = json.loads(cluster.done("-H", cluster.hosts[0], "validate", "--json"))
    assert {one["where"] for one in limited["checks"]} >= set(cluster.hosts)


def test_a_stopped_broker_is_named(cluster: Site) -> None:
    third = cluster.hosts[2]
    cluster.on(third, "systemctl stop kafka")
    found = differences(cluster)
    shown = cluster.fab("validate").stdout
    cluster.done("start")
    assert ("registered brokers", "ZooKeeper", "1, 2, 3", "1, 2") in found
    assert any(what == "metadata request" and where == third for what, where, _, _ in found)
    assert "FAILED  registered brokers" in shown


def test_a_stopped_zookeeper_server_is_named(cluster: Site) -> None:
    third = cluster.hosts[2]
    cluster.on(third, "systemctl stop zookeeper")
    found = differences(cluster)
    cluster.done("start")
    assert any(what == "server mode" and where == third for what, where, _, _ in found)


def test_a_registered_broker_that_is_not_in_hosts_ini_is_named(cluster: Site) -> None:
    unexpected = {
        "endpoints": ["PLAINTEXT://elsewhere:9092"], "host": "elsewhere", "port": 9092, "version": 5,
        "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"}, "jmx_port": -1, "timestamp": "0",
    }  # fmt: skip
    kazoo = KazooClient(hosts=f"{cluster.hosts[0]}:2181/kafka")
    kazoo.start()
    try:
        kazoo.create("/brokers/ids/9", json.dumps(unexpected).encode(), ephemeral=True)
        found = differences(cluster)
    finally:
        kazoo.stop()
        kazoo.close()
    assert ("registered brokers", "ZooKeeper", "1, 2, 3", "1, 2, 3, 9") in found
    assert ("unexpected broker", "broker 9", "not registered", "elsewhere:9092") in found


def test_another_myid_on_disk_is_named(cluster: Site) -> None:
    second = cluster.hosts[1]
    with edited(cluster, second, MYID, "s/2/7/"):
        assert differences(cluster) == [("myid", second, "2", "7")]


def test_a_lost_myid_is_named(cluster: Site) -> None:
    second = cluster.hosts[1]
    with edited(cluster, second, MYID, ""):
        cluster.on(second, f"rm {MYID}")
        assert differences(cluster) == [("myid", second, "2", "no such file")]


def test_the_id_of_another_broker_on_disk_is_named(cluster: Site) -> None:
    second = cluster.hosts[1]
    with edited(cluster, second, META, "s/broker.id=2/broker.id=7/"):
        assert differences(cluster) == [("broker.id", f"{second}:/opt/kafka-logs", "2", "7")]


def test_the_id_of_another_cluster_on_disk_is_named(cluster: Site) -> None:
    second = cluster.hosts[1]
    with edited(cluster, second, META, "s/cluster.id=.*/cluster.id=another/"):
        (found,) = differences(cluster)
    assert found[:2] == ("cluster.id", f"{second}:/opt/kafka-logs")
    assert found[3] == "another"


def test_another_id_in_hosts_ini_is_named(cluster: Site) -> None:
    third = cluster.hosts[2]
    with cluster.changed("hosts.ini", f"{third} id=3 rack", f"{third} id=4 rack"):
        found = differences(cluster)
    assert ("registered brokers", "ZooKeeper", "1, 2, 4", "1, 2, 3") in found
    assert ("broker.id", f"{third}:/opt/kafka-logs", "4", "3") in found


def test_another_rack_in_hosts_ini_is_named(cluster: Site) -> None:
    third = cluster.hosts[2]
    with cluster.changed("hosts.ini", "rack=r3", "rack=elsewhere"):
        assert differences(cluster) == [("rack", third, "elsewhere", "r3")]


def test_a_host_that_cannot_be_reached_is_named(cluster: Site) -> None:
    third = cluster.hosts[2]
    ssh_config = (cluster.folder / "ssh_config").read_text()
    with cluster.changed("ssh_config", ssh_config, f"Host {third}\n    Port 1\n\n{ssh_config}"):
        ((what, where, _, found),) = differences(cluster)
    assert (what, where) == ("files on the host", third)
    assert "cannot be reached" in found
