"""Running release: in mid-upgrade from 0.8.0, or back to it, each broker is asked what it knows."""

from pathlib import Path

import pytest

from kafka_fab.cluster.roles import running_release
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.values.role import Role
from tests.unit.folders import ZOOKEEPER, written


@pytest.mark.parametrize(
    ("properties", "tested"),
    [({"port": "9092", "host.name": "a"}, "0.8.0"), ({"listeners": "PLAINTEXT://:9092"}, "2.8.2"), ({}, "2.8.2")],
)
def test_what_runs_decides_and_the_settings_where_nothing_is_known(
    properties: dict[str, str], tested: str, tmp_path: Path
) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 2.8.2\n")
    cluster.running["a", Role.BROKER] = Running(properties)
    assert running_release.of_broker(cluster, cluster.nodes["a"]).tested == tested
    assert running_release.of_broker(cluster, cluster.nodes["b"]).tested == "2.8.2"
