"""Which old versions are removed from a host."""

from pathlib import Path

import pytest

from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.upgrade import prune
from tests.unit.folders import ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import tree

ALL = ("0.8.0", "2.8.2", "3.6.0", "3.9.1", "3.10.0")


def service(starts: str, runs: str = "", saved: str = "") -> ServiceVersion:
    return ServiceVersion(
        "a", Role.BROKER, "kafka", tree(starts), tree(runs or starts), tree(saved), tuple(map(tree, ALL))
    )


@pytest.mark.parametrize(
    ("services", "keep", "gone"),
    [
        ((service("3.10.0"),), 2, ("3.6.0", "2.8.2", "0.8.0")),
        ((service("3.10.0"),), 1, ("3.6.0", "2.8.2", "0.8.0")),
        ((service("3.10.0", saved="2.8.2"),), 1, ("3.6.0", "0.8.0")),
        ((service("3.10.0", runs="3.6.0"),), 1, ("2.8.2", "0.8.0")),
        ((service("3.10.0"), service("0.8.0")), 2, ("3.6.0", "2.8.2")),
        ((service("3.10.0"),), 9, ()),
        ((), 2, ()),
    ],
)
def test_what_is_neither_used_nor_new_goes(
    services: tuple[ServiceVersion, ...], keep: int, gone: tuple[str, ...], tmp_path: Path
) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    assert prune.removable(cluster, services, keep) == tuple(map(tree, gone))
