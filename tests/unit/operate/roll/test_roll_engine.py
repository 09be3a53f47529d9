"""What a roll's parts hand to each other: its context, what is still to be done and waited for, its baseline."""

from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.settings import Hook
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import Blocker, State, VoterState, Waivers
from kafka_fab.locking.operation_error import GATE, OperationError
from kafka_fab.operate.roll import recovery
from kafka_fab.operate.roll.admission import Admission
from kafka_fab.operate.roll.engine import Engine
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.roll_context import RollContext, Stop
from kafka_fab.operate.roll.roll_events import RollEvents
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.operate.roll.watch import Judge
from kafka_fab.runbook.codes import RollCode
from tests.unit.gate.clusters import ids, part, zk

K1, K2, K3 = (ServiceRef(f"k{number}", Role.BROKER, "kafka", number) for number in (1, 2, 3))
SHUT = Blocker(RollCode.NO_SPARE_REPLICA, "orders-0", "orders-0 would be lost", lasting=True)


class Watch:
    """A cluster that is in the states that a test puts it into."""

    def __init__(self, state: State) -> None:
        self.now, self.last, self.outages = state, None, dict[str, float]()
        self.asked: list[tuple[Judge, object, float, float]] = []

    def state(self) -> State:
        return self.now

    def stale(self) -> tuple[Blocker, ...]:
        return ()

    def clean(self, judge: Judge, name: object, seconds: float, since: float = 0.0) -> bool:
        self.asked.append((judge, name, seconds, since))
        return not list(judge(self.now))


def context_of(watch: Watch, options: Options | None = None) -> RollContext:
    fleet: Any = SimpleNamespace(cluster=SimpleNamespace(kraft=False, nodes={}, running={}))
    run: Any = SimpleNamespace(task="rolling-restart")
    locks: Any = SimpleNamespace(renew=lambda _: None)
    seen: Any = watch
    return RollContext(fleet, run, options or Options(), locks, RollEvents(), Signal(), seen, Stop())


def without(*down: int) -> State:
    return zk(part(), up=ids(1, 2, 3) - ids(*down))


def test_nobody_writes_into_a_rolls_context() -> None:
    context = context_of(Watch(without()))
    with pytest.raises(FrozenInstanceError):
        context.run = None  # type: ignore[misc, assignment]
    with pytest.raises(AttributeError):
        context.stop.asked = True  # type: ignore[misc]
    assert not context.stop.asked
    context.stop.ask()
    assert context.stop.asked


def test_one_done_before_is_started_if_it_is_down_and_needs_nothing_once_it_is_up() -> None:
    watch = Watch(without(2))
    admission = Admission(context_of(watch), (K3,), before=(K1, K2))
    admission.add_down(watch.state())
    assert admission.todo == (K3, K2)
    assert admission._choose() == (K2,)
    watch.now = without()
    assert admission._choose() == (K3,)
    watch.now = without(2)
    assert admission._choose() == (K3,), "it has been up meanwhile"
    admission.done((K3,))
    assert admission.todo == admission._choose() == ()


@pytest.mark.parametrize("touched", [False, True])
def test_a_safety_check_that_cannot_pass_says_how_to_continue_where_something_was_restarted(
    touched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafka_fab.operate.roll.admission.blockers", lambda *_: (SHUT,))
    monkeypatch.setattr("kafka_fab.operate.roll.admission.APART", -1.0)
    monkeypatch.setattr("kafka_fab.operate.roll.admission.presence.missing_quorum_members", lambda *_: ())
    admission = Admission(context_of(Watch(without())), (K1,), before=())
    with pytest.raises(OperationError, match="safety check cannot pass by itself for k1") as ended:
        admission.next(touched)
    assert (ended.value.exit_code, admission.waiting) == (GATE, (SHUT,))
    assert ended.value.text.endswith("--resume`") == touched


@pytest.mark.parametrize(
    ("gate", "restarts", "seen"),
    [((), (), ()), ((SHUT,), (), (SHUT,)), ((), ((), (SHUT,)), (SHUT,)), ((), ((), ()), ())],
)
def test_an_engine_waits_for_what_its_turn_or_its_restarts_wait_for(
    gate: tuple[Blocker, ...], restarts: tuple[tuple[Blocker, ...], ...], seen: tuple[Blocker, ...]
) -> None:
    engine, going = Engine(context_of(Watch(without())), leaders()), zip((K1, K2), restarts, strict=False)
    assert (engine.todo, engine.waiting, engine.has_begun) == ((), (), False)
    engine._admission = SimpleNamespace(waiting=gate, todo=(K1, K2))  # type: ignore[assignment]
    engine._doing = {one: SimpleNamespace(waiting=why) for one, why in going}  # type: ignore[misc]
    assert (engine.todo, engine.waiting) == ((K1, K2), seen)


def leaders() -> Any:
    return SimpleNamespace(led=lambda: None)


def test_a_record_has_what_is_not_proven_among_the_rest() -> None:
    engine = Engine(context_of(Watch(without())), leaders())
    done = RestartStep(K1, 0.0, 1.0, None, None, None, clean=True)
    engine.resume([done], [replace(done, target=K2)])
    record = engine.record(0.0, None, None)
    assert (record.steps, record.remaining, engine.resumed, engine.touched) == ((done,), (K2,), True, False)


def test_the_baseline_is_what_was_first_read_or_everything_in_sync() -> None:
    watch = Watch(replace(zk(part(isr=(1,)), part((2, 3), (2,), number=4)), brokers=ids(1, 2)))
    watch.last = watch.now  # type: ignore[assignment]
    found = recovery.baseline(context_of(watch))
    assert found.state is watch.now
    assert [one.isr for one in found.full().state.partitions] == [ids(1, 2), ids(2)]


def test_the_cluster_is_whole_where_it_is_what_it_was_and_others_may_move_replicas() -> None:
    before = zk(part())
    baseline = Baseline(before, Waivers(), Watch(before))  # type: ignore[arg-type]
    assert not baseline.not_recovered(before)
    assert not baseline.not_recovered(replace(before, reassigning=frozenset({TopicPartition("orders", 3)})))
    assert baseline.not_recovered(zk(part(isr=(1, 2))))


@pytest.mark.parametrize(("voter", "whole"), [(True, False), (False, True)])
def test_after_a_voter_another_leader_counts_from_its_election(voter: bool, whole: bool) -> None:
    def led(leader: int) -> State:
        return replace(zk(part()), quorum=VoterState(ids(1, 2), ids(1, 2), leader))

    watch = Watch(led(1))
    baseline = Baseline(watch.now, Waivers(), watch)  # type: ignore[arg-type]
    assert baseline.recovered_for(10.0, 5.0, voter)
    judge, name, seconds, since = watch.asked[-1]
    assert (name, seconds, since) == (("recovered", 1 if voter else -1), 10.0, 5.0)
    assert (not list(judge(led(2)))) == whole


class Turns:
    """An admission that lets the services pass one by one, and counts how often it was asked."""

    def __init__(self, *todo: ServiceRef) -> None:
        self.todo, self.asked = todo, 0
        self.waiting: tuple[Blocker, ...] = ()

    def next(self, _touched: bool) -> tuple[ServiceRef, ...]:
        self.asked += 1
        return self.todo[:1]


def rolled(hooks: dict[str, Hook], folder: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, Turns, list[str]]:
    """Return an engine whose services are restarted at once, and what was done in order."""
    context = context_of(Watch(without()))
    nodes = {one.host: SimpleNamespace(address=one.host) for one in (K1, K2, K3)}
    context.fleet.cluster = SimpleNamespace(folder=folder, name="kafka", nodes=nodes)  # type: ignore[assignment]
    context.run.id = "r1"  # type: ignore[misc]
    done: list[str] = []
    context.events.listeners.append(lambda event: done.append(f"{event.host} {event.text.partition(':')[0]}"))
    engine, turns = Engine(context, leaders(), hooks=hooks), Turns(K1, K2)

    def restart(_admission: object, _baseline: object, group: tuple[ServiceRef, ...]) -> None:
        done.append(f"{group[0].host} restarted")
        engine._touched = True
        engine._hooks.stopping(group)
        turns.todo = turns.todo[1:]
        step = RestartStep(group[0], 0.0, 1.0, None, None, None, clean=True)
        engine._unproven.append(step)
        engine._hooks.after(engine._not_proven())
        engine._unproven.clear()
        engine._steps.append(step)

    monkeypatch.setattr(engine, "_take", restart)
    return engine, turns, done


def go(engine: Engine, turns: Turns) -> None:
    with engine._hooks.released():
        while turns.todo:
            engine._next(turns, None)  # type: ignore[arg-type]


def test_the_safety_check_is_made_again_after_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, turns, done = rolled({"lb": Hook(before="true", after="true")}, tmp_path, monkeypatch)
    go(engine, turns)
    assert done == [
        "k1 hook lb (before)", "k1 restarted", "k1 hook lb (after)",
        "k2 hook lb (before)", "k2 restarted", "k2 hook lb (after)",
    ]  # fmt: skip
    assert turns.asked == 4
    assert not Engine(context_of(Watch(without())), leaders())._hooks


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 3", "k1: hook lb (before) failed: exit status 3: no output"),
        ("sleep 60", "k1: hook lb (before) failed: timed out after 1 s and was killed: no output"),
    ],
)
def test_a_hook_that_fails_or_hangs_ends_a_roll_before_the_stop_and_it_can_begin_anew(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = {"first": Hook(before="true", after="true"), "lb": Hook(before=command, timeout=1)}
    engine, turns, done = rolled(hooks, tmp_path, monkeypatch)
    with pytest.raises(OperationError) as ended:
        go(engine, turns)
    assert ended.value.text == f"{said} [R60]\nnothing was stopped; fix the hook, then run it again"
    assert ended.value.exit_code == GATE
    assert done == ["k1 hook first (before)", "k1 hook first (after)"], "what was prepared is taken back"
    assert not engine.touched


def test_one_that_fails_later_leaves_a_roll_to_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "test $KAFKA_FAB_HOST = k1"
    engine, turns, done = rolled({"lb": Hook(before=command)}, tmp_path, monkeypatch)
    with pytest.raises(OperationError, match="fix the hook, then continue with `fab rolling-restart --resume`"):
        go(engine, turns)
    assert (done[-1], engine.touched) == ("k1 restarted", True)


def test_one_that_fails_after_a_start_is_run_again_by_the_resumed_roll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = {"lb": Hook(after="test -e fixed")}
    engine, turns, done = rolled(hooks, tmp_path, monkeypatch)
    with pytest.raises(OperationError, match=r"k1 \(broker 1\) is in sync, and nothing else was stopped") as ended:
        go(engine, turns)
    assert "which runs it again" in ended.value.text
    assert engine.record(0.0, ended.value, None).remaining == (K1,), "it is not proven"

    (tmp_path / "fixed").write_text("")
    engine, turns, done = rolled(hooks, tmp_path, monkeypatch)
    turns.todo = (K2,)
    engine.resume([], [RestartStep(K1, 0.0, 1.0, None, None, None, clean=True)])
    go(engine, turns)
    assert done == ["k1 hook lb (after)", "k2 restarted", "k2 hook lb (after)"]
    assert turns.asked == 2
