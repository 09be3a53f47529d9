"""Which services wait for a pass of a move, and how that is a problem."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.security import listener_changes
from kafka_fab.operate.status import move_due
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
PLAIN = "version: 4.3.1\n"
SECURED = f"{PLAIN}security: {{internal: mtls, listeners: {{clients: {{port: 9094, login: tls}}}}}}\n"


def cluster(path: Path, settings: str) -> Cluster:
    path.mkdir()
    return written(path, HOSTS, settings)


def running(path: Path, before: str, after: str, step: MovePass | None = None, on: str = "") -> Cluster:
    """Return a cluster that is to have some settings and runs with others; one host has been through a pass."""
    found, wanted = cluster(path / "before", before), cluster(path / "after", after)
    for one, target in zip(listener_changes.read(found), listener_changes.read(wanted), strict=True):
        now = one.wanted
        if step and one.target.host == on:
            now = transition.properties(now, target.wanted, step)
        wanted.running[one.target.host, one.target.role] = Running(now)
    return wanted


def test_each_service_waits_for_its_own_pass(tmp_path: Path) -> None:
    found = move_due.passes(running(tmp_path, PLAIN, SECURED, MovePass.ADD, "a"))
    broker, controller = Role.BROKER, Role.CONTROLLER
    add, switch = MovePass.ADD, MovePass.SWITCH
    assert found == {("a", broker): switch, ("b", broker): add, ("c", controller): add}
    [one] = move_due.problems(found, {"a", "c"})
    assert (one.code, one.names) == ("M7", ("b",))
    assert one.text == "b: kafka (add): the listeners are not those of conf/cluster.yaml yet (fab security.move)"


def test_the_way_back_is_a_move_too(tmp_path: Path) -> None:
    assert set(move_due.passes(running(tmp_path, SECURED, PLAIN)).values()) == {MovePass.ADD}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SECURED, SECURED),
        (SECURED, SECURED.replace("9094", "9096")),
        (PLAIN, PLAIN),
        (PLAIN, f"{PLAIN}kafka: {{port: 9192}}\n"),
    ],
)
def test_what_a_roll_applies_is_no_move(before: str, after: str, tmp_path: Path) -> None:
    assert move_due.passes(running(tmp_path, before, after)) == {}
