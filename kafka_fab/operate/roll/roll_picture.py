"""Roll picture: the geometry of a roll's timeline: bars over time, and the canary's latency below. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka_fab.operate.roll import axes
from kafka_fab.operate.roll.axes import GridLine, Time
from kafka_fab.operate.roll.roll_record import Record, RestartStep

WIDTH, RIGHT, TOP, BOTTOM = 960.0, 16.0, 24.0, 24.0
# A letter of a label, and how many of them a label has at most.
LETTER, LETTERS = 6.6, 30
# Between bars and curve, where the longest stall is named; and the curve's own height.
STRIP, CURVE = 44.0, 150.0
# The room that a total needs beside its bar.
TOTAL_WIDTH = 56.0
# A phase and a stall stay visible, however short.
LEAST = 1.5
WORDS = {"stop": "stopped in", "start": "started in", "sync": "caught up in", "watch": "stabilized for"}


@dataclass(frozen=True)
class RestartPhase:
    """A phase of a restart: from where, how wide, and in words."""

    phase: str
    x: float
    width: float
    words: str


@dataclass(frozen=True)
class Label:
    """A text beside something: where, and which of its ends (start or end) is there."""

    x: float
    anchor: str
    text: str


@dataclass(frozen=True)
class ServiceBar:
    """A service's line: its middle, its phases, and its total where there is room for it."""

    y: float
    label: str
    clean: bool
    parts: tuple[RestartPhase, ...]
    total: Label | None


@dataclass(frozen=True)
class StallMark:
    """The longest stall: from where, how wide, and its name."""

    x: float
    width: float
    name: Label


@dataclass(frozen=True)
class LatencyCurve:
    """The canary's latency: its grid, its points, and its longest stall."""

    top: float
    bottom: float
    levels: tuple[GridLine, ...]
    points: tuple[tuple[float, float], ...]
    stall: StallMark | None


@dataclass(frozen=True)
class RollPicture:
    """The drawing; the bars end at `floor`, and there is no curve without a canary."""

    left: float
    pitch: float
    floor: float
    height: float
    ticks: tuple[GridLine, ...]
    bars: tuple[ServiceBar, ...]
    curve: LatencyCurve | None
    top: float = TOP
    width: float = WIDTH
    right: float = WIDTH - RIGHT


def picture(record: Record) -> RollPicture:
    """Return the drawing of a roll."""
    labels = _labels(record.steps)
    left = max(70.0, LETTER * max(map(len, labels), default=0) + 14)
    time = Time(record.began, max(1.0, record.ended - record.began), left, WIDTH - RIGHT)
    pitch = _pitch(len(labels))
    floor = TOP + pitch * len(labels)
    curve = _curve(record.canary, time, floor) if record.canary and record.canary["curve"] else None
    lines = enumerate(zip(record.steps, labels, strict=True))
    bars = tuple(_bar(step, label, time, TOP + pitch * (number + 0.5)) for number, (step, label) in lines)
    return RollPicture(left, pitch, floor, (curve.bottom if curve else floor) + BOTTOM, time.marks(), bars, curve)


def _labels(steps: Sequence[RestartStep]) -> list[str]:
    """Return the labels of the bars: the host, and the service where there are several roles."""
    several = len({step.target.role for step in steps}) > 1
    texts = (f"{step.target.host} {step.target.role}" if several else step.target.host for step in steps)
    return [text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…" for text in texts]


def _pitch(services: int) -> float:
    """Return the height of a bar's line: the more services, the lower."""
    return 26.0 if services <= 12 else 19.0 if services <= 30 else 15.0


def _bar(step: RestartStep, label: str, time: Time, y: float) -> ServiceBar:
    return ServiceBar(y, label, step.clean, tuple(_parts(step, time)), _total(step, time))


def _total(step: RestartStep, time: Time) -> Label | None:
    began, ended, text = time.x(step.began), time.x(step.ended), f"{step.total:.1f} s"
    if ended + TOTAL_WIDTH < time.right:
        return Label(ended + 5, "start", text)
    return Label(began - 5, "end", text) if began - TOTAL_WIDTH > time.left else None


def _parts(step: RestartStep, time: Time) -> Iterator[RestartPhase]:
    at = step.began
    for phase, seconds in (("stop", step.stop), ("start", step.start), ("sync", step.sync)):
        if seconds is not None:
            yield _part(step, phase, time, at, at + seconds)
            at += seconds
    if at < step.ended:
        yield _part(step, "watch", time, at, step.ended)


def _part(step: RestartStep, phase: str, time: Time, began: float, ended: float) -> RestartPhase:
    x, width = _stretch(time, began, ended)
    return RestartPhase(phase, x, width, f"{step.target.name} {WORDS[phase]} {ended - began:.1f} s")


def _stretch(time: Time, began: float, ended: float) -> tuple[float, float]:
    x = min(time.x(began), time.right - LEAST)
    return x, max(LEAST, time.x(ended) - x)


def _curve(canary: Mapping[str, Any], time: Time, floor: float) -> LatencyCurve:
    top, bottom = floor + STRIP, floor + STRIP + CURVE
    axis = axes.latency([ms for _, ms in canary["curve"]], top, bottom)
    points = tuple((time.x(at), axis.y(ms)) for at, ms in canary["curve"])
    return LatencyCurve(top, bottom, axis.marks(), points, _stall(canary, time) if canary["stall"] else None)


def _stall(canary: Mapping[str, Any], time: Time) -> StallMark:
    stall, during = canary["stall"], canary.get("during")
    x, width = _stretch(time, stall["began"], stall["ended"])
    text = f"longest stall {stall['seconds']:.2f} s" + (f", while {during} restarted" if during else "")
    # Towards the middle, where there is room.
    if x < (time.left + time.right) / 2:
        return StallMark(x, width, Label(x, "start", text))
    return StallMark(x, width, Label(x + width, "end", text))
