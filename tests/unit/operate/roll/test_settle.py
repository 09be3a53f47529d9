"""For how long the cluster is looked at after a restart, and whose session did not outlive it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.node_rules import reregistered
from kafka_fab.gate.state import Waivers
from kafka_fab.operate.roll import stabilization
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.restart import Restart
from kafka_fab.operate.roll.service_ref import ServiceRef
from tests.unit.gate.clusters import zk

SESSION = 18.0


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zookeeper_session, "seconds", lambda _: SESSION)


def looked_at(role: Role = Role.BROKER, kraft: bool = False, strict: bool = False, **changed: Any) -> float:
    """A restart that took ten seconds, and one more to be in sync."""
    context: Any = SimpleNamespace(cluster=SimpleNamespace(kraft=kraft), options=SimpleNamespace(strict=strict))
    seen = {"voter": False, "maybe_unclean": False, "triggered": 100.0, "ready": 110.0, "in_sync": 111.0} | changed
    target = ServiceRef("k1", role, role, 1, voter=seen["voter"])
    times = stabilization.RestartTimes(seen["triggered"], seen["ready"], seen["in_sync"])
    return stabilization.seconds(context, target, times, seen["maybe_unclean"])


@pytest.mark.parametrize(
    ("restart", "seconds"),
    [
        ({}, 1.0),
        ({"voter": True, "kraft": True}, 10.0),
        ({"role": "zookeeper"}, SESSION / 3),
        ({"maybe_unclean": True}, 1.5 * SESSION),
        ({"role": "zookeeper", "maybe_unclean": True}, 1.5 * SESSION),
        ({"maybe_unclean": True, "kraft": True}, 13.5),
        ({"strict": True}, 1.5 * SESSION),
        ({"in_sync": 140.0}, 1.0),
        ({"in_sync": 140.5}, 1.5 * SESSION),
        ({"triggered": 0.0, "ready": 240.0, "in_sync": 241.0}, 1.0),
        ({"triggered": 0.0, "ready": 240.5, "in_sync": 241.0}, 1.5 * SESSION),
    ],
)
def test_an_odd_restart_is_looked_at_for_longer(restart: dict[str, Any], seconds: float) -> None:
    assert looked_at(**restart) == seconds


def test_a_broker_registers_anew_where_another_transaction_did_it() -> None:
    before, now = zk(registered={1: 10, 2: 20}), zk(registered={1: 10, 2: 31, 3: 32})
    assert reregistered(before, now) == (2,)
    assert reregistered(now, zk(registered={1: 10})) == ()


@pytest.mark.parametrize(("role", "maybe_unclean"), [("zookeeper", True), ("kafka", False)])
def test_a_session_that_ends_with_a_zookeeper_server_makes_its_restart_unsure(role: str, maybe_unclean: bool) -> None:
    states = [zk(registered={1: 10, 2: 20})]
    watch: Any = SimpleNamespace(state=lambda: states[-1], last=None)
    context, baseline = SimpleNamespace(watch=watch), Baseline(states[0], Waivers(), watch)
    restart = Restart(context, baseline, ServiceRef("k1", role, role, 1))  # type: ignore[arg-type]
    restart._following = SimpleNamespace(clean=True, controlled=True)  # type: ignore[assignment]
    assert not restart.maybe_unclean
    states.append(zk(registered={1: 31, 2: 20}))
    assert restart.maybe_unclean == maybe_unclean


@pytest.mark.parametrize(("clean", "controlled", "maybe_unclean"), [(1, 1, False), (1, 0, True), (0, 1, True)])
def test_a_stop_whose_leaders_were_not_moved_makes_a_restart_unsure(
    clean: bool, controlled: bool, maybe_unclean: bool
) -> None:
    watch: Any = SimpleNamespace(state=zk, last=None)
    context: Any = SimpleNamespace(watch=watch)
    restart = Restart(context, Baseline(zk(), Waivers(), watch), ServiceRef("k1", Role.BROKER, "kafka", 1))
    restart._following = SimpleNamespace(clean=bool(clean), controlled=bool(controlled))  # type: ignore[assignment]
    assert restart.maybe_unclean == maybe_unclean
