"""What an upgrade is refused for, before anything is stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.upgrade import level
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.upgrade import upgrade_problems
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from tests.unit.folders import COMBINED, ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs, service, with_services

PROTOCOL = "inter.broker.protocol.version"
PIN = {PROTOCOL: "2.8"}
Make = Callable[..., Cluster]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def cluster(version: str, hosts: str = ZOOKEEPER, more: str = "") -> Cluster:
        return written(tmp_path, hosts, f"version: {version}\n{more}")

    return cluster


def said(cluster: Cluster, found: UpgradeReading, *unexpected: int) -> list[str]:
    return [str(one) for one in upgrade_problems.problems(cluster, found, unexpected)]


def test_nothing_is_in_the_way(make: Make) -> None:
    cluster = make("3.9.1")
    assert said(cluster, all_at(cluster, "2.8.2")) == []
    cluster = make("4.3.1", COMBINED)
    assert said(cluster, all_at(cluster, "3.9.1", {"metadata.version": 21})) == []


def test_a_hop_is_skipped(make: Make) -> None:
    cluster = make("3.9.1")
    [text] = said(cluster, all_at(cluster, "0.8.0"))
    assert text == (
        "3.9.1 cannot be reached in one upgrade: 0.8.0 -> 2.8.2 -> 3.9.1. Write `version: 2.8.2` first [U1]"
    )


def test_the_mode_that_runs_counts_not_that_of_hosts_ini(make: Make) -> None:
    cluster = make("4.3.1", COMBINED)
    cluster.running["a", Role.BROKER] = Running({"zookeeper.connect": "a:2181"})
    assert upgrade_problems.mode_change(make("3.9.1"), all_at(cluster, "2.8.2")) == ()
    [text] = map(str, upgrade_problems.mode_change(cluster, all_at(cluster, "2.8.2", {})))
    assert "2.8.2 -> 3.9.1 -> KRaft -> 4.3.1. Write `version: 3.9.1` and [zookeeper] in hosts.ini first [U1]" in text


def test_older_settings_are_no_downgrade_but_may_be_taken_back(make: Make) -> None:
    cluster = make("2.8.2")
    [text] = said(cluster, all_at(cluster, "3.9.1", saved="2.8.2", pins=PIN, running_pins=PIN))
    assert "newer than 2.8.2 in conf/cluster.yaml. `fab upgrade --rollback` leads back" in text
    assert text.endswith("[U7]")
    [text] = said(cluster, all_at(cluster, "3.9.1"))
    assert "Write `version: 3.9.1` in conf/cluster.yaml" in text


def test_a_host_is_not_prepared(make: Make) -> None:
    cluster = make("3.9.1")
    found = all_at(cluster, "2.8.2")
    broker = next(ref for ref in refs(cluster) if ref.host == "b" and ref.role is Role.BROKER)
    [text] = said(cluster, with_services(found, cluster, service(broker, "2.8.2", ["2.8.2"])))
    assert text.startswith("b: /opt/kafka_2.13-3.9.1 is not there: run `fab install`")
    assert text.endswith("[U2]")


def test_an_earlier_upgrade_is_not_finalized(make: Make) -> None:
    cluster = make("3.9.1")
    pinned = {PROTOCOL: "0.8.0"}
    [text] = said(cluster, all_at(cluster, "2.8.2", saved="0.8.0", pins=pinned, running_pins=pinned))
    assert text.startswith("the upgrade from 0.8.0 to 2.8.2 is not finalized: write `version: 2.8.2` again")
    assert text.endswith("[U4]")


def test_a_metadata_version_that_is_too_low_or_unknown(make: Make) -> None:
    cluster = make("4.3.1", COMBINED)
    texts = said(cluster, all_at(cluster, "3.9.1", {"metadata.version": 6}))
    assert any("metadata.version is 3.3-IV2, and 4.3.1 needs 3.3-IV3" in text for text in texts)
    texts = said(cluster, all_at(cluster, "3.9.1"))
    assert any("no broker tells the finalized metadata.version [U6]" in text for text in texts)


def test_settings_that_raise_the_protocol_at_once(make: Make) -> None:
    cluster = make("3.9.1", more=f"kafka: {{properties: {{{PROTOCOL}: '3.9'}}}}\n")
    [text] = said(cluster, all_at(cluster, "2.8.2"))
    assert text.endswith("[U8]")
    cluster = make("3.9.1", more=f"kafka: {{properties: {{{PROTOCOL}: '2.8'}}}}\n")
    assert said(cluster, all_at(cluster, "2.8.2")) == []


def test_a_broker_that_nobody_knows(make: Make) -> None:
    cluster = make("3.9.1")
    [text] = said(cluster, all_at(cluster, "2.8.2"), 9)
    assert text.startswith("broker 9 is registered, but hosts.ini does not have it")


def test_all_reasons_come_at_once(make: Make) -> None:
    cluster = make("3.9.1", more=f"kafka: {{properties: {{{PROTOCOL}: '3.9'}}}}\n")
    found = all_at(cluster, "2.8.2")
    bare = [replace(one, trees=()) for one in found.services.values()]
    assert len(said(cluster, with_services(found, cluster, *bare), 9)) == 3


def test_the_pins_of_a_broker(make: Make) -> None:
    cluster = make("3.9.1")
    broker, server = (next(ref for ref in refs(cluster) if ref.role is role) for role in (Role.BROKER, Role.ZOOKEEPER))
    assert upgrade_problems.pinned(cluster, broker, service(broker, "2.8.2", [])) == PIN
    assert upgrade_problems.pinned(cluster, server, service(server, "2.8.2", [])) == {}
    # Cut off after the unit was written: its own version is the new one.
    assert upgrade_problems.pinned(cluster, broker, service(broker, "3.9.1", [], saved="2.8.2")) == PIN


def test_what_an_operator_must_know(make: Make) -> None:
    cluster = make("4.3.1", COMBINED)
    notes = list(upgrade_problems.notes(*upgrade_problems.stages(cluster, all_at(cluster, "3.9.1", {}))))
    assert notes == ["clients older than 2.1 cannot connect to 4.3.1 (KIP-896)"]
    cluster = make("2.8.2")
    notes = list(upgrade_problems.notes(*upgrade_problems.stages(cluster, all_at(cluster, "0.8.0"))))
    assert "all stop and start in one step" in notes[0]
    assert "log.message.format.version in conf/cluster.yaml keeps the old one" in notes[1]


def test_servers_that_cannot_form_an_ensemble_are_upgraded_together_or_not_at_all(make: Make) -> None:
    cluster = make("2.8.2")
    old, others = all_at(cluster, "0.8.0"), all_at(cluster, "1.1.1")
    servers = upgrade_problems.old_servers(old, "2.8.2")
    assert [ref.host for ref in servers] == ["a", "b", "c"]
    assert upgrade_problems.old_servers(others, "2.8.2") == ()
    assert upgrade_problems.ensemble_split(old, refs(cluster), "2.8.2") == ()
    brokers = [ref for ref in refs(cluster) if ref.role is Role.BROKER]
    assert upgrade_problems.ensemble_split(old, brokers, "2.8.2") == ()
    [problem] = upgrade_problems.ensemble_split(old, [*brokers, servers[1]], "2.8.2")
    assert str(problem).endswith("add a, c to the hosts [U15]")
    # Those that are left after a step that was cut off.
    rest = with_services(old, cluster, service(servers[0], "2.8.2", [], saved="0.8.0"))
    assert upgrade_problems.old_servers(rest, "2.8.2") == servers[1:]
    assert upgrade_problems.ensemble_split(rest, servers[1:], "2.8.2") == ()


VOTERS = {"controller.quorum.voters": "1@a:9093"}


@pytest.mark.parametrize("static", [Running(VOTERS), Running(on_disk=VOTERS)])
def test_a_static_quorum_stays_one(static: Running, make: Make) -> None:
    cluster = make("3.9.1", COMBINED)
    old = level.features("3.8.0")
    assert said(cluster, all_at(cluster, "3.8.0", old)) == []
    cluster.running["a", Role.BROKER] = static
    [text] = said(cluster, all_at(cluster, "3.8.0", old))
    assert text.startswith("the quorum is static (controller.quorum.voters), and 3.9.1 has a dynamic one by default")
    assert text.endswith("write `quorum: static` under `controller` in conf/cluster.yaml [U14]")
    assert said(cluster, all_at(cluster, "3.8.0", {**old, "kraft.version": 1})) == [], "it was made a dynamic one"
    cluster = make("3.9.1", COMBINED, "controller: {quorum: static}\n")
    cluster.running["a", Role.BROKER] = static
    assert said(cluster, all_at(cluster, "3.8.0", old)) == []
