"""Who is missing for a majority, who is started first, and when a roll does not wait for it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Ensemble, State, VoterState
from kafka_fab.locking.operation_error import GATE, OperationError
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll import admission
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.presence import missing_quorum_members, stopped_majority
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.output.progress import HostProgress
from tests.unit.folders import written

ISOLATED = "[kafka]\na id=1\n[controller]\nd id=4\ne id=5\nf id=6\n"
WITH_ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\nd id=4\ne id=5\nf id=6\n"
COMBINED = "[kafka]\nd id=4\ne id=5\nf id=6\n[controller]\nd id=4\ne id=5\nf id=6\n"
ALL, NONE = frozenset({4, 5, 6}), frozenset[int]()


def loaded(folder: Path, hosts: str) -> Cluster:
    return written(folder, hosts, "version: 3.9.1\n")


def of(cluster: Cluster, *hosts: str) -> tuple[ServiceRef, ...]:
    return targets(cluster, hosts, ("zookeeper", "controller", "kafka"))


@pytest.mark.parametrize(
    ("quorum", "missing"),
    [
        (VoterState(ALL, ALL, 4), ""),
        (VoterState(ALL, frozenset({4, 5}), 4), ""),
        (VoterState(ALL, frozenset({4}), 4), "ef"),
        (None, "def"),
    ],
)
def test_the_voters_that_a_majority_misses(tmp_path: Path, quorum: VoterState | None, missing: str) -> None:
    cluster = loaded(tmp_path, ISOLATED)
    state = State(frozenset({1}), frozenset({1}), quorum=quorum)
    assert [one.host for one in missing_quorum_members(cluster, state)] == list(missing)


def test_the_servers_that_an_ensemble_misses(tmp_path: Path) -> None:
    cluster = loaded(tmp_path, WITH_ZOOKEEPER)
    state = State(frozenset({1}), NONE, ensemble=Ensemble(ALL, frozenset({4}), 4))
    assert [one.host for one in missing_quorum_members(cluster, state)] == ["e", "f"]


@pytest.mark.parametrize("hosts", [ISOLATED, COMBINED, WITH_ZOOKEEPER])
def test_a_majority_that_the_roll_does_not_start_does_not_come_by_itself(tmp_path: Path, hosts: str) -> None:
    cluster = loaded(tmp_path, hosts)
    stopped = of(cluster, "e", "f")
    assert stopped_majority(cluster, of(cluster, "d"), stopped) == stopped
    # One of them is the roll's own: it goes first by itself.
    assert stopped_majority(cluster, of(cluster, "d", "e"), stopped) == ()
    assert stopped_majority(cluster, of(cluster, "d"), stopped[:1]) == ()


class Hosts:
    """A fleet whose hosts tell the state of their units, or do not answer."""

    def __init__(self, states: dict[str, str]) -> None:
        self.states = states

    def run(self, work: Callable[[Any], Any], _task: str, names: Iterable[str]) -> list[HostProgress]:
        return [self._asked(work, name) for name in names]

    def _asked(self, work: Callable[[Any], Any], name: str) -> HostProgress:
        if name not in self.states:
            return HostProgress(name, error="no route")
        return HostProgress(name, value=work(SimpleNamespace(original_host=name)))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock of the turns, and let hosts answer from their table."""
    clock = [0.0]
    monkeypatch.setattr(admission, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return lambda now: clock.__setitem__(0, now)


def turn_of(
    monkeypatch: pytest.MonkeyPatch, folder: Path, states: dict[str, str], *todo: str
) -> tuple[admission.Admission, tuple[ServiceRef, ...]]:
    """Return a turn of a roll of some controllers, while no controller leads."""
    cluster, hosts = loaded(folder, ISOLATED), Hosts(states)
    monkeypatch.setattr(services, "unit_state", lambda c, _: hosts.states[c.original_host])
    state = State(frozenset({1}), frozenset({1}), unknown=("no controller leads the quorum",))
    mine = of(cluster, *todo)
    context: Any = SimpleNamespace(
        cluster=cluster, fleet=hosts, options=Options(), run=SimpleNamespace(task="roll"), board=Signal(),
        watch=SimpleNamespace(state=lambda: state, stale=tuple),
    )  # fmt: skip
    return admission.Admission(context, mine, before=()), mine


def test_a_roll_ends_soon_where_a_majority_is_stopped_that_it_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Callable[[float], None]
) -> None:
    states = {"d": "active running", "e": "inactive dead", "f": "failed failed"}
    it, todo = turn_of(monkeypatch, tmp_path, states, "d")
    for now in (10.0, 13.0, 16.0):
        at(now)
        assert it._look(todo)
    words = [one.text for one in it._blockers(todo, todo)]
    assert "kafka-controller is inactive dead: start it (fab -H e start)" in words[0]
    at(21.0)
    with pytest.raises(OperationError, match=r"fab -H e,f start") as ended:
        it._look(todo)
    assert ended.value.exit_code == GATE


def test_those_of_a_lost_quorum_that_are_stopped_go_first_each_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Callable[[float], None]
) -> None:
    states = {"d": "active running", "e": "inactive dead", "f": "activating auto-restart"}
    it, todo = turn_of(monkeypatch, tmp_path, states, "d", "e", "f")
    at(10.0)
    assert it._look(todo)
    assert [one.host for one in it._stopped(todo)] == ["e", "f"]
    assert [one.where for one in it._down(todo)] == ["d (controller 4)"]


def test_a_host_that_cannot_be_asked_is_not_taken_for_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Callable[[float], None]
) -> None:
    it, todo = turn_of(monkeypatch, tmp_path, {"d": "active running", "e": "inactive dead"}, "d", "e", "f")
    at(10.0)
    assert it._look(todo)
    assert [one.host for one in it._stopped(todo)] == ["e"]
    assert "f (controller 6): its host did not answer: no route" in [one.text for one in it._down(todo)]


@pytest.mark.parametrize(
    ("hosts", "role", "expected"),
    [
        (COMBINED, "kafka", {"/opt/kafka-logs", "/var/log/kafka"}),
        (ISOLATED, "controller", {"/var/lib/kafka-controller", "/var/log/kafka"}),
        (WITH_ZOOKEEPER, "zookeeper", {"/var/lib/zookeeper", "/var/log/zookeeper"}),
    ],
)
def test_all_that_a_service_writes_to_is_looked_at_before_it_is_stopped(
    tmp_path: Path, hosts: str, role: Role, expected: set[str]
) -> None:
    cluster = written(tmp_path, hosts, "version: 3.9.1\nkafka: {log_dirs: [/opt/kafka-logs]}\n")
    service = services.service_of(cluster, cluster.nodes["d"], role)
    assert set(services.written_to(cluster, cluster.nodes["d"], service)) == expected
