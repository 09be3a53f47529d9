"""The roll's pure parts: its terms, who is next, how long all was well, and what is told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.canary.notes import Notes
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate import gate
from kafka_fab.gate.state import Blocker, Ensemble, Leaving, Partition, State, VoterState, Waivers
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.locking import host_locks, lock_refusal
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import LeaderElection, Run, run_of
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import preview, roll_command, roll_operation, roll_table, runs
from kafka_fab.operate.roll import watch as watching
from kafka_fab.operate.roll.candidates import groups, next_group, refuse_unknown_topics
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.plain_lines import line
from kafka_fab.operate.roll.roll_command import RollArguments
from kafka_fab.operate.roll.roll_context import RollContext, Stop
from kafka_fab.operate.roll.roll_events import Journal, RollEvent
from kafka_fab.operate.roll.roll_record import Leadership, Record, RestartStep, as_words, step_of
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.operate.roll.watch import StateReading, Watch
from kafka_fab.runbook.codes import RollCode
from tests import json_schemas

BROKERS = tuple(ServiceRef(f"k{number}", Role.BROKER, "kafka", number) for number in (1, 2, 3))
SERVERS = tuple(ServiceRef(f"k{number}", Role.ZOOKEEPER, "zookeeper", number) for number in (1, 2, 3))
ALL = frozenset({1, 2, 3})
STATE = State(
    brokers=ALL,
    up=ALL,
    partitions=(Partition("orders", 0, 1, (1, 2, 3), ALL, min_isr=2),),
    controller=2,
    ensemble=Ensemble(ALL, ALL, leader=1, synced=2, pending=0),
)
RUN = Run("20260101-120000-ab12", "ana", "desk", "2026-01-01T12:00:00+0000", "rolling-restart", ("k1:kafka",))


@given(
    st.lists(st.from_regex(r"[a-z][a-z0-9.-]{0,9}:(kafka|controller|zookeeper)", fullmatch=True)),
    st.integers(1, 99),
    st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)),
    st.sampled_from(LeaderElection),
)
def test_a_run_is_read_from_its_own_words(
    targets: list[str], batch: int, accepted: list[str], leaders: LeaderElection
) -> None:
    run = replace(RUN, targets=tuple(targets), batch=batch, accepted=tuple(accepted), leaders=leaders)
    assert run_of(dict(word.split("=", 1) for word in run.words().split("\n"))) == run


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (RollArguments(stabilization="soon"), "--stabilization soon: must be auto or strict"),
        (RollArguments(batch=0), "--batch 0: must be at least 1"),
        (RollArguments(leaders="now"), "--leaders now: must be each, end or never"),
        (RollArguments(min_replicas=3), "--min-replicas 3: must be 1 or 2"),
        (RollArguments(accept_downtime=["a,*"]), "a wildcard is not accepted"),
        (RollArguments(max_lag=["billing"]), "--max-lag billing: must be GROUP=MESSAGES"),
        (RollArguments(max_lag=["=5"]), "must be GROUP=MESSAGES"),
    ],
)
def test_a_switch_that_makes_no_sense_is_refused_with_a_sentence(typed: RollArguments, said: str) -> None:
    with pytest.raises(OperationError) as refused:
        roll_command.options_of(typed)
    assert refused.value.exit_code == 2
    assert said in refused.value.text


def test_switches_become_options() -> None:
    typed = RollArguments(
        accept_downtime=["a, b", "c"], max_lag=["g=h=5"], stabilization="strict", batch=3, canary=False
    )
    options = roll_command.options_of(typed)
    assert options.allowed.downtime == {"a", "b", "c"}
    assert options.lags == (("g=h", 5),)
    assert (options.strict, options.batch, options.canary) == (True, 3, False)


@pytest.mark.parametrize(("typed", "leaders"), [("never", "end"), ("each", "each")])
def test_a_roll_is_gone_on_with_by_its_own_terms(typed: str, leaders: str) -> None:
    run = replace(RUN, batch=3, accepted=("a",), leaders=LeaderElection.END)
    options = runs.resumed(roll_command.options_of(RollArguments(accept_downtime=["b"], leaders=typed)), run)
    assert (options.batch, options.allowed.downtime, options.leaders) == (3, frozenset({"a", "b"}), leaders)


def test_a_roll_is_gone_on_with_by_all_that_it_was_let_pass() -> None:
    paths = ["/srv/a b", "/srv/c%20=d"]
    typed = RollArguments(min_replicas=1, allow_reassign=True, accept_quorum_outage=True, abandon_dir=paths)
    begun = roll_command.options_of(typed)
    words = dict(word.split("=", 1) for word in runs.new_run(begun, ()).words().split("\n"))
    assert all(" " not in value for value in words.values())
    options = runs.resumed(roll_command.options_of(RollArguments(abandon_dir=["/srv/e"])), run_of(words))
    assert options.allowed == begun.allowed
    assert options.abandoned == (*sorted(paths), "/srv/e")
    assert (
        runs.resumed(roll_command.options_of(RollArguments()), RUN).allowed
        == roll_command.options_of(RollArguments()).allowed
    )


def test_a_run_that_an_older_version_left_behind_elects_nobody() -> None:
    words = dict(word.split("=", 1) for word in RUN.words().split("\n"))
    assert run_of({key: value for key, value in words.items() if key != "leaders"}).leaders == "never"


def test_a_mistyped_topic_is_not_accepted() -> None:
    with pytest.raises(OperationError) as refused:
        refuse_unknown_topics(STATE, Waivers(downtime=frozenset({"order"})))
    assert refused.value.text == "--accept-downtime: no such topic: order (did you mean orders?) [R40]"
    refuse_unknown_topics(STATE, Waivers(downtime=frozenset({"orders"})))


def test_zookeeper_goes_before_the_brokers_and_each_leader_last() -> None:
    order = groups((*BROKERS, *SERVERS), STATE, Options())
    assert [(group[0].role, group[0].id) for group in order] == [
        ("zookeeper", 2), ("zookeeper", 3), ("zookeeper", 1), ("kafka", 1), ("kafka", 3), ("kafka", 2),
    ]  # fmt: skip


def test_a_way_back_goes_from_the_brokers_to_zookeeper_and_each_leader_is_last_all_the_same() -> None:
    order = groups((*BROKERS, *SERVERS), STATE, Options(backwards=True))
    assert [(group[0].role, group[0].id) for group in order] == [
        ("kafka", 1), ("kafka", 3), ("kafka", 2), ("zookeeper", 2), ("zookeeper", 3), ("zookeeper", 1),
    ]  # fmt: skip


def test_servers_that_cannot_form_an_ensemble_are_one_step_be_they_up_or_down() -> None:
    options = Options(allowed=Waivers(ensemble_outage=True))
    first, *others = groups((*BROKERS, *SERVERS), STATE, options)
    assert (set(first), [len(one) for one in others]) == (set(SERVERS), [1] * len(BROKERS))
    assert STATE.ensemble
    split = replace(STATE, ensemble=replace(STATE.ensemble, serving=frozenset({SERVERS[0].id})))
    assert set(next_group(SERVERS[1:], split, options)) == set(SERVERS[1:])
    assert blockers_of(split, SERVERS[1:], options) == []
    assert blockers_of(STATE, SERVERS, options) == []
    assert blockers_of(STATE, SERVERS, Options()) != []
    assert blockers_of(STATE, (*SERVERS, BROKERS[0]), options) == ["R22"]


def blockers_of(state: State, group: Iterable[ServiceRef], options: Options) -> list[str]:
    return [str(one.code) for one in gate.blockers(state, leaving(group), options.allowed)]


def test_who_is_down_goes_first() -> None:
    down = replace(STATE, up=frozenset({1, 2}))
    assert next_group(BROKERS, down, Options()) == (BROKERS[2],)


def test_a_quorum_without_a_majority_is_started_at_once() -> None:
    nodes = tuple(replace(one, voter=True) for one in BROKERS)
    down = State(ALL, frozenset(), quorum=VoterState(ALL, frozenset()), unknown=("no controller leads",))
    assert set(next_group(nodes, down, Options())) == set(nodes)


def test_those_of_a_lost_quorum_that_are_stopped_go_before_the_one_that_runs() -> None:
    nodes = tuple(replace(one, voter=True) for one in BROKERS)
    down = State(ALL, frozenset(), quorum=VoterState(ALL, frozenset()), unknown=("no controller leads",))
    assert groups(nodes, down, Options(), nodes[1:]) == (nodes[1:], nodes[:1])


def test_brokers_that_share_nothing_go_together_but_for_the_controller() -> None:
    apart = replace(STATE, partitions=())
    assert groups(BROKERS, apart, Options(batch=2)) == ((BROKERS[0], BROKERS[2]), (BROKERS[1],))


def test_a_combined_node_leaves_both_of_its_roles() -> None:
    assert leaving([replace(BROKERS[0], voter=True)]) == Leaving(brokers=frozenset({1}), voters=frozenset({1}))
    assert leaving([SERVERS[1]]) == Leaving(servers=frozenset({2}))


def watch_of(*ages: float, bad: frozenset[int] = frozenset()) -> Watch:
    """Return a watch with readings of some ages, the oldest first; the bad ones know something unknown."""
    watch = Watch.__new__(Watch)
    now = time.monotonic()
    states = [replace(STATE, unknown=("x",)) if at in bad else STATE for at in range(len(ages))]
    watch.readings = deque(StateReading(now - age, now - age, state) for age, state in zip(ages, states, strict=True))
    return watch


def judge(state: State) -> tuple[Blocker, ...]:
    return tuple(Blocker(RollCode.UNKNOWN, "cluster", text) for text in state.unknown)


@pytest.mark.parametrize(
    ("watch", "seconds", "since", "clean"),
    [
        (watch_of(1.5, 1.0, 0.5, 0.1), 1.0, 9e9, False),
        (watch_of(0.1), 0.0, 0.0, False),
        (watch_of(0.5, 0.1), 1.0, 0.0, False),
        (watch_of(3.0, 2.5), 0.2, 0.0, False),
        (watch_of(), 1.0, 0.0, False),
    ],
)
def test_a_cluster_is_not_clean(watch: Watch, seconds: float, since: float, clean: bool) -> None:
    assert watch.clean(judge, "x", seconds, since) is clean


def test_a_cluster_is_clean_for_as_long_as_every_reading_passes() -> None:
    assert watch_of(1.6, 1.2, 0.5, 0.1).clean(judge, "x", 1.0)
    assert watch_of(1.6, 1.2, 0.5, 0.1, bad=frozenset({0})).clean(judge, "x", 1.0)
    for bad in (1, 2, 3):
        assert not watch_of(1.6, 1.2, 0.5, 0.1, bad=frozenset({bad})).clean(judge, "x", 1.0)


def test_a_reading_that_arrives_while_others_are_judged_disturbs_nothing() -> None:
    watch = watch_of(1.6, 1.2, 0.5, 0.1)

    def slow(state: State) -> Iterable[Blocker]:
        watch.readings.append(watch.readings[-1])
        return judge(state)

    assert watch.clean(slow, "x", 1.0)


def test_a_silent_cluster_is_told_as_unknown() -> None:
    assert not watch_of(0.5).stale()
    (told,) = watch_of(30.0).stale()
    assert told.text.startswith("the cluster has not been read for 30 s")


def test_a_watch_rests_while_brokers_are_away_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    away: list[frozenset[int]] = []

    @contextmanager
    def source(_cluster: object) -> Iterator[Callable[[frozenset[int]], State]]:
        def read(expected: frozenset[int]) -> State:
            away.append(expected)
            return STATE

        yield read

    monkeypatch.setattr(watching, "source", source)
    monkeypatch.setattr(watching, "PAUSE", 0.0)
    monkeypatch.setattr(watching, "PAUSE_DOWN", 3600.0)
    board = Signal()
    watch = Watch(object(), board)  # type: ignore[arg-type]
    watch.expect_down(frozenset({1}))
    assert board.until(lambda: frozenset({1}) in away, 10)
    # One may have been under way.
    watch.read_now()
    assert board.until(lambda: away.count(frozenset({1})) >= 2, 10)
    watch.expect_down()
    assert board.until(lambda: away[-9:] == [frozenset()] * 9, 10), "it goes on by itself"
    assert away.count(frozenset({1})) <= 3
    watch.close()


def watched(monkeypatch: pytest.MonkeyPatch, read: Callable[[frozenset[int]], State]) -> Watch:
    """Return a watch whose readings come from a function."""

    @contextmanager
    def source(_cluster: object) -> Iterator[Callable[[frozenset[int]], State]]:
        yield read

    monkeypatch.setattr(watching, "source", source)
    return Watch(object(), Signal())  # type: ignore[arg-type]


def test_a_watch_that_is_closed_has_ended_its_last_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def read(_: frozenset[int]) -> State:
        begun.set()
        threading.Event().wait(0.2)
        ended.set()
        return STATE

    watch = watched(monkeypatch, read)
    assert begun.wait(10)
    watch.close()
    assert ended.is_set()
    assert not watch._thread.is_alive()


@pytest.mark.parametrize("closed", [True, False])
def test_a_pool_that_is_shut_down_ends_a_watch_that_is_closed(closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, raised = threading.Event(), threading.Event(), list[object]()

    def read(_: frozenset[int]) -> State:
        begun.set()
        go.wait(10)
        raise RuntimeError("cannot schedule new futures after shutdown")

    monkeypatch.setattr(threading, "excepthook", lambda found: raised.append(found.exc_value))
    monkeypatch.setattr(watching, "JOIN_SECONDS", 0.0)
    watch = watched(monkeypatch, read)
    assert begun.wait(10)
    if closed:
        watch.close()
    go.set()
    watch._thread.join(10)
    assert not watch._thread.is_alive()
    assert len(raised) == (not closed), "of a watch that is open it is a fault"


@pytest.mark.parametrize("ending", [OperationError(2, "held", RollCode.WRONG_SWITCH), KeyboardInterrupt()])
def test_a_roll_that_gets_no_locks_has_closed_its_watch(
    ending: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(*_: object) -> None:
        raise ending

    closed = list[bool]()
    watch = SimpleNamespace(close=lambda: closed.append(True), begin_with=lambda *_: None)
    cluster: Any = SimpleNamespace(folder=tmp_path, nodes={})
    hosts: Any = SimpleNamespace(cluster=cluster)
    made: Any = RollContext
    monkeypatch.setattr(roll_operation, "begin", lambda *given: made(*given, Signal(), watch, Stop()))
    monkeypatch.setattr(runs, "take", refused)
    with pytest.raises(type(ending)):
        roll_operation.roll(hosts, RUN, Options())
    assert closed


def stage(number: int, *blockers: Blocker, leads: bool = False, down: bool = False) -> preview.PreviewStep:
    return preview.PreviewStep((BROKERS[number - 1],), leads, down, blockers, ())


def test_a_preview_tells_order_gate_and_duration() -> None:
    shut = Blocker(RollCode.TOO_FEW_LEFT, "orders-0", "orders-0 has too few")
    found = preview.Preview(
        (stage(1, down=True), stage(3, shut), stage(2, shut, leads=True)), 17.6, "rolling-restart x"
    )
    text = preview.text(found)
    assert text.splitlines()[1:] == [
        "   1  k1    kafka                      down: started first",
        "   2  k3    kafka                      fails: 1",
        "   3  k2    kafka (active controller)  fails: 1",
        "the safety check fails:",
        "  orders-0 has too few [R6]",
        "3 services in 3 steps, about 18 s (as in rolling-restart x); nothing was changed",
    ]
    assert found.code == 3
    assert preview.Preview((stage(1),), None, "").code == 0
    assert preview.text(preview.Preview((stage(1),), None, "")).splitlines()[-1].startswith("1 service in 1 step, ")


RECORDED = {
    "run": "r7",
    "task": "security.move",
    "user": "ana",
    "machine": "admin",
    "since": "2026-11-28T08:00:00+0000",
}


@pytest.mark.parametrize(
    ("records", "code", "words"),
    [
        ({"k1": {}, "k2": {"owner": {}}}, None, ""),
        ({"k1": {}, "k2": {"owner": RECORDED}}, "L2", "continue with `fab security.move`"),
        ({"k1": {"owner": RECORDED, "holder": RECORDED}}, "L1", "another operation is in progress: security.move r7"),
    ],
)
def test_a_preview_is_refused_as_the_roll_would_be(
    records: dict[str, dict[str, dict[str, str]]],
    code: str | None,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = host_locks.taken(records)
    assert (taken and taken.code) == code
    if taken:
        monkeypatch.setattr(lock_refusal, "steps", lambda *_: {})
        found = preview.Preview((stage(1),), None, "", lock_refusal.refusal(object(), taken))  # type: ignore[arg-type]
        assert found.code == 2
        assert words in preview.text(found)
        assert words in preview.as_dict(found)["refused"]


@pytest.mark.parametrize(
    ("left", "task", "code"),
    [
        ({"owner": RECORDED | {"task": "upgrade"}}, "upgrade.rollback", 0),
        ({"owner": RECORDED | {"task": "upgrade"}}, "upgrade", 2),
        ({"owner": RECORDED | {"task": "upgrade.rollback"}}, "upgrade.rollback", 2),
        ({"owner": RECORDED}, "upgrade.rollback", 2),
        ({"holder": RECORDED | {"task": "upgrade"}}, "upgrade.rollback", 2),
    ],
)
def test_a_way_back_is_previewed_where_the_upgrade_was_interrupted(
    left: dict[str, dict[str, str]], task: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def source(_: object) -> Iterator[object]:
        yield lambda _: STATE

    monkeypatch.setattr(preview, "source", source)
    monkeypatch.setattr(host_locks, "look", lambda *_: {"k1": left})
    monkeypatch.setattr(lock_refusal, "steps", lambda *_: {})
    hosts: Any = SimpleNamespace(cluster=None)
    assert preview.preview(hosts, (), Options(task=task)).code == code


VERDICT = {
    "ok": True, "topic": "t", "acknowledged": 900, "lost": 0, "unread": 0, "reordered": 0, "duplicates": 0,
    "errors": {}, "stall": {"seconds": 1.25}, "during": "k2", "p99_ms": 800.0,
}  # fmt: skip
STEPS = (RestartStep(BROKERS[0], 100.0, 106.5, 0.5, 5.0, 0.25, clean=True),)


def test_the_table_tells_steps_canary_and_time() -> None:
    record = Record(RUN, 100.0, 107.0, 0, "", STEPS, canary=VERDICT)
    assert roll_table.text(record).splitlines() == [
        "host  service  id  stop  start  in sync  total",
        "k1    kafka     1  0.50   5.00     0.25   6.50",
        "canary: 900 messages acknowledged, 0 lost, 0 reordered, 0 duplicates, 0 errors",
        "longest stall 1.25 s (while k2 restarted); latency p99 800 ms",
        "1 service restarted in 7.0 s",
    ]


def test_the_table_tells_which_partitions_are_led_by_others() -> None:
    names = tuple(f"orders-{number}" for number in range(5))
    told = [
        roll_table.text(Record(RUN, 0.0, 7.0, 0, "", led=led))
        for led in (Leadership(), Leadership(1), Leadership(12, names[:1]), Leadership(0, names))
    ]
    assert "preferred" not in told[0]
    assert told[1].splitlines()[0] == "1 preferred leader elected"
    first, second, *_ = told[2].splitlines()
    assert first == "12 preferred leaders elected"
    assert second.startswith("1 partition is not led by the preferred leader (orders-0): run `fab elect-leaders`")
    assert told[3].startswith("5 partitions are not led by the preferred leader (orders-0, orders-1, orders-2, ...): ")


def test_a_roll_that_ended_early_tells_why_and_what_is_left() -> None:
    record = Record(RUN, 100.0, 107.0, 4, "k2 is not back", STEPS, BROKERS[1:], {"logs": 3.0})
    record = replace(record, no_canary="canary did not run: no restart was begun; message loss is not checked")
    assert roll_table.text(record).splitlines()[2:] == [
        "topic logs: a partition was offline or under min ISR for 3.0 s",
        "canary did not run: no restart was begun; message loss is not checked",
        "k2 is not back",
        "1 restarted, 2 not, after 7.0 s (exit code 4)",
    ]
    assert record.as_dict()["remaining"][0]["host"] == "k2"


def test_an_event_is_a_line_with_its_time_and_host() -> None:
    assert line(RollEvent(0.0, "k1", "stopped", "stopped cleanly"), 4).endswith("  k1    stopped cleanly")


@given(
    st.floats(1e9, 2e9),
    st.floats(0, 600),
    *(st.one_of(st.none(), st.floats(0, 600)) for _ in range(3)),
    st.tuples(st.booleans(), st.booleans()),
)
def test_a_step_is_read_from_its_hosts_words(
    began: float, took: float, stop: float | None, start: float | None, sync: float | None, how: tuple[bool, bool]
) -> None:
    step = RestartStep(BROKERS[0], began, began + took, stop, start, sync, *how)
    found = step_of(BROKERS[0], dict(word.split("=", 1) for word in as_words(step).split()))
    assert (found.target, found.clean, found.controlled) == (step.target, *how)
    for name in ("began", "ended", "stop", "start", "sync"):
        wanted = getattr(step, name)
        assert getattr(found, name) == (None if wanted is None else pytest.approx(wanted, abs=1e-3))


def test_a_step_that_nobody_saw_back_tells_what_its_host_knows() -> None:
    told = {"triggered-time": "100", "started-time": "103", "stopping-at": "7.5", "stopped-at": "8.25", "clean": "1"}
    assert step_of(BROKERS[0], told) == RestartStep(BROKERS[0], 100, 103, 0.75, None, None, True)


def test_a_resumed_roll_is_as_old_as_its_run() -> None:
    assert roll_operation.began_of(RUN) == 1767268800
    assert roll_operation.began_of(replace(RUN, since="?")) == pytest.approx(time.time(), abs=60)


def test_outages_of_before_are_those_of_the_last_step_in_the_journal(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    assert roll_operation.outages_of(file) == {}
    journal = Journal(file)
    for outages in ({}, {"a": 1.5}):
        journal(RollEvent(0.0, "k1", "done", "back", {"outages": outages}))
    journal(RollEvent(0.0, "k2", "step", "stops"))
    assert roll_operation.outages_of(file) == {"a": 1.5}


def reading(at: float, *closed: str) -> StateReading:
    parts = tuple(
        Partition(topic, 0, -1 if topic in closed else 1, (1, 2, 3), ALL, min_isr=2) for topic in ("a", "b", "c")
    )
    return StateReading(at, at, replace(STATE, partitions=parts))


def test_what_took_no_writes_before_the_roll_is_not_its_doing_until_it_does() -> None:
    watch = watch_of(1.0)
    watch.outages, watch._excused = {}, None
    readings = [reading(0, "a"), reading(1, "a"), reading(2, "a", "b"), reading(3), reading(4, "a")]
    for before, now in pairwise(readings):
        watch._count_outages(before, now)
    assert watch.outages == {"b": 1.0, "a": 1.0}


def test_what_was_under_min_isr_before_the_roll_and_goes_offline_in_it_is_an_outage() -> None:
    # As a topic with one replica where the brokers ask for two.
    watch = watch_of(1.0)
    watch.outages, watch._excused = {}, None
    for at, leader in ((0, 1), (1, 1), (2, -1), (3, 1)):
        part = Partition("single", 0, leader, (1,), frozenset({1}), min_isr=2)
        now = StateReading(at, at, replace(STATE, partitions=(part,)))
        watch._count_outages(replace(now, began=at - 1, ended=at - 1), now)
    assert watch.outages == {"single": 1.0}


def test_a_reading_that_tells_nothing_excuses_nothing_and_keeps_what_is_excused() -> None:
    watch, nothing = watch_of(1.0), replace(STATE, partitions=(), unknown=("no answer",))
    watch.outages, watch._excused = {}, None
    readings = [
        reading(0, "a"),
        StateReading(1, 1, nothing),
        reading(2, "a"),
        StateReading(3, 3, nothing),
        reading(4, "a"),
    ]
    for before, now in pairwise(readings):
        watch._count_outages(before, now)
    assert watch.outages == {}


def test_what_took_no_writes_before_a_resume_may_be_the_rolls_own_doing() -> None:
    watch = watch_of(1.0)
    watch.begin_with({"a": 2.0}, resumed=True)
    watch._count_outages(reading(0, "a"), reading(1, "a"))
    assert watch.outages == {"a": 3.0}


def test_what_a_canary_of_before_wrote_on_another_machine_is_said_to_be_unchecked() -> None:
    run, notes = replace(RUN, canary=True), Notes(Path("/nonexistent"))
    assert "their notes are on desk" in roll_operation._unchecked(run, notes, Options())
    assert "--no-canary" in roll_operation._unchecked(run, notes, Options(canary=False))
    assert not roll_operation._unchecked(replace(run, machine=socket.gethostname()), notes, Options())
    assert not roll_operation._unchecked(RUN, notes, Options())


def test_what_the_canary_will_not_prove_is_said_when_a_roll_is_resumed() -> None:
    one: Any = SimpleNamespace(unchecked="their notes are on desk", missing=lambda left: "" if left else "no canary")
    said = [
        list(roll_operation._said_first(one, Options(canary=typed), left))
        for typed, left in product((True, False), repeat=2)
    ]
    assert said == [["their notes are on desk"], ["their notes are on desk", "no canary"], [], ["no canary"]]


@pytest.mark.parametrize("as_json", [False, True])
def test_with_nothing_to_restart_a_roll_prints_what_its_reader_expects(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts: Any = SimpleNamespace(cluster=SimpleNamespace(name="prod"))
    monkeypatch.setattr(running, "require_own", lambda _: None)
    monkeypatch.setattr(runs, "selected", lambda *_: ())
    assert roll_command._carry_out(hosts, RollArguments(changed=True, json=as_json)) == 0
    printed = capsys.readouterr().out
    if not as_json:
        assert printed == "nothing to restart: every service runs the configuration and version on disk\n"
        return
    found = json.loads(printed)
    assert (found["task"], found["cluster"], found["run"]) == ("rolling-restart", "prod", None)
    assert (found["exit"], found["reason"], found["steps"], found["remaining"]) == (0, "", [], [])
    assert not json_schemas.faults("rolling-restart", found)


def test_a_canary_that_cannot_be_read_back_ends_the_roll_with_what_to_do() -> None:
    def unread(*_: object) -> None:
        raise Unreachable("a cannot be resolved")

    engine = SimpleNamespace(
        close=lambda: None, resumed=True, touched=False, steps=(), context=SimpleNamespace(run=RUN)
    )
    failure, verdict = roll_operation._outcome(engine, SimpleNamespace(end=unread), lambda: None)  # type: ignore[arg-type]
    assert verdict is None
    assert failure
    assert (failure.exit_code, failure.code) == (3, "R38")
    assert "a cannot be resolved" in failure.text
    assert "--no-canary" in failure.text
