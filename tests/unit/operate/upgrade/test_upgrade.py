"""Which services an upgrade restarts, and how it is refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import File, Restored, Saved
from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.roll import preview, runs
from kafka_fab.operate.roll.preview import Preview
from kafka_fab.operate.roll.roll_command import RollArguments
from kafka_fab.operate.upgrade import upgrade, way_back
from kafka_fab.operate.upgrade.upgrade import UpgradeArguments
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.operate.upgrade.way_back import WayBack
from kafka_fab.runbook.codes import UpgradeCode
from tests.unit.folders import ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs, service, with_services

PROTOCOL = "inter.broker.protocol.version"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")


def hosts(cluster: Cluster, *chosen: str) -> Any:
    return SimpleNamespace(cluster=cluster, hosts=chosen or cluster.inventory.hosts)


@pytest.mark.parametrize(("task", "taken"), [("upgrade", True), ("finalize", False), ("", False)])
def test_the_plan_of_a_way_back_says_what_it_takes_over(
    task: str, taken: bool, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = new_run(task, ()) if task else None
    monkeypatch.setattr(way_back, "read", lambda *_: WayBack("3.9.1", "2.8.2"))
    monkeypatch.setattr(preview, "preview", lambda *_: Preview((), None, ""))
    monkeypatch.setattr(runs, "interrupted", lambda _: run)
    pinned = {PROTOCOL: "2.8"}
    found = all_at(cluster, "3.9.1", saved="2.8.2", pins=pinned, running_pins=pinned)
    typed = UpgradeArguments(RollArguments(plan=True), rollback=True)
    assert upgrade._go_back(hosts(cluster), found, typed) == 0
    assert ("was interrupted: this takes it over" in capsys.readouterr().out) == taken


def test_those_that_run_or_start_with_another_version(cluster: Cluster) -> None:
    found = all_at(cluster, "3.9.1")
    assert upgrade._behind(found) == []
    first = refs(cluster)[0]
    found = with_services(found, cluster, service(first, "2.8.2", []))
    assert upgrade._behind(found) == [first]
    assert upgrade._behind(all_at(cluster, "2.8.2")) == list(refs(cluster))


def test_a_part_of_the_hosts(cluster: Cluster) -> None:
    every = list(refs(cluster))
    assert upgrade._limited(hosts(cluster), every, ()) == every
    assert {one.host for one in upgrade._limited(hosts(cluster), every, ["a, b"])} == {"a", "b"}
    assert {one.host for one in upgrade._limited(hosts(cluster), every, ["kafka"])} == {"a", "b", "c"}
    assert {one.host for one in upgrade._limited(hosts(cluster, "b", "c"), every, ["a", "b"])} == {"b"}
    with pytest.raises(OperationError) as refused:
        upgrade._limited(hosts(cluster), every, ["nobody"])
    assert "[R40]" in refused.value.text


def test_all_reasons_are_said_each_with_its_code() -> None:
    problems = (UpgradeProblem(UpgradeCode.NOT_PREPARED, "one"), UpgradeProblem(UpgradeCode.UNFIT, "two"))
    with pytest.raises(OperationError) as refused:
        upgrade._refuse(problems)
    assert (refused.value.exit_code, refused.value.text) == (2, "one [U2]\ntwo [U3]")
    upgrade._refuse(())


def test_what_is_changed_on_the_way_forward_and_back(cluster: Cluster) -> None:
    found = all_at(cluster, "2.8.2")
    broker = next(ref for ref in refs(cluster) if ref.role is Role.BROKER)
    forward = upgrade._options(hosts(cluster), found, RollArguments(), "upgrade")
    changed = forward.while_down(broker)
    assert isinstance(changed[0], Saved)
    [content] = [one.content for one in changed if isinstance(one, File) and one.path.endswith("server.properties")]
    assert f"{PROTOCOL}=2.8\n" in content
    assert not forward.backwards
    back = upgrade._options(hosts(cluster), found, RollArguments(), "upgrade.rollback")
    assert [type(one) for one in back.while_down(broker)] == [Restored]
    assert back.backwards
