"""Record: what a roll did, as values: for the table, the page, the journal, and the next roll's estimate."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tasks.operate.roll.target import Target

# When a roll has preferred leaders elected.
EACH, END, NEVER = WHEN = ("each", "end", "never")
DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY = 0, 130, 2, 3, 4, 5


class Ended(Exception):
    """The roll goes no further: the exit code and why, in sentences."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


@dataclass(frozen=True)
class Step:
    """One service's restart: moments as seconds since the epoch, durations in seconds.

    `stop` is measured by the host; `start` ends when the service answers, `sync` when it is in every ISR again.
    """

    target: Target
    began: float
    ended: float
    stop: float | None
    start: float | None
    sync: float | None
    clean: bool

    @property
    def total(self) -> float:
        """Return the seconds from the trigger to the end of the step."""
        return self.ended - self.began


@dataclass(frozen=True)
class Run:
    """A roll's name and terms, as its hosts keep them: a later `--resume` reads them there."""

    id: str
    user: str
    machine: str
    since: str
    task: str
    targets: tuple[str, ...]
    batch: int = 1
    accepted: tuple[str, ...] = ()
    leaders: str = NEVER

    def words(self) -> str:
        """Return the run as KEY=VALUE lines."""
        terms = {
            "run": self.id,
            "user": self.user,
            "machine": self.machine,
            "since": self.since,
            "task": self.task,
            "targets": ",".join(self.targets),
            "batch": str(self.batch),
            "accepted": ",".join(self.accepted),
            "leaders": self.leaders,
        }
        return "\n".join(f"{key}={value}" for key, value in terms.items())


def run_of(words: Mapping[str, str]) -> Run:
    """Return the run that KEY=VALUE words tell of."""

    def several(key: str) -> tuple[str, ...]:
        return tuple(filter(None, words.get(key, "").split(",")))

    return Run(
        words["run"],
        words.get("user", "someone"),
        words.get("machine", "somewhere"),
        words.get("since", "?"),
        words.get("task", "?"),
        several("targets"),
        int(words.get("batch", "1")),
        several("accepted"),
        # A run that an older kafka-fab has left behind does not say.
        words.get("leaders", NEVER),
    )


@dataclass(frozen=True)
class Led:
    """How many preferred leaders a roll has elected, and the partitions of its brokers that others lead."""

    elected: int = 0
    astray: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """A whole roll, also one that ended early."""

    run: Run
    began: float
    ended: float
    code: int
    reason: str
    steps: tuple[Step, ...] = ()
    remaining: tuple[Target, ...] = ()
    outages: Mapping[str, float] = field(default_factory=dict)
    canary: Mapping[str, Any] | None = None
    led: Led = field(default_factory=Led)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON has it."""
        return {
            "run": self.run.id,
            "task": self.run.task,
            "by": f"{self.run.user}@{self.run.machine}",
            "began": round(self.began, 3),
            "seconds": round(self.ended - self.began, 3),
            "exit": self.code,
            "reason": self.reason,
            "steps": [_step(step) for step in self.steps],
            "remaining": [asdict(target) for target in self.remaining],
            "outages": {topic: round(seconds, 2) for topic, seconds in self.outages.items()},
            "leaders": asdict(self.led),
            "canary": self.canary,
        }


def _step(step: Step) -> dict[str, Any]:
    times = {"stop": step.stop, "start": step.start, "sync": step.sync, "total": step.total}
    rounded = {name: None if value is None else round(value, 3) for name, value in times.items()}
    return {**asdict(step.target), "began": round(step.began, 3), **rounded, "clean": step.clean}


def stamp() -> str:
    """Return the moment in a form without blanks, with its time zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
