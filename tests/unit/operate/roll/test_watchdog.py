"""When a service that was restarted is given up."""

from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import State
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.operate.roll import watchdog
from kafka_fab.operate.roll.roll_events import RollEvent, RollEvents
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.roll.watchdog import Watchdog

SESSION = 6
DEAD = {"ActiveState": "activating", "SubState": "auto-restart"}
RUNNING = {"ActiveState": "active", "SubState": "running"}


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watchdog, "time", clock)
    monkeypatch.setattr(zookeeper_session, "longest", lambda _: SESSION)
    monkeypatch.setattr(Watchdog, "_log_tail", lambda _: "ERROR Exiting Kafka")
    return clock


class Service:
    """A broker that was restarted: what its host tells of it, and who is registered; as much of a context."""

    def __init__(self, *up: int, role: Role = Role.BROKER, kraft: bool = False, ready: float = 0.0) -> None:
        self.up, self.target = up, ServiceRef("k1", role, role, 1)
        self.told: list[RollEvent] = []
        self.since_start, self.events, self.ready = DEAD, RollEvents(self.told.append), ready
        self.read_at, self.cluster = 2.0, SimpleNamespace(kraft=kraft)
        self.watch, self.run = self, SimpleNamespace(task="rolling-restart")
        self.limits = Watchdog(self, self.target)  # type: ignore[arg-type]

    @property
    def last(self) -> Any:
        return SimpleNamespace(began=self.read_at, state=State(frozenset({1, 2}), frozenset(self.up)))

    @property
    def following(self) -> Any:
        return SimpleNamespace(
            lost="",
            ended_early="",
            phase="started",
            progressed_at=1e9,
            starting_since=1.0,
            since_start=self.since_start,
        )

    @property
    def given_up(self) -> bool:
        try:
            self.limits.refuse_dead(self.following, serves=bool(self.ready))
        except OperationError as ended:
            return "is not back: its process exited" in ended.text
        return False


def test_a_broker_that_met_its_own_registration_is_waited_for(clock: Clock) -> None:
    service = Service(1, 2)
    assert not service.given_up
    service.up = (2,)
    clock.now += SESSION + watchdog.AGAIN - 1
    assert not service.given_up, "its registration is gone, systemd is about to start it"
    assert [event.kind for event in service.told] == ["problem"]
    assert service.limits.met_old_registration


def test_a_registration_that_ends_before_its_broker_is_seen_to_have_ended(clock: Clock) -> None:
    service = Service(1, 2)
    service.since_start = RUNNING
    assert not service.given_up
    service.since_start, service.up = DEAD, (2,)
    assert not service.given_up


def test_a_registration_that_was_read_before_it_said_goodbye_says_nothing(clock: Clock) -> None:
    service = Service(1, 2)
    service.read_at = 0.5
    assert service.given_up


def test_a_broker_that_keeps_ending_is_given_up(clock: Clock) -> None:
    service = Service(1, 2)
    assert not service.given_up
    service.since_start = RUNNING
    clock.now += SESSION + watchdog.AGAIN + 1
    assert not service.given_up
    service.since_start = DEAD
    assert service.given_up


@pytest.mark.parametrize(
    "service",
    [
        Service(2),
        Service(1, 2, kraft=True),
        Service(1, 2, role=Role.ZOOKEEPER),
        Service(1, 2, ready=1.0),
    ],
    ids=["not registered", "KRaft", "ZooKeeper", "served already"],
)
def test_another_that_has_ended_is_given_up_at_once(service: Service, clock: Clock) -> None:
    assert service.given_up
    assert not service.limits.met_old_registration


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("rolling-restart", "fix it, then `fab rolling-restart --resume`"),
        ("upgrade", "`fab upgrade --resume`, or bring it back with `fab upgrade --rollback --limit k1`"),
    ],
)
def test_how_to_go_on_after_a_service_is_not_back(task: str, words: str, clock: Clock) -> None:
    service = Service(role=Role.CONTROLLER, kraft=True)
    service.run.task = task
    with pytest.raises(OperationError) as given_up:
        service.limits.refuse_dead(service.following, serves=False)
    assert given_up.value.text.rstrip().endswith(words)


@pytest.mark.parametrize(("role", "ends"), [(Role.ZOOKEEPER, True), (Role.BROKER, False)])
def test_a_server_that_never_joins_its_ensemble_has_failed_however_busy_it_is(
    role: Role, ends: bool, clock: Clock
) -> None:
    service = Service(1, 2, role=role)
    service.since_start = RUNNING
    clock.now = 1.0 + watchdog.STALLED
    service.limits.refuse_dead(service.following, serves=False)
    clock.now += 1
    if not ends:
        # A broker may have logs to recover for hours.
        return service.limits.refuse_dead(service.following, serves=False)
    with pytest.raises(OperationError, match="has not joined its ensemble for 301 s"):
        service.limits.refuse_dead(service.following, serves=False)
    return None
