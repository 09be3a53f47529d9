"""What an upgrade would do, as an operator reads it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.operate.roll.preview import Preview
from kafka_fab.operate.upgrade import upgrade_plan
from kafka_fab.operate.upgrade.upgrade_plan import UpgradePlan
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.output.progress import HostProgress
from kafka_fab.runbook.codes import UpgradeCode
from tests.unit.folders import COMBINED, ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs

MAIN, NEW = "/etc/kafka/server.properties", "/etc/kafka/log4j2.yaml"


def test_the_files_of_each_host_and_which_of_them_were_edited_by_hand(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    plain = Change("would", "file", MAIN, "", ("@@ -1,1 +1,2 @@", "+x=1"))
    edited = Change("would", "file", MAIN, "edited by hand, a copy is kept", ("@@ -1,2 +1,2 @@", "-y=2", "+x=1"))
    added = Change("would", "file", NEW, "root:kafka 640", (f"--- {NEW}", f"+++ {NEW}", "@@ -0,0 +1,1 @@", "+a"))
    compared = [HostProgress("a", [plain, added]), HostProgress("b", [edited, added])]
    plan = UpgradePlan(all_at(cluster, "3.9.1", {"metadata.version": 21}), (), compared)
    assert upgrade_plan.text(cluster, plan, None).splitlines() == [
        "path: 3.9.1 -> 4.3.1",
        "until finalize metadata.version stays 3.9-IV0",
        "note: clients older than 2.1 cannot connect to 4.3.1 (KIP-896)",
        f"a: {MAIN}",
        "    @@ -1,1 +1,2 @@",
        "    +x=1",
        f"all hosts: {NEW} (new)",
        f"b: {MAIN} (edited by hand, a copy is kept)",
        "    @@ -1,2 +1,2 @@",
        "    -y=2",
        "    +x=1",
    ]


def test_what_blocks_comes_last(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    plan = UpgradePlan(all_at(cluster, "2.8.2"), (UpgradeProblem(UpgradeCode.UNFIT, "a: Java 7"),))
    said = upgrade_plan.text(cluster, plan, Preview((), None, ""))
    assert "until finalize brokers keep inter.broker.protocol.version=2.8" in said
    assert said.endswith("the upgrade cannot begin:\n  a: Java 7 [U3]")


def test_a_plan_has_what_blocks_a_part_of_the_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 2.8.2\nkafka: {chroot: ''}\n")
    monkeypatch.setattr(upgrade_plan, "unexpected", lambda _: frozenset())
    hosts: Any = SimpleNamespace(cluster=cluster, run=lambda _work, _task, _some: [])
    found = all_at(cluster, "0.8.0")
    assert upgrade_plan.read(hosts, found, refs(cluster)).problems == ()
    here = [ref for ref in refs(cluster) if ref.host == "b"]
    [problem] = upgrade_plan.read(hosts, found, here).problems
    assert str(problem).endswith("add a, c to the hosts [U15]")
