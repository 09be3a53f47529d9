"""What a host says of its versions, as values."""

from pathlib import Path

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.upgrade import service_version
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role
from tests.unit.folders import loader

PIN = "inter.broker.protocol.version"
OLD, NEW = "/opt/kafka_2.13-2.8.2", "/opt/kafka_2.13-3.9.1"


def test_the_versions_of_a_host_in_mid_upgrade(tmp_path: Path) -> None:
    cluster = loader(tmp_path, "[kafka]\na id=1\n[zookeeper]\na id=1\n")("version: 3.9.1")
    said = [
        Change("ok", "owner", "kafka", "folder=x"),
        Change("ok", "host-tree", OLD),
        Change("ok", "host-tree", NEW),
        Change("ok", "service-version", "zookeeper", f"starts={NEW} running={NEW} saved={OLD} java= running-java="),
        Change("ok", "service-version", "kafka", f"starts={NEW} running={OLD} saved= java=/jdk running-java=/old"),
        Change("ok", "level", "kafka", f"{PIN}=2.8"),
    ]
    zookeeper, broker = service_version.read(cluster, cluster.nodes["a"], said)
    assert zookeeper == ServiceVersion("a", Role.ZOOKEEPER, "zookeeper", NEW, NEW, OLD, (OLD, NEW))
    assert broker == ServiceVersion(
        "a", Role.BROKER, "kafka", NEW, OLD, "", (OLD, NEW), {PIN: "2.8"}, {}, "/jdk", "/old"
    )
    assert [set(one.javas) for one in (broker, zookeeper)] == [{"/jdk", "/old"}, {""}]
    assert (broker.version, broker.running_version, broker.saved_version) == ("3.9.1", "2.8.2", "")


def test_a_host_that_has_nothing_yet(tmp_path: Path) -> None:
    cluster = loader(tmp_path, "[kafka]\na id=1\n[zookeeper]\na id=1\n")("version: 3.9.1")
    said = [Change("ok", "service-version", "kafka", "starts= running= saved= java= running-java=")]
    assert service_version.read(cluster, cluster.nodes["a"], said) == (ServiceVersion("a", Role.BROKER, "kafka"),)


@pytest.mark.parametrize(
    ("starts", "saved", "reason"),
    [
        (NEW, "", ""),
        ("", "", ""),
        (OLD, "", "b: kafka is at 2.8.2, not 3.9.1: run `fab upgrade` first"),
        (NEW, OLD, "b: the upgrade from 2.8.2 is not finalized: run `fab finalize` first"),
    ],
)
def test_what_must_end_before_listeners_change(starts: str, saved: str, reason: str) -> None:
    done = ServiceVersion("a", Role.BROKER, "kafka", NEW, NEW)
    assert (
        service_version.unfinished([done, ServiceVersion("b", Role.BROKER, "kafka", starts, NEW, saved)], NEW) == reason
    )
