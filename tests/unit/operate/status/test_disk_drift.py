"""Disk drift in a status: a change on a host is a problem, a change in conf/ is pending."""

from __future__ import annotations

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import Directory, Download, Port, Resource, RunningConfig, Tree
from kafka_fab.operate.status import disk_drift

TREE = "/opt/kafka_2.13-3.9.1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("would", "tree", TREE, "libs/a.jar is missing"), f"tree {TREE}, libs/a.jar is missing"),
        (Change("would", "file", "/etc/kafka/server.properties", "edited by hand, a copy is kept"), "edited by hand"),
        (Change("would", "file", "/etc/kafka/server.properties", "root:kafka 640, it was deleted"), "it was deleted"),
        (Change("would", "directory", "/opt/kafka-logs", "kafka:kafka 750, it was deleted"), "it was deleted"),
        (Change("would", "directory", "/opt/kafka-logs", "root root 755 -> kafka kafka 750"), "-> kafka kafka 750"),
        (Change("would", "units", "kafka", "enable kafka"), "units kafka, enable kafka"),
        (
            Change("would", "node-store", "/etc/kafka/node.pem", "install the issued certificate"),
            "node-store /etc/kafka",
        ),
        (Change("foreign", "unit", "kafka", "/etc/x.conf sets User"), "unit kafka, /etc/x.conf sets User"),
        (Change("foreign", "java", "/jdk", "no Java is there"), "java /jdk, no Java is there"),
    ],
)
def test_a_change_on_a_host_is_a_problem(change: Change, words: str) -> None:
    [one] = disk_drift.problems("a", [Change("ok", "user", "kafka"), change])
    assert (one.level, one.names) == ("degraded", ("a",))
    assert words in one.text
    assert one.text.startswith("a: changed since the last install: ")
    assert disk_drift.pending([change]) == ()


@pytest.mark.parametrize(
    "change",
    [
        Change("would", "file", "/etc/kafka/server.properties"),
        Change("would", "link", "/opt/kafka", "/opt/kafka_1 -> /opt/kafka_2"),
        Change("would", "tree", TREE, "from /var/cache/kafka-fab/k.tgz"),
        Change("would", "node-store", "/etc/kafka/node.pem", disk_drift.NOT_ISSUED),
        Change("would", "manifest", TREE, "recorded for the tree as it is"),
    ],
)
def test_a_change_in_conf_is_pending_and_no_problem(change: Change) -> None:
    assert list(disk_drift.problems("a", [change])) == []
    assert disk_drift.pending([Change("ok", "user", "kafka"), change]) == (f"{change.kind} {change.name}",)


def test_listeners_that_are_to_change_are_one_problem_with_the_task_that_changes_them() -> None:
    words = "kafka is running with inter.broker.listener.name=PLAINTEXT, and is to run with REPLICATION: restarted one"
    [one] = disk_drift.problems("a", [Change("foreign", "connects-by", "kafka inter.broker.listener.name", words)])
    assert (one.code, one.text.endswith("(fab security.move)")) == ("M7", True)
    assert "is to run with REPLICATION: change the listeners while services run" in one.text


def test_few_of_many() -> None:
    changes = [Change("would", "directory", f"/{name}", "x") for name in "abcde"]
    [one] = disk_drift.problems("a", changes)
    assert (
        one.text
        == "a: changed since the last install: directory /a, x; directory /b, x; directory /c, x; and 2 more (fab plan)"
    )


def test_what_runs_is_reported_elsewhere() -> None:
    kept: list[Resource] = [Tree(TREE, "/k"), Directory("/d")]
    rest: list[Resource] = [
        Port(9092, "kafka"),
        RunningConfig("kafka", "/run/kafka", (), "/opt/kafka", "/log"),
        Download("u", "/k", TREE),
    ]
    assert disk_drift.compared([*rest, *kept]) == kept


@pytest.mark.parametrize(
    "change",
    [
        Change("would", "directory", "/var/lib/other", "zookeeper:zookeeper 750"),
        Change("would", "file", "/var/lib/other/myid", "zookeeper:zookeeper 640"),
    ],
)
def test_what_has_never_been_on_a_host_is_pending(change: Change) -> None:
    assert list(disk_drift.problems("a", [change])) == []
    assert disk_drift.pending([change]) == (f"{change.kind} {change.name}",)


def test_a_unit_that_was_never_installed_is_pending() -> None:
    file = Change("would", "file", "/etc/systemd/system/kafka-controller.service", "root:root 644")
    units = Change("would", "units", "kafka-controller", "enable kafka-controller, reload systemd")
    assert list(disk_drift.problems("a", [file, units])) == []
    assert disk_drift.pending([file, units]) == (f"file {file.name}", "units kafka-controller")
    assert list(disk_drift.problems("a", [units]))
