"""What an upgrade, its end and its way back change of a stopped service."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import (
    Absent,
    File,
    Link,
    Resource,
    Restored,
    Saved,
    SavedAbsent,
    Units,
    VersionRecord,
)
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.upgrade import service_upgrade
from tests.unit.folders import Load, loader

HOSTS = "[kafka]\na id=1\nb id=2\n[zookeeper]\na id=1\n"
PIN, FORMAT = "inter.broker.protocol.version", "log.message.format.version"
TREE, UNITS = "/opt/kafka_2.13-3.9.1", ("zookeeper", "kafka")
MAIN, LOG4J, UNIT = "/etc/kafka/server.properties", "/etc/kafka/log4j.properties", "/etc/systemd/system/kafka.service"


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    return loader(tmp_path, HOSTS)


def upgraded(cluster: Cluster, unit: str, **pins: str) -> list[Resource]:
    node = cluster.nodes["a"]
    [service] = [one for one in services(cluster, node) if one.unit == unit]
    given = {PIN: pins["protocol"]} if "protocol" in pins else {}
    return list(service_upgrade.upgrade_files(cluster, node, service, given))


def text(items: list[Resource], path: str) -> str:
    [file] = [item for item in items if isinstance(item, File) and item.path == path]
    assert file.levels == (), "exactly these pins: not those that the file has"
    return file.content


def test_the_files_of_before_are_saved_first_and_the_unit_is_written_last(loaded: Load) -> None:
    found = upgraded(loaded("version: 3.9.1"), "kafka", protocol="2.8")
    files = [item.path for item in found if isinstance(item, File | Absent)]
    saved, record, *_, units, link = found
    assert isinstance(saved, Saved)
    assert (saved.unit, saved.tree, set(saved.files)) == ("kafka", TREE, set(files))
    assert (files[0], files[-1]) == (MAIN, UNIT)
    assert record == VersionRecord(TREE)
    assert (units, link) == (Units(UNITS), Link("/opt/kafka", TREE, UNITS))
    assert f"exec {TREE}/bin/" in text(found, UNIT)


def test_a_brokers_main_file_alone_has_the_pins(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1")
    main = text(upgraded(cluster, "kafka", protocol="2.8"), MAIN)
    assert main.endswith(f"\n{PIN}=2.8\n")
    assert PIN not in text(upgraded(cluster, "kafka"), MAIN)
    assert not [item for item in upgraded(cluster, "zookeeper", protocol="2.8") if PIN in str(item)]


def test_a_users_own_level_has_its_way(loaded: Load) -> None:
    cluster = loaded(f"version: 3.9.1\nkafka: {{properties: {{{PIN}: '3.0'}}}}")
    main = text(upgraded(cluster, "kafka", protocol="2.8"), MAIN)
    assert main.count(PIN) == 1
    assert f"{PIN}=3.0\n" in main


def test_kraft_has_no_levels_in_its_files(tmp_path: Path) -> None:
    cluster = loader(tmp_path, "[kafka]\na id=1\n[controller]\na id=1\n")("version: 4.3.1")
    assert not [item for item in upgraded(cluster, "kafka", protocol="2.8") if PIN in str(item)]


def test_the_pins_go_one_after_the_other(loaded: Load) -> None:
    cluster = loaded("version: 2.8.2\nkafka: {chroot: ''}")
    node = cluster.nodes["b"]
    [service] = services(cluster, node)
    files = service_upgrade.final_files(cluster, node, service, {FORMAT: "0.8.0"})
    assert text(list(files), MAIN).splitlines()[-1] == f"{FORMAT}=0.8.0"
    assert FORMAT not in text(list(service_upgrade.final_files(cluster, node, service, {})), MAIN)
    assert files[-2] == Units(("kafka",))


def test_the_way_back_and_its_end(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1")
    node = cluster.nodes["a"]
    for service in services(cluster, node):
        assert service_upgrade.restored_files(cluster, node, service) == (Restored(service.unit, "/opt/kafka", UNITS),)
    assert service_upgrade.saved_absent(cluster, node) == (
        SavedAbsent("zookeeper"),
        SavedAbsent("kafka"),
        Link("/opt/kafka", TREE, UNITS),
    )
