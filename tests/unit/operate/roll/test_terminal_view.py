"""A roll on a terminal: what its lines say, that they fit, and that painting leaves what it should."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.canary.ledger import CanaryPulse, Ledger
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Blocker, Ensemble, Partition, State
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.roll import frame_text, terminal_view
from kafka_fab.operate.roll.frame_text import ScreenFrame, ServiceProgress, ServiceRow, clock, cut, lines, phase
from kafka_fab.operate.roll.roll_context import Stop
from kafka_fab.operate.roll.roll_events import RollEvent, RollEvents
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.output import paint
from kafka_fab.runbook.codes import RollCode

K1, K2, K3 = (ServiceRef(f"k{number}", Role.BROKER, "kafka", number) for number in (1, 2, 3))
Z1 = ServiceRef("k1", Role.ZOOKEEPER, "zookeeper", 1)
RUN = Run("r", "ana", "desk", "2026", "rolling-restart", ("k1:kafka", "k2:kafka", "k3:kafka"))
LONG = Blocker(
    RollCode.TOO_FEW_LEFT,
    "orders-7",
    "orders-7 has in-sync replicas 1, 2 and needs 2; without broker 2 only broker 1 is left",
)


def step(target: ServiceRef, began: float, ended: float) -> RestartStep:
    return RestartStep(target, began, ended, 1.0, 1.0, 1.0, True)


def texts(of: ScreenFrame, width: int = 80, height: int = 24) -> list[str]:
    return [text for text, _ in lines(of, width, height)]


# Lines


def test_a_roll_half_way() -> None:
    rows = (
        ServiceRow("kafka1", "kafka", 1, ServiceProgress.DONE, "done", 33.25),
        ServiceRow("kafka2", "kafka", 2, ServiceProgress.BUSY, "catching up: 7 under-replicated partitions", 12.0),
        ServiceRow("k3", "controller", 101),
    )
    assert lines(ScreenFrame("rolling-restart", rows, (), CanaryPulse(12.4, 0.04, 9, 0, 1.84), 64.0, 60.0), 80, 24) == [
        ("kafka1  kafka         1    33.2 s  done", frame_text.GREEN),
        ("kafka2  kafka         2    12.0 s  catching up: 7 under-replicated partitions", frame_text.BOLD),
        ("k3      controller  101            waiting", frame_text.DIM),
        ("idle", frame_text.DIM),
        ("canary    12 ms now, gap 0.0 s, longest stall 1.84 s", frame_text.PLAIN),
        ("rolling-restart  1 of 3 done, 1 min 04 s, about 1 min 00 s left", frame_text.BOLD),
    ]


def test_the_gate_names_the_first_reason_and_counts_the_others_in_any_width() -> None:
    waits = (LONG, *(Blocker(RollCode.BROKER_DOWN, "2", "x"),) * 12)
    assert texts(ScreenFrame("roll", (), waits), 200)[0] == f"waiting: {LONG.text} (and 12 more) [R6]"
    assert texts(ScreenFrame("roll", (), waits))[0] == (
        "waiting: orders-7 has in-sync replicas 1, 2 and needs 2; ... (and 12 more) [R6]"
    )
    assert texts(ScreenFrame("roll", (), (LONG,)), 200)[0] == f"waiting: {LONG.text} [R6]"


@pytest.mark.parametrize(
    ("pulse", "ending", "text", "colour"),
    [
        (None, False, "canary    none", frame_text.DIM),
        (
            CanaryPulse(5, 2.5, 1, 0, 2.5),
            False,
            "canary    5 ms now, gap 2.5 s, longest stall 2.50 s",
            frame_text.YELLOW,
        ),
        (
            CanaryPulse(5, 0.1, 1, 3, 1),
            False,
            "canary    5 ms now, gap 0.1 s, longest stall 1.00 s, 3 failed",
            frame_text.RED,
        ),
        (CanaryPulse(5, 0.1), True, "canary    reading all messages back", frame_text.PLAIN),
        (None, True, "canary    none", frame_text.DIM),
    ],
)
def test_the_canary(pulse: CanaryPulse | None, ending: bool, text: str, colour: str) -> None:
    assert lines(ScreenFrame("roll", (), (), pulse, ending=ending), 80, 24)[1] == (text, colour)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, ""),
        ({"left": 5.0}, ", about 5 s left"),
        ({"left": 5.0, "stopping": True}, ", stops after this step"),
        ({"left": 5.0, "ending": True}, ""),
    ],
)
def test_the_last_line_says_what_is_to_come(more: dict[str, float], says: str) -> None:
    assert texts(ScreenFrame("roll", (), elapsed=7.0, **more))[-1] == f"roll  0 of 0 done, 7 s{says}"  # type: ignore[arg-type]


def test_of_more_targets_than_rows_those_are_seen_that_matter() -> None:
    rows = [ServiceRow(f"d{n}", "kafka", n, ServiceProgress.DONE, "done", 1.0) for n in range(30)]
    rows += [
        ServiceRow("now", "kafka", 30, ServiceProgress.BUSY, "starting", 1.0),
        *(ServiceRow(f"w{n}", "kafka", n) for n in range(31, 60)),
    ]
    seen = texts(ScreenFrame("roll", tuple(rows)))
    assert seen[0].startswith("now")
    assert [line.split()[0] for line in seen[1:14]] == [f"w{n}" for n in range(31, 44)]
    assert seen[14] == "and 30 done, 16 waiting"
    assert seen[-1].startswith("roll  30 of 60 done")


ROWS = st.builds(
    ServiceRow,
    st.text("abc.-1", min_size=1, max_size=40),
    st.sampled_from(["kafka", "zookeeper"]),
    st.integers(0, 99999),
    st.sampled_from([ServiceProgress.WAITING, ServiceProgress.BUSY, ServiceProgress.DONE]),
    st.text("xy ", max_size=50),
    st.none() | st.floats(0, 1e6),
)


@given(
    st.lists(ROWS, max_size=80).map(tuple),
    st.lists(st.just(LONG), max_size=3).map(tuple),
    st.integers(1, 200),
    st.integers(1, 70),
)
def test_every_line_fits_in_any_terminal(
    rows: tuple[ServiceRow, ...], waits: tuple[Blocker, ...], width: int, height: int
) -> None:
    found = texts(ScreenFrame("rolling-restart", rows, waits, CanaryPulse()), width, height)
    assert all(len(line) < width for line in found)
    assert len(found) <= max(1, height - 1)
    assert found[-1] == cut(texts(ScreenFrame("rolling-restart", rows, waits, CanaryPulse()), 999, 999)[-1], width - 1)


@given(st.text(max_size=30), st.integers(0, 40))
def test_a_cut_text_is_a_beginning(text: str, width: int) -> None:
    found = cut(text, width)
    assert len(found) <= width
    assert found == text if len(text) <= width else text.startswith(found.removesuffix("..."[:width]))


@pytest.mark.parametrize(
    ("doing", "missing", "words"),
    [
        ("triggered", 3, "stopping"),
        ("", 0, "stopping"),
        ("stopped", 3, "stopped"),
        ("started", 3, "starting"),
        ("catching up", 1, "catching up: 1 under-replicated partition"),
        ("catching up", 12, "catching up: 12 under-replicated partitions"),
        ("catching up", 0, "in sync"),
        ("in sync", 0, "in sync"),
    ],
)
def test_a_phase_in_words(doing: str, missing: int, words: str) -> None:
    assert phase(doing, missing) == words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (243, "4 min 03 s"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_a_duration_as_one_reads_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# What is left


def test_what_is_left_by_the_pace_of_each_role() -> None:
    steps = (step(Z1, 0, 10), step(K1, 20, 60), step(K2, 80, 120))
    waiting = [
        ServiceRow("k3", "kafka", 3),
        ServiceRow("k2", "zookeeper", 2),
        ServiceRow("k1", "kafka", 1, ServiceProgress.DONE, "done", 40.0),
    ]
    assert frame_text.left(steps, waiting) == 50 + 10, "a wait between two counts"
    assert frame_text.left(steps, [ServiceRow("k3", "kafka", 3, ServiceProgress.BUSY, "starting", 30.0)]) == 20
    assert frame_text.left(steps, [ServiceRow("k3", "kafka", 3, ServiceProgress.BUSY, "starting", 300.0)]) == 0


def test_nobody_knows_what_is_left_before_one_of_each_role_is_done() -> None:
    assert frame_text.left((), [ServiceRow("k3", "kafka", 3)]) is None
    assert frame_text.left((step(Z1, 0, 10),), [ServiceRow("k3", "kafka", 3)]) is None
    assert frame_text.left((step(K1, 0, 10),), [ServiceRow("k1", "kafka", 1, ServiceProgress.DONE)]) is None


def test_brokers_restarted_together_share_their_time() -> None:
    steps = (step(K1, 0, 30), step(K2, 0, 30))
    assert frame_text.left(steps, [ServiceRow("k3", "kafka", 3)]) == 15


# What is seen of an engine


STATE = State(
    frozenset({1, 2, 3}),
    frozenset({1, 2, 3}),
    (
        Partition("a", 0, 1, (1, 2), frozenset({1})),
        Partition("a", 1, 1, (1, 2), frozenset({1, 2})),
        Partition("a", 2, 1, (1, 2), frozenset({1}), removing=frozenset({2})),
        Partition("a", 3, 1, (1, 3), frozenset({1})),
    ),
    controller=1,
    ensemble=Ensemble(frozenset({1}), frozenset({1}), 1),
)


def engine(state: Callable[[], State] = lambda: STATE, **more: object) -> SimpleNamespace:
    found = {
        "context": SimpleNamespace(
            run=RUN,
            cluster=SimpleNamespace(name="prod", nodes=dict.fromkeys(("k1", "k2", "k3"))),
            stop=Stop(),
            events=RollEvents(),
            watch=SimpleNamespace(state=state),
        ),
        "todo": (),
        "steps": (),
        "doing": {},
        "waiting": (),
        "not_recovered": lambda _: (LONG,),
        "has_begun": True,
    }
    return SimpleNamespace(**(found | more))


def restart(doing: str, lost: str = "") -> SimpleNamespace:
    now = time.time()
    return SimpleNamespace(doing=doing, lost=lost, triggered=now, ready=now if doing == "catching up" else 0.0)


def told(found: SimpleNamespace) -> list[tuple[str, str]]:
    return [(row.host, row.words) for row in terminal_view.rows(found, (K1, K2, K3))]  # type: ignore[arg-type]


def test_a_roll_that_is_gone_on_with_waits_for_nothing_before_it_has_looked() -> None:
    found = engine(steps=[step(K3, 0, 12)], has_begun=False)
    assert told(found) == [("k3", "done"), ("k2", "waiting"), ("k1", "waiting")]
    assert terminal_view.waiting_for(found) == ()  # type: ignore[arg-type]


def test_before_the_roll_begins_all_wait_the_controller_for_the_end() -> None:
    assert told(engine()) == [("k2", "waiting"), ("k3", "waiting"), ("k1", "waiting")]


def test_rows_are_done_then_busy_then_waiting() -> None:
    found = engine(todo=[K1, K2], steps=[step(K3, 0, 12)], doing={K2: restart("catching up")})
    assert told(found) == [("k3", "done"), ("k2", "catching up: 1 under-replicated partition"), ("k1", "waiting")]


def test_what_an_earlier_session_has_done_is_done() -> None:
    assert told(engine(todo=[K3])) == [("k1", "done earlier"), ("k2", "done earlier"), ("k3", "waiting")]


def test_a_host_that_cannot_be_seen() -> None:
    found = engine(todo=[K1, K2, K3], doing={K2: restart("stopped", "the host hung up")})
    assert told(found)[0] == ("k2", "stopped; the host hung up")


def test_a_server_misses_no_partitions() -> None:
    assert terminal_view.missing(ServiceRef("k2", Role.ZOOKEEPER, "zookeeper", 2), STATE) == 0
    assert terminal_view.missing(K2, STATE) == 1, "a replica that is being removed is not missed"


def test_what_the_roll_waits_for() -> None:
    other = Blocker(RollCode.BROKER_DOWN, "1", "x")
    assert terminal_view.waiting_for(engine(todo=[K1], waiting=(other,))) == (other,)  # type: ignore[arg-type]
    going = engine(todo=[K1], waiting=(other,), doing={K1: restart("stopping")})
    assert terminal_view.waiting_for(going) == (), "what was waited for before a step is over"  # type: ignore[arg-type]
    back = engine(todo=[K1], waiting=(other,), doing={K1: restart("catching up")})
    assert terminal_view.waiting_for(back) == (other,)  # type: ignore[arg-type]
    done = engine(steps=[step(K1, 0, 1)])
    assert terminal_view.waiting_for(done) == (LONG,), "the cluster has not recovered"  # type: ignore[arg-type]


# Painting


class Terminal:
    """As much of a terminal as is painted on: rows, a cursor, and lines that wrap anew when the width changes."""

    def __init__(self, width: int = 80) -> None:
        self.lines, self.at, self.column, self.width = [""], 0, 0, width

    def write(self, text: str) -> None:
        for token in re.findall(r"\x1b\[\d*[A-Za-z]|\x1b\[[\d;]*m|\n|[^\x1b\n]+", text):
            self._take(token)

    def _take(self, token: str) -> None:
        if token == "\n":
            self._down()
            self.column = 0
        elif token.endswith("F") and token.startswith("\x1b"):
            self.at, self.column = max(0, self.at - int(token[2:-1] or 1)), 0
        elif token == "\x1b[K":
            self.lines[self.at] = self.lines[self.at][: self.column]
        elif token == "\x1b[J":
            del self.lines[self.at + 1 :]
            self.lines[self.at] = self.lines[self.at][: self.column]
        elif not token.startswith("\x1b"):
            self._print(token)

    def _print(self, text: str) -> None:
        for letter in text:
            if self.column == self.width:
                self._down()
                self.column = 0
            line = self.lines[self.at]
            self.lines[self.at] = line[: self.column].ljust(self.column) + letter + line[self.column + 1 :]
            self.column += 1

    def _down(self) -> None:
        self.at += 1
        if self.at == len(self.lines):
            self.lines.append("")

    def narrow(self, width: int) -> None:
        """Become narrower: what does not fit goes on in the next row."""
        rows = [line[at : at + width] for line in self.lines[: self.at] for at in range(0, max(1, len(line)), width)]
        self.lines, self.at, self.width, self.column = [*rows, self.lines[self.at]], len(rows), width, 0

    def flush(self) -> None:
        """All is there at once."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    # Not sys.stdout itself, which pytest puts back before each test.
    monkeypatch.setattr(paint, "sys", SimpleNamespace(stdout=made))
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((made.width, 24)))
    return made


def test_a_block_is_painted_over_in_place(terminal: Terminal) -> None:
    terminal.write("$ fab\n")
    block = paint.Block()
    for shown in (["one", "two two", "three"], ["1", "2", "3"], ["only"], ["now", "again two"]):
        block.paint(shown)
        assert terminal.lines == ["$ fab", *shown, ""]
    block.erase()
    terminal.write("after\n")
    assert terminal.lines == ["$ fab", "after", ""]


def test_what_is_told_stays_above_the_block(terminal: Terminal) -> None:
    block = paint.Block()
    block.paint(["x" * 70, "y"])
    block.paint(["z", "y"], ["told", "a" * 100])
    block.paint(["z", "y", "w"])
    block.paint([], ["last words"])
    assert terminal.lines == ["told", "a" * 80, "a" * 20, "last words", ""]


def test_nothing_is_erased_before_it_is_painted_anew(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    block = paint.Block()
    block.paint(["one", "two"])
    written: list[str] = []
    monkeypatch.setattr(terminal, "write", written.append)
    block.paint(["1", "2"])
    assert "".join(written) == "\x1b[2F1\x1b[K\n2\x1b[K\n\x1b[J"


def test_a_terminal_that_becomes_narrower_keeps_no_remains(terminal: Terminal) -> None:
    terminal.write("$ fab\n")
    block = paint.Block()
    block.paint([f"\x1b[1m{'x' * 60}\x1b[0m", "", "y" * 40])
    terminal.narrow(30)
    block.paint(["x" * 29, "", "y" * 29])
    assert terminal.lines == ["$ fab", "x" * 29, "", "y" * 29, ""]


def test_a_terminal_of_no_size_is_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((0, 0)))
    assert paint.size() == (80, 24)


# The view


@pytest.fixture
def shown(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., terminal_view.RollView]]:
    monkeypatch.setattr(terminal_view, "named", lambda *_: (K1, K2, K3))
    monkeypatch.setattr(terminal_view, "PERIOD", 0.001)
    monkeypatch.delenv("NO_COLOR", raising=False)
    canary_run = SimpleNamespace(pulse=lambda: None, checking=False)
    yield lambda **more: terminal_view.RollView(engine(**more), canary_run)  # type: ignore[arg-type]
    assert not [thread for thread in threading.enumerate() if thread.name == "view"], "its thread has ended"


def event(kind: str, host: str = "k1", text: str = "", **details: object) -> RollEvent:
    return RollEvent(0.0, host, kind, text or kind, details)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_the_view_paints_and_leaves_what_was_told(
    shown: Callable[..., terminal_view.RollView], terminal: Terminal
) -> None:
    with shown() as seen:
        until(lambda: "rolling-restart of prod  0 of 3 done, 0 s" in terminal.lines)
        seen._context.events.emit("k1", "problem", "took no step")
        until(lambda: any("took no step" in line for line in terminal.lines))
    assert [line[8:] for line in terminal.lines] == ["  k1  took no step", ""]
    assert seen not in seen._context.events.listeners


def test_after_an_exception_the_terminal_is_clean(
    shown: Callable[..., terminal_view.RollView], terminal: Terminal
) -> None:
    def interrupted() -> None:
        with shown():
            until(lambda: len(terminal.lines) > 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.lines == [""]


def test_a_noise_between_threads_stops_no_painting(
    shown: Callable[..., terminal_view.RollView], terminal: Terminal
) -> None:
    tries = []

    def state() -> State:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("dictionary changed size during iteration")
        return STATE

    with shown(state=state):
        until(lambda: len(terminal.lines) > 1)


def test_what_happens_at_the_very_end_is_told(shown: Callable[..., terminal_view.RollView], terminal: Terminal) -> None:
    with shown() as seen:
        seen(event("problem", text="last"))
    assert terminal.lines[0].endswith("k1  last")


def test_an_event_within_a_signal_handler_holds_nothing_up(
    shown: Callable[..., terminal_view.RollView], terminal: Terminal
) -> None:
    with shown() as seen:
        before = signal.signal(signal.SIGUSR1, lambda *_: seen(event("interrupt", text="asked")))
        try:
            for _ in range(50):
                os.kill(os.getpid(), signal.SIGUSR1)
                seen(event("problem"))
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert sum("asked" in line for line in terminal.lines) == 50


@pytest.mark.parametrize(
    ("happened", "matters"),
    [
        (event("problem"), True),
        (event("interrupt"), True),
        (event("canary"), True),
        (event("gate"), True),
        (event("stopped", clean=False), True),
        (event("stopped"), False),
        (event("step"), False),
        (event("done"), False),
        (event("end"), False),
    ],
)
def test_what_is_important_beyond_the_moment(
    shown: Callable[..., terminal_view.RollView], happened: RollEvent, matters: bool
) -> None:
    assert shown()._is_important(happened) is matters


def test_a_wait_is_told_once_for_each_step(shown: Callable[..., terminal_view.RollView]) -> None:
    seen = shown()
    events = [event("gate"), event("gate"), event("gate", "k2"), event("step", "k2"), event("gate", "k2")]
    assert [seen._is_important(one) for one in events] == [True, False, True, False, True]


@pytest.mark.parametrize(("value", "painted"), [(None, "\x1b[1mx\x1b[0m"), ("", "\x1b[1mx\x1b[0m"), ("1", "x")])
def test_no_color(
    value: str | None, painted: str, shown: Callable[..., terminal_view.RollView], monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    assert shown()._coloured("x", "1") == painted
    assert shown()._coloured("x", "") == "x"


@pytest.mark.parametrize(
    ("tty", "term", "is_possible"), [(True, "xterm", True), (True, "dumb", False), (False, "xterm", False)]
)
def test_where_a_view_is_possible(tty: bool, term: str, is_possible: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: tty)
    monkeypatch.setenv("TERM", term)
    assert terminal_view.possible() is is_possible


def test_the_pulse_knows_the_longest_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger([0, 1])
    now = [100.0]
    monkeypatch.setattr(ledger, "now", lambda: now[0])
    for at in (100.0, 103.0, 103.5):
        now[0] = at
        for partition in (0, 1):
            sequence, sent = ledger.send(partition)
            ledger.acknowledge(partition, sequence, sent, sequence)
    assert ledger.pulse().stall == 3.0
    now[0] = 108.5
    assert ledger.pulse().stall == 5.0, "also one that goes on"
    assert Ledger([]).pulse().stall == 0.0
