"""Frame text: the state of a roll at one moment as lines of text. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kafka_fab.canary.ledger import CanaryPulse
from kafka_fab.gate.state import Blocker
from kafka_fab.operate.roll.roll_record import RestartStep
from kafka_fab.output.counted import counted


class ServiceProgress(StrEnum):
    """How far a service of a roll is."""

    WAITING = "waiting"
    BUSY = "busy"
    DONE = "done"


PLAIN, DIM, GREEN, YELLOW, BOLD, RED = "", "2", "32", "33", "1", "31"
# The names of the phases on the screen; those that are not here keep their own.
WORDS = {"triggered": "stopping", "started": "starting", "": "stopping"}
# A gap in the canary's writes that is worth a colour.
LONG_GAP = 1.0
# How many quarters of the terminal's lines the block takes: the events stand above it.
QUARTERS = 3

Line = tuple[str, str]


@dataclass(frozen=True)
class ServiceRow:
    """A target: its stage, its state in words, and its seconds so far or in total."""

    host: str
    role: str
    id: int
    stage: ServiceProgress = ServiceProgress.WAITING
    words: str = "waiting"
    seconds: float | None = None


@dataclass(frozen=True)
class ScreenFrame:
    """One frame: targets in the order in which they are shown, reasons to wait, the canary, and the time.

    `canary` is None where there is none; `left` where there is no estimate yet. `stopping`: the operator has asked to
    end after this step; `ending`: the roll is over, and the canary is being checked.
    """

    task: str
    rows: tuple[ServiceRow, ...]
    waits: tuple[Blocker, ...] = ()
    canary: CanaryPulse | None = None
    elapsed: float = 0.0
    left: float | None = None
    stopping: bool = False
    ending: bool = False


def phase(doing: str, missing: int) -> str:
    """Return a restart's phase in words, with the number of partitions that do not have the broker in their ISR."""
    if doing != "catching up":
        return WORDS.get(doing, doing)
    return f"catching up: {counted(missing, 'under-replicated partition')}" if missing else "in sync"


def left(steps: Sequence[RestartStep], rows: Iterable[ServiceRow]) -> float | None:
    """Return the estimated seconds left, by the pace of those done; None where a role has none done yet."""
    paces = {role: _pace([step for step in steps if step.target.role == role]) for role in _roles(steps)}
    rows = [row for row in rows if row.stage != ServiceProgress.DONE]
    if not rows or any(row.role not in paces for row in rows):
        return None
    return sum(max(0.0, paces[row.role] - (row.seconds or 0.0)) for row in rows)


def _roles(steps: Iterable[RestartStep]) -> set[str]:
    return {step.target.role for step in steps}


def _pace(steps: Sequence[RestartStep]) -> float:
    # From the first to the last: waits for the safety check count, and a batch shares its time.
    return (max(step.ended for step in steps) - min(step.began for step in steps)) / len(steps)


def lines(frame: ScreenFrame, width: int, height: int) -> list[Line]:
    """Return the frame as (text, colour) for a terminal of a size: each line fits, and one line stays free."""
    foot = [*_waits(frame.waits, width), _canary(frame), _summary(frame)]
    room = max(1, height * QUARTERS // 4 - len(foot))
    found = [*_rows(frame.rows, room), *foot]
    return [(cut(text, width - 1), colour) for text, colour in found][-max(1, height - 1) :]


def cut(text: str, width: int) -> str:
    """Return a text, or its beginning where it does not fit."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[: max(0, width)]


def _rows(rows: Sequence[ServiceRow], room: int) -> Iterator[Line]:
    hosts, roles = (max((len(word) for word in words), default=0) for words in _names(rows))
    ids = max((len(str(row.id)) for row in rows), default=0)
    shown = rows if len(rows) <= room else _most_relevant(rows, room - 1)
    for row in shown:
        seconds = "" if row.seconds is None else f"{row.seconds:6.1f} s"
        yield f"{row.host:<{hosts}}  {row.role:<{roles}}  {row.id:>{ids}}  {seconds:>8}  {row.words}", _colour(row)
    if len(shown) < len(rows):
        hidden = [row.stage for row in rows if row not in shown]
        done = hidden.count(ServiceProgress.DONE)
        yield f"and {done} done, {len(hidden) - done} waiting", DIM


def _names(rows: Sequence[ServiceRow]) -> tuple[list[str], list[str]]:
    return [row.host for row in rows], [row.role for row in rows]


def _most_relevant(rows: Sequence[ServiceRow], room: int) -> list[ServiceRow]:
    """Return the rows to show where not all fit: the busy ones, and the next ones."""
    return [
        row
        for stage in (ServiceProgress.BUSY, ServiceProgress.WAITING, ServiceProgress.DONE)
        for row in rows
        if row.stage == stage
    ][: max(0, room)]


def _colour(row: ServiceRow) -> str:
    return {ServiceProgress.WAITING: DIM, ServiceProgress.BUSY: BOLD, ServiceProgress.DONE: GREEN}[row.stage]


def _waits(waits: Sequence[Blocker], width: int) -> Iterator[Line]:
    if not waits:
        yield "idle", DIM
        return
    end = (f" (and {len(waits) - 1} more)" if len(waits) > 1 else "") + f" [{waits[0].code}]"
    yield f"{cut(f'waiting: {waits[0].text}', width - 1 - len(end))}{end}", YELLOW


def _canary(frame: ScreenFrame) -> Line:
    pulse = frame.canary
    if frame.ending and pulse:
        return "canary    reading all messages back", PLAIN
    if not pulse:
        return "canary    none", DIM
    errors = f", {pulse.errors} failed" if pulse.errors else ""
    text = f"canary    {pulse.ms:.0f} ms now, gap {pulse.gap:.1f} s, longest stall {pulse.stall:.2f} s{errors}"
    return text, RED if errors else YELLOW if pulse.gap > LONG_GAP else PLAIN


def _summary(frame: ScreenFrame) -> Line:
    done = sum(row.stage == ServiceProgress.DONE for row in frame.rows)
    return f"{frame.task}  {done} of {len(frame.rows)} done, {clock(frame.elapsed)}{_outlook(frame)}", BOLD


def _outlook(frame: ScreenFrame) -> str:
    if frame.ending:
        return ""
    if frame.stopping:
        return ", stops after this step"
    return f", about {clock(frame.left)} left" if frame.left is not None else ""


def clock(seconds: float) -> str:
    """Return a duration for a reader: 43 s, 4 min 03 s, 2 h 05 min."""
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60:02} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60:02} min"
