"""Where an upgrade is, as it is shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Partition, State, VoterState
from kafka_fab.locking.host_locks import Held
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.upgrade import upgrade_plan, upgrade_reading, upgrade_text
from tests.unit.folders import COMBINED, ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs, service, with_services

PIN = {"inter.broker.protocol.version": "2.8"}


def test_a_soak_with_zookeeper(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    found = all_at(cluster, "3.9.1", saved="2.8.2", pins=PIN, running_pins=PIN)
    lines = upgrade_text.status(found).splitlines()
    assert lines[0].split() == ["host", "service", "on", "disk", "running", "pinned", "way", "back"]
    assert "a     broker 1            3.9.1    3.9.1    2.8     2.8.2" in lines
    assert lines[-1] == (
        "upgrade to 3.9.1: soaking; all run it, nothing is finalized. `fab finalize` ends it and cannot be undone; "
        "until then `fab upgrade --rollback` leads back"
    )


def test_an_upgrade_in_kraft_that_has_begun(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = all_at(cluster, "3.9.1", {"metadata.version": 21})
    first = next(ref for ref in refs(cluster) if ref.host == "a")
    found = with_services(found, cluster, service(first, "4.3.1", [], saved="3.9.1"))
    text = upgrade_text.status(found)
    assert "finalized: metadata.version 3.9-IV0" in text
    assert "upgrade to 4.3.1: in progress; 1 of 3 services done. `fab upgrade` continues with the others" in text


def state_of(up: set[int], isr: set[int]) -> State:
    """Return the state of a combined cluster with so many members, and one partition."""
    every = frozenset({1, 2, 3})
    one = Partition("orders", 0, 1, (1, 2, 3), frozenset(isr), min_isr=2)
    return State(every, frozenset(up), (one,), quorum=VoterState(every, frozenset(up), leader=1))


@pytest.mark.parametrize(
    ("up", "isr", "runs", "said"),
    [
        ({1, 2, 3}, {1, 2, 3}, True, "in progress; 1 of 3 services done. `fab upgrade` continues"),
        ({2, 3}, {2, 3}, True, "in progress; 0 of 3 services done, a (broker 1): started, not in sync. `fab upgrade`"),
        (
            {1, 2, 3},
            {2, 3},
            True,
            "in progress; 0 of 3 services done, a (broker 1): started, not in sync. `fab upgrade`",
        ),
        ({2, 3}, {2, 3}, False, "in progress; 0 of 3 services done, a (broker 1): down. `fab upgrade` continues"),
    ],
)
def test_a_service_is_done_when_it_has_joined(
    up: set[int], isr: set[int], runs: bool, said: str, tmp_path: Path
) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = all_at(cluster, "3.9.1", {"metadata.version": 21})
    first = next(ref for ref in refs(cluster) if ref.host == "a")
    upgraded = service(first, "4.3.1", [], saved="3.9.1")
    found = with_services(found, cluster, upgraded if runs else replace(upgraded, runs=""))
    found = upgrade_reading.with_joined(found, state_of(up, isr))
    assert f"upgrade to 4.3.1: {said}" in upgrade_text.status(found)
    assert [one["in_sync"] for one in upgrade_text.as_dict(found)["services"]] == [isr == {1, 2, 3}, True, True]


def test_the_last_service_of_an_upgrade_is_waited_for(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = all_at(cluster, "4.3.1", {"metadata.version": 21}, saved="3.9.1")
    found = upgrade_reading.with_joined(found, state_of({2, 3}, {2, 3}))
    assert "soaking; 2 of 3 services done, a (broker 1): started, not in sync. `fab status`" in upgrade_text.status(
        found
    )


@pytest.mark.parametrize(
    ("how", "task", "said"),
    [
        (
            "unfinished",
            "upgrade",
            "was interrupted: continue with `fab upgrade --resume`, go back with `fab upgrade --ro",
        ),
        ("unfinished", "upgrade.rollback", "was interrupted: continue with `fab upgrade --resume`, or abandon it"),
        ("held", "upgrade", "is in progress"),
    ],
)
def test_an_operation_that_holds_the_locks_is_what_to_do_next(how: str, task: str, said: str, tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    for found in (
        all_at(cluster, "3.9.1", {"metadata.version": 21}),
        all_at(cluster, "4.3.1", {"metadata.version": 21}),
    ):
        last = upgrade_text.status(found, Held(how, new_run(task, ()))).splitlines()[-1]
        assert said in last
        assert "`fab upgrade`" not in last


def test_what_contradicts(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    found = all_at(cluster, "2.8.2")
    broker = next(ref for ref in refs(cluster) if ref.role is Role.BROKER)
    found = with_services(found, cluster, service(broker, "3.9.1", []))
    assert upgrade_text.following(found.state).startswith(
        "not the state of one upgrade: a (broker 1): without the pin of 2.8.2, which others still run"
    )
    assert upgrade_text.as_dict(found)["phase"] is None


@pytest.mark.parametrize(
    ("pins", "running", "shown"),
    [(PIN, PIN, "2.8"), ({}, PIN, "2.8, in its file nothing"), ({}, {}, "-")],
)
def test_a_pin_that_is_in_force_and_one_that_is_not_yet(
    pins: dict[str, str], running: dict[str, str], shown: str, tmp_path: Path
) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    broker = next(ref for ref in refs(cluster) if ref.role is Role.BROKER)
    assert upgrade_text._pinned(service(broker, "3.9.1", [], pins=pins, running_pins=running)) == shown


def test_what_nobody_tells(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = all_at(cluster, "4.3.1", None, saved="3.9.1")
    assert "finalized features: not known, no broker answers" in upgrade_text.status(found)
    assert upgrade_text.as_dict(found)["finalized"] is None


def test_another_java(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\njava: {home: /jdk21}\n")
    found = all_at(cluster, "4.3.1", {"metadata.version": 30})
    assert upgrade_text.following(found.state).startswith("upgrade to 4.3.1 with another Java: not begun")
    assert "java" not in upgrade_text.status(found), "no unit names one yet"
    one, other, _ = refs(cluster)
    done = service(one, "4.3.1", [], saved="4.3.1", java="/jdk21", running_java="/jdk21")
    cut = service(other, "4.3.1", [], saved="4.3.1", java="/jdk21")
    found = with_services(found, cluster, done, cut)
    rows = upgrade_text.status(found).splitlines()
    assert [row.split("4.3.1")[-1].strip() for row in rows[1:3]] == [
        "/jdk21", "the java in PATH, starts with /jdk21"
    ]  # fmt: skip
    assert rows[-1].startswith("upgrade to 4.3.1 with another Java: in progress; 1 of 3 services done")
    assert list(upgrade_plan._javas(found)) == ["Java: the java in PATH -> /jdk21 on b, c"]
    assert upgrade_text.as_dict(found)["services"][1]["running_java"] is None
