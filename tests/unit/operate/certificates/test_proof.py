"""Which listeners take a renewed certificate without a restart."""

from pathlib import Path

import pytest

from kafka_fab.cluster.roles import broker, controller
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.certificates import proof
from tests.unit.folders import written

KRAFT = "[kafka]\na id=1\n[controller]\nc id=11\n"
SECURED = "security: {internal: mtls, listeners: {clients: {port: 9094, login: tls}}}\n"


@pytest.mark.parametrize(("version", "names"), [("4.3.1", ["CONTROLLER_TLS"]), ("3.9.1", [])])
def test_an_isolated_controller_reloads_where_its_release_can(version: str, names: list[str], tmp_path: Path) -> None:
    cluster = written(tmp_path, KRAFT, f"version: {version}\n{SECURED}")
    a, c = cluster.nodes["a"], cluster.nodes["c"]
    cluster.running["a", Role.BROKER] = Running(broker.properties(cluster, a))
    cluster.running["c", Role.CONTROLLER] = Running(controller.properties(cluster, c))
    assert list(proof.reloading(cluster, c)) == names
    assert "REPLICATION" in proof.reloading(cluster, a)
