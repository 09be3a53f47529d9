"""The line of a service: whether it runs the configuration on disk, and the version."""

from __future__ import annotations

import pytest

from kafka_fab.cluster.dynamic.dynamic_keys import PendingChange
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.operate.status.service_line import ConfigStatus, ServiceLine

THREADS, HOURS = "num.io.threads", "server.properties: log.retention.hours"


@pytest.mark.parametrize(
    ("config", "pending", "cell"),
    [
        (ConfigStatus.UNKNOWN, PendingChange(), "-"),
        (ConfigStatus.CURRENT, PendingChange(), "current"),
        (ConfigStatus.DYNAMIC, PendingChange((THREADS,)), f"dynamic change pending: server.properties: {THREADS}"),
        (ConfigStatus.RESTART, PendingChange((), (HOURS,)), f"restart needed: {HOURS}"),
        (ConfigStatus.RESTART, PendingChange((THREADS,), (HOURS,)), f"restart needed: {HOURS}; dynamic: {THREADS}"),
    ],
)
def test_the_cell_of_a_configuration_names_the_keys(config: ConfigStatus, pending: PendingChange, cell: str) -> None:
    assert ServiceLine("a", "kafka", 1, "active", config=config, pending=pending).config_cell == cell


def test_a_service_that_waits_for_a_pass_of_a_move_needs_that_and_no_roll() -> None:
    pending = PendingChange((), ("certificates: node.pem",))
    line = ServiceLine("a", "kafka", 1, "active", config=ConfigStatus.MOVE, pending=pending, move="switch")
    assert line.config_cell == "move due: switch (fab security.move)"


@pytest.mark.parametrize(
    ("name", "version"),
    [("kafka_2.13-3.9.1", "3.9.1"), ("kafka_2.8.0-0.8.0", "0.8.0"), ("kafka_2.13-4.0.0-rc1", "4.0.0-rc1"), ("x", "x")],
)
def test_the_version_in_the_name_of_kafka_s_folder(name: str, version: str) -> None:
    assert version_of(name) == version
