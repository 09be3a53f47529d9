"""KRaft verdict: metadata versions by name, and brokers that hosts.ini does not have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import metadata_version
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client.describe_quorum import QuorumDescription, QuorumReplica
from kafka_fab.live.kraft_quorum import Features
from kafka_fab.operate.validate.kraft_verdict import KraftFindings, checks
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nz id=9\n"
BROKERS = {1: "a:9092", 2: "b:9092"}
PLACES = ("z (controller)", "a (broker)", "b (broker)")


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, HOSTS, "version: 4.3.1\n")


def healthy() -> KraftFindings:
    return KraftFindings(
        disk={},
        quorum=QuorumDescription(9, 3, (QuorumReplica(9, "D"),)),
        views={host: BrokerView(BROKERS) for host in "ab"},
        features={place: Features({"metadata.version": 30}) for place in PLACES},
    )


def failed(cluster: Cluster, found: KraftFindings) -> list[tuple[str, str, str, str]]:
    return [(one.check, one.where, one.expected, one.found) for one in checks(cluster, found) if not one.ok]


def test_a_healthy_cluster_passes_with_its_metadata_version(cluster: Cluster) -> None:
    assert failed(cluster, healthy()) == []
    versions = {one.found for one in checks(cluster, healthy()) if one.check == "metadata version"}
    assert versions == {"4.3-IV0"}


@pytest.mark.parametrize(
    ("features", "found"),
    [
        (Features({"metadata.version": 21}), "3.9-IV0"),
        (Features({}), "none"),
        (Features(error="b:9092 does not answer"), "b:9092 does not answer"),
    ],
)
def test_another_metadata_version_on_one_node(features: Features, found: str, cluster: Cluster) -> None:
    nodes = {**healthy().features, "b (broker)": features}
    assert failed(cluster, replace(healthy(), features=nodes)) == [("metadata version", "b (broker)", "4.3-IV0", found)]


def test_a_broker_that_hosts_ini_does_not_have_is_unexpected(cluster: Cluster) -> None:
    views = {host: BrokerView(BROKERS | {3: "c:9092"}) for host in "ab"}
    first, *others = failed(cluster, replace(healthy(), views=views))
    assert first == ("unexpected broker", "broker 3", "not registered", "c:9092")
    assert [one[0] for one in others] == ["unfenced brokers"] * 2


@pytest.mark.parametrize(("level", "name"), [(1, "3.0-IV1"), (25, "4.0-IV3"), (0, "level 0"), (99, "level 99")])
def test_the_name_of_a_metadata_version(level: int, name: str) -> None:
    assert metadata_version.name_of(level) == name
