"""Preferred leaders: whom another leads, what keeps the first replica from it, and who is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given

from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.preferred_leaders import ineligible_reason, off_preferred, preferred
from kafka_fab.gate.state import NOBODY, State
from kafka_fab.live import leader_election
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.locking.run_record import LeaderElection
from kafka_fab.operate.roll import return_leaders as rolled
from kafka_fab.operate.roll import runs
from kafka_fab.operate.roll.return_leaders import WARM, Leaders
from kafka_fab.operate.roll.roll_record import Leadership
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.runbook.codes import RollCode, coded
from tests.unit.gate.clusters import dice, ids, part, subset, zk


@pytest.mark.parametrize(
    ("leader", "changed", "lost"),
    [
        (2, {}, True),
        (1, {}, False),
        (NOBODY, {}, False),
        (2, {"adding": ids(2)}, False),
        (2, {"removing": ids(3)}, False),
    ],
)
def test_a_partition_is_off_preferred_when_led_by_another_and_not_moving(
    leader: int, changed: dict[str, Any], lost: bool
) -> None:
    assert bool(off_preferred(zk(part(leader=leader, **changed)))) == lost
    assert not off_preferred(zk(part(leader=leader, **changed), reassigning=frozenset({TopicPartition("orders", 3)})))


@pytest.mark.parametrize(
    ("isr", "up", "why"),
    [
        ((1, 2, 3), (1, 2, 3), ""),
        ((2, 3), (1, 2, 3), "broker 1 is out of sync"),
        ((2, 3), (2, 3), "broker 1 is down"),
        # Its end has not been noticed everywhere yet.
        ((1, 2, 3), (2, 3), "broker 1 is down"),
    ],
)
def test_only_one_that_is_up_and_in_sync_can_lead(isr: tuple[int, ...], up: tuple[int, ...], why: str) -> None:
    one = part(isr=isr, leader=2)
    assert ineligible_reason(one, zk(one, up=frozenset(up))) == why


@given(dice())
def test_whoever_is_elected_is_in_sync(dice: Random) -> None:
    every = (1, 2, 3)
    parts = []
    for number in range(8):
        replicas = tuple(dice.sample(every, 3))
        isr = subset(dice, every) or ids(2)
        parts.append(part(replicas, tuple(isr), number=number, leader=dice.choice(sorted(isr))))
    state: State = zk(*parts, up=subset(dice, every))
    elected = [one for one in off_preferred(state) if not ineligible_reason(one, state)]
    assert all(preferred(one) in one.isr & state.up and one.leader != preferred(one) for one in elected)
    others = [one for one in state.partitions if one not in elected]
    assert all(one.leader == one.replicas[0] or one.replicas[0] not in one.isr & state.up for one in others)


class Context:
    """As much of a roll as its leaders ask for."""

    def __init__(self, when: LeaderElection, state: State, stop_asked: bool = False) -> None:
        self.options = self.run = self.watch = self.board = self.events = self.stop = self
        self.leaders, self.asked, self._state = when, stop_asked, state
        self.cluster, self.targets = None, ()
        self.told, self.waits = list[str](), list[float]()

    def state(self) -> State:
        return self._state

    def emit(self, _host: str, kind: str, text: str) -> None:
        self.told.append(f"{kind}: {text}")

    def warn(self, host: str, text: str, code: RollCode) -> None:
        self.emit(host, "problem", coded(text, code))

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        self.waits.append(seconds)
        return condition()


class Roll:
    """Brokers that come back one after the other, and what is elected meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.elected: list[list[str]] = []
        self.refused: dict[TopicPartition, str] = {}
        monkeypatch.setattr(rolled, "time", self)
        monkeypatch.setattr(runs, "named", lambda *_: BROKERS)
        monkeypatch.setattr(leader_election, "elect", self.elect)

    def monotonic(self) -> float:
        return self.now

    def elect(self, _cluster: object, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, str]:
        self.elected.append([str(one) for one in partitions])
        return self.refused

    def go(self, context: Context, apart: float) -> Leadership:
        leaders = Leaders(context)  # type: ignore[arg-type]
        for one in BROKERS:
            self.now += apart
            leaders.between([one])
        leaders.at_the_end()
        return leaders.led()


@pytest.fixture
def roll(monkeypatch: pytest.MonkeyPatch) -> Roll:
    return Roll(monkeypatch)


BROKERS = tuple(ServiceRef(f"k{number}", Role.BROKER, "kafka", number) for number in (1, 2, 3))
LOST = zk(part(leader=2, number=0), part((2, 3, 1), leader=3, number=1), part((3, 1, 2), leader=1, number=2))
ALL = ["orders-0", "orders-1", "orders-2"]


def test_each_is_elected_when_it_has_been_back_for_a_while(roll: Roll) -> None:
    context = Context(LeaderElection.EACH, LOST)
    roll.go(context, apart=6.0)
    # When the third is back the first has been for twelve seconds, the second for six; the rest is waited for.
    assert roll.elected == [["orders-0"], ALL]
    assert context.waits[0] == WARM


def test_all_are_elected_at_the_end_when_the_last_one_is_warm(roll: Roll) -> None:
    context = Context(LeaderElection.END, LOST)
    led = roll.go(context, apart=60.0)
    assert roll.elected == [ALL]
    assert context.waits[0] == WARM
    assert led == Leadership(3, tuple(ALL))
    assert context.told == ["leaders: preferred leader election: 3 partitions"]


def test_one_that_an_earlier_part_has_restarted_is_warm_some_seconds_after_the_resume(roll: Roll) -> None:
    context = Context(LeaderElection.END, LOST)
    leaders = Leaders(context)  # type: ignore[arg-type]
    roll.now += 4.0
    leaders.at_the_end()
    assert (context.waits[0], roll.elected) == (WARM - 4.0, [ALL])


def test_nobody_waits_where_nothing_is_led_by_others(roll: Roll) -> None:
    context = Context(LeaderElection.END, zk(part()))
    assert roll.go(context, apart=1.0) == Leadership()
    assert context.waits == []


@pytest.mark.parametrize(("when", "stop_asked"), [(LeaderElection.NEVER, False), (LeaderElection.END, True)])
def test_nobody_is_elected_and_what_others_lead_is_known(when: LeaderElection, stop_asked: bool, roll: Roll) -> None:
    context = Context(when, LOST, stop_asked)
    assert roll.go(context, apart=60.0) == Leadership(0, tuple(ALL))
    assert (roll.elected, context.waits) == ([], [])


def test_one_out_of_sync_is_not_asked_for_and_a_refusal_is_told(roll: Roll) -> None:
    state = zk(part((1, 2), (2,), number=0), part((2, 1), leader=1, number=1), part((3, 1), leader=1, number=2))
    context, roll.refused = Context(LeaderElection.END, state), {TopicPartition("orders", 1): "it is not available"}
    assert roll.go(context, apart=1.0).elected == 1
    assert roll.elected == [["orders-1", "orders-2"]]
    assert context.told[-1] == "problem: orders-1: its preferred leader was not elected: it is not available [R52]"


def test_a_roll_goes_on_where_nobody_can_be_asked(roll: Roll, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> dict[str, str]:
        raise Unreachable("no broker takes admin requests")

    monkeypatch.setattr(leader_election, "elect", silent)
    context = Context(LeaderElection.END, LOST)
    assert roll.go(context, apart=1.0) == Leadership(0, tuple(ALL))
    assert context.told == ["problem: preferred leaders were not elected: no broker takes admin requests [R52]"]


def test_the_canarys_own_topic_is_nobodys_concern(roll: Roll) -> None:
    context = Context(LeaderElection.END, zk(part(leader=2, topic=TOPIC)))
    assert roll.go(context, apart=1.0) == Leadership()
    assert roll.elected == []


def test_many_partitions_are_asked_for_in_portions_by_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Answer:
        error_code, replica_election_results = 0, ()

    def ask(_admin: object, request: Any) -> Answer:
        asked.append({topic.topic: topic.partitions for topic in request.topic_partitions})
        return Answer()

    monkeypatch.setattr(AdminClient, "ask", ask)
    cluster = SimpleNamespace(running_release=SimpleNamespace(create_topics_version=2))
    partitions = [TopicPartition("a", 0), *(TopicPartition("b", number) for number in range(300))]
    assert leader_election.elect(cluster, partitions) == {}  # type: ignore[arg-type]
    assert asked == [{"a": [0], "b": [*range(199)]}, {"b": [*range(199, 300)]}]
