"""Which keys and certificates are removed from hosts after a move."""

from dataclasses import replace
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.security import leftovers, listener_changes
from kafka_fab.operate.security.listener_changes import ListenerChange
from tests.unit.folders import ZOOKEEPER, written

SECURED = "security: {internal: mtls, listeners: {clients: {port: 9094, login: scram}}}\n"
FOR_CLIENTS = "security: {listeners: {clients: {port: 9094, login: scram}}}\n"
KAFKA, ZK = "/etc/kafka/node.pem", "/etc/zookeeper/node.pem"


def runs(folder: Path, settings: str) -> tuple[Cluster, tuple[ListenerChange, ...]]:
    """Return a cluster whose services run what its settings say."""
    folder.mkdir()
    cluster = written(folder, ZOOKEEPER, settings)
    return cluster, tuple(replace(one, running=one.wanted) for one in listener_changes.read(cluster))


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (SECURED, "", {KAFKA, ZK}),
        (SECURED, FOR_CLIENTS, {ZK}),
        (FOR_CLIENTS, SECURED, set()),
        (SECURED, SECURED, set()),
        ("", "", set()),
    ],
)
@pytest.mark.parametrize("version", ["2.8.2", "3.9.1"])
def test_what_no_service_uses_any_more(version: str, before: str, after: str, gone: set[str], tmp_path: Path) -> None:
    _, ran = runs(tmp_path / "before", f"version: {version}\n{before}")
    cluster, run = runs(tmp_path / "after", f"version: {version}\n{after}")
    found = leftovers.files(cluster, ran, run)
    assert set(found) == (set(cluster.nodes) if gone else set())
    for files in found.values():
        assert {file for file in files if file.endswith("/node.pem")} == gone
        # Of the name of a file of ours, but ours only where brokers take no PEM.
        assert ("/etc/kafka/secrets.properties" in files) == (version == "2.8.2" and KAFKA in gone)


def test_nothing_is_removed_that_a_service_still_names(tmp_path: Path) -> None:
    _, ran = runs(tmp_path / "before", f"version: 3.9.1\n{SECURED}")
    cluster, run = runs(tmp_path / "after", "version: 3.9.1\n")
    first = next(one for one in run if one.target.role is Role.BROKER)
    named = replace(first, running={**first.running, "ssl.truststore.location": "/etc/kafka/ca.pem"})
    found = leftovers.files(cluster, ran, [named if one is first else one for one in run])
    has_kafka = {host: KAFKA in files for host, files in found.items()}
    assert has_kafka == {host: host != first.target.host for host in cluster.nodes}
    assert all(ZK in files for files in found.values())
