"""Terminal view: a roll on a terminal, redrawn in place; important events stay above it as lines."""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.order import order
from kafka_fab.gate.partition_case import assigned
from kafka_fab.gate.state import Blocker, State
from kafka_fab.operate.roll import frame_text
from kafka_fab.operate.roll.canary_run import CanaryRun
from kafka_fab.operate.roll.candidates import candidate
from kafka_fab.operate.roll.engine import Engine
from kafka_fab.operate.roll.frame_text import ScreenFrame, ServiceProgress, ServiceRow
from kafka_fab.operate.roll.plain_lines import line
from kafka_fab.operate.roll.restart import Restart
from kafka_fab.operate.roll.roll_events import RollEvent
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.operate.roll.runs import named
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.output import paint

PERIOD = 0.25
# How long the end of the roll waits for the last frame.
JOIN_SECONDS = 2.0
KEPT = ("problem", "interrupt", "canary")


def possible() -> bool:
    """Return whether standard output is a terminal that supports cursor movement."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class RollView:
    """Draws a roll on the terminal, from its beginning until after the canary's verdict.

    Only its own thread writes: a stopped terminal (Ctrl-S) must not block the roll, and events also come from a
    signal handler.
    """

    def __init__(self, engine: Engine, canary_run: CanaryRun) -> None:
        self._engine, self._canary_run = engine, canary_run
        context = self._context = engine.context
        self._targets = named(context.cluster, context.run.targets)
        self._width = max(map(len, context.cluster.nodes))
        self._colours = not os.environ.get("NO_COLOR")
        self._block, self._kept, self._waits_for = paint.Block(), deque[str](), ""
        self._began, self._over = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._repaint, daemon=True, name="view")

    def __enter__(self) -> "RollView":
        self._context.events.listeners.append(self)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.events.listeners.remove(self)
        self._over.set()
        self._thread.join(JOIN_SECONDS)
        self._paint([])

    def __call__(self, event: RollEvent) -> None:
        """Print an event above the block, if it is important."""
        if self._is_important(event):
            self._kept.append(line(event, self._width))

    def _is_important(self, event: RollEvent) -> bool:
        if event.kind == "gate":
            # The reason changes with each partition that catches up: the block shows that.
            news = event.host != self._waits_for
            self._waits_for = event.host
            return news
        if event.kind == "step":
            self._waits_for = ""
        return event.kind in KEPT or event.details.get("clean") is False

    def _repaint(self) -> None:
        while not self._over.wait(PERIOD):
            # Another thread may change a collection while it is read: the next frame shows it.
            with suppress(RuntimeError):
                lines = frame_text.lines(self._frame(), *paint.size())
                self._paint([self._coloured(*each) for each in lines])

    def _paint(self, lines: Sequence[str]) -> None:
        events = [self._kept.popleft() for _ in range(len(self._kept))]
        self._block.paint(lines, events)

    def _coloured(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if colour and self._colours else text

    def _recent(self) -> tuple[RestartStep, ...]:
        """Return the steps since the roll was started or resumed here: the pause before does not count."""
        began = time.time() - (time.monotonic() - self._began)
        return tuple(step for step in self._engine.steps if step.began >= began)

    def _frame(self) -> ScreenFrame:
        engine = self._engine
        found = rows(engine, self._targets)
        return ScreenFrame(
            f"{self._context.run.task} of {self._context.cluster.name}",
            found,
            waiting_for(engine),
            self._canary_run.pulse(),
            time.monotonic() - self._began,
            frame_text.left(self._recent(), found),
            self._context.stop.asked,
            self._canary_run.checking,
        )


def waiting_for(engine: Engine) -> tuple[Blocker, ...]:
    """Return what the roll waits for: before a step, after a restart, or after the last one."""
    if engine.has_begun and engine.steps and not engine.todo:
        return engine.not_recovered(engine.context.watch.state())
    busy = [restart for one, restart in engine.doing.items() if one in engine.todo]
    # Until one of them is ready, these are the reasons from before their step.
    return engine.waiting if not busy or any(restart.ready for restart in busy) else ()


def rows(engine: Engine, targets: Sequence[ServiceRef]) -> tuple[ServiceRow, ...]:
    """Return a row for each target: done, in progress, and waiting in the current restart order."""
    steps = {step.target: step.total for step in engine.steps}
    todo, doing, state = engine.todo, engine.doing, engine.context.watch.state()
    begun = bool(todo or doing) or (engine.has_begun and bool(steps))
    busy = [one for one in doing if one not in steps]
    waiting = [one for one in targets if one not in steps and one not in busy and (one in todo or not begun)]
    before = [one for one in targets if one not in steps and one not in busy and one not in waiting]
    return (
        *(ServiceRow(one.host, one.role, one.id, ServiceProgress.DONE, "done earlier") for one in before),
        *(ServiceRow(one.host, one.role, one.id, ServiceProgress.DONE, "done", total) for one, total in steps.items()),
        *(busy_row(one, doing[one], state) for one in busy),
        *(ServiceRow(one.host, one.role, one.id) for one in _in_order(waiting, state)),
    )


def _in_order(waiting: Sequence[ServiceRef], state: State) -> Sequence[ServiceRef]:
    mine = {candidate(one, state): one for one in waiting}
    return [mine[one] for one in order(mine, state)]


def busy_row(target: ServiceRef, restart: Restart, state: State) -> ServiceRow:
    """Return the row of a target that is being restarted."""
    words = frame_text.phase(restart.doing, missing(target, state))
    lost = restart.lost
    seconds = max(0.0, time.time() - restart.triggered)
    return ServiceRow(
        target.host, target.role, target.id, ServiceProgress.BUSY, f"{words}; {lost}" if lost else words, seconds
    )


def missing(target: ServiceRef, state: State) -> int:
    """Return how many partitions have a replica on a broker that is not in their ISR."""
    if target.role != Role.BROKER:
        return 0
    return sum(target.id in assigned(one) and target.id not in one.isr for one in state.partitions)
