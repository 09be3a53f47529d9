"""What a rollback restores, and what it leaves at the new version."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Restored
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.roll.preview import Preview
from kafka_fab.operate.upgrade import upgrade, way_back
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.operate.upgrade.way_back import WayBack
from kafka_fab.output.progress import HostProgress
from tests.unit.folders import ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs, service, with_services


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")


def broker(cluster: Cluster, host: str = "c") -> Any:
    return next(ref for ref in refs(cluster) if ref.host == host and ref.role is Role.BROKER)


def hosts(cluster: Cluster, errors: dict[str, str]) -> Any:
    """Hosts whose restored files are compared, some with an error."""

    def run(_work: Callable[..., None], _task: str, some: list[str]) -> list[HostProgress]:
        done = [HostProgress(host) for host in some]
        for one in done:
            one.error = errors.get(one.host, "")
        return done

    return SimpleNamespace(cluster=cluster, hosts=cluster.inventory.hosts, run=run)


def upgraded(cluster: Cluster) -> UpgradeReading:
    return all_at(cluster, "3.9.1", saved="2.8.2")


def test_the_files_of_each_service_are_restored(cluster: Cluster) -> None:
    assert [type(one) for one in way_back.restored(cluster, broker(cluster))] == [Restored]


def test_zookeeper_stays_where_servers_of_before_cannot_take_its_place(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 2.8.2\nkafka: {chroot: ''}\n")
    found = all_at(cluster, "2.8.2", saved="0.8.0")
    todo = way_back.going_back(found)
    assert {(ref.host, ref.role) for ref in todo} == {(host, Role.BROKER) for host in "abc"}
    [note] = way_back.read(hosts(cluster, {}), found, todo).notes
    assert note.startswith("ZooKeeper on a, b, c stays at 2.8.2, and serves brokers of 0.8.0, too")
    cluster = written(tmp_path, ZOOKEEPER)
    found = upgraded(cluster)
    assert (set(way_back.going_back(found)), list(way_back.staying(found))) == (set(refs(cluster)), [])


def test_a_host_whose_files_are_gone_is_told_of_before_anything_is_stopped(cluster: Cluster) -> None:
    found = upgraded(cluster)
    way = way_back.read(hosts(cluster, {"b": "restored kafka: its files are gone"}), found, refs(cluster))
    assert (way.newest, way.before, way.notes) == ("3.9.1", "2.8.2", ())
    assert list(map(str, way.problems)) == ["b: restored kafka: its files are gone [U9]"]
    said = way_back.text(way, Preview((), None, ""))
    assert said.splitlines()[0] == "back: 3.9.1 -> 2.8.2"
    assert said.endswith("the way back cannot begin:\n  b: restored kafka: its files are gone [U9]")
    told = way_back.as_dict(way, Preview((), None, ""))
    assert told["problems"] == [{"code": "U9", "text": "b: restored kafka: its files are gone"}]
    with pytest.raises(Exception, match="U9"):
        upgrade._refuse(way.problems)


def test_a_broker_that_joined_in_the_middle_stays_and_that_is_said(cluster: Cluster) -> None:
    found = upgraded(cluster)
    new = service(broker(cluster), "3.9.1", ["3.9.1"])
    [note] = way_back.joined(with_services(found, cluster, new))
    assert note.startswith("c (broker 3) was installed at 3.9.1 in the middle of the upgrade")
    assert "`fab -H c uninstall --data`, write `version: 2.8.2`, and `fab -H c install start`" in note
    assert f"note: {note}" in way_back.text(WayBack("3.9.1", "2.8.2", (note,)), Preview((), None, ""))
    old = service(broker(cluster), "2.8.2", ["2.8.2"])
    assert list(way_back.joined(with_services(found, cluster, old))) == [], "not upgraded yet, or back already"
    assert list(way_back.joined(found)) == []


def test_a_plan_has_what_stays(cluster: Cluster) -> None:
    found = with_services(upgraded(cluster), cluster, service(broker(cluster), "3.9.1", ["3.9.1"]))
    way = way_back.read(hosts(cluster, {}), found, [ref for ref, one in found.services.items() if one.saved])
    assert len(way.notes) == 1
    assert way_back.as_dict(way, Preview((), None, ""))["notes"] == list(way.notes)
