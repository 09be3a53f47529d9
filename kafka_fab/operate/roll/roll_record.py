"""Roll record: what a roll did, for the table, the page, the journal, and the next roll's estimate."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.runbook.codes import Code


@dataclass(frozen=True)
class RestartStep:
    """One service's restart: moments as seconds since the epoch, durations in seconds.

    `stop` is measured by the host; `start` ends when the service answers, `sync` when it is in every ISR again.
    `clean` is whether a broker closed its logs, `controlled` whether the controller had moved its leaders before.
    """

    target: ServiceRef
    began: float
    ended: float
    stop: float | None
    start: float | None
    sync: float | None
    clean: bool
    controlled: bool = True

    @property
    def total(self) -> float:
        """Return the seconds from the trigger to the end of the step."""
        return self.ended - self.began


def as_words(step: RestartStep) -> str:
    """Return a step as KEY=VALUE words, as its host keeps it."""
    values = {"began": step.began, "ended": step.ended, "stop": step.stop, "start": step.start, "sync": step.sync}
    words = [f"{key}={value:.3f}" for key, value in values.items() if value is not None]
    return " ".join([*words, f"clean={int(step.clean)}", f"controlled={int(step.controlled)}"])


def step_of(target: ServiceRef, words: Mapping[str, str]) -> RestartStep:
    """Return the step of a host's KEY=VALUE words; without the times of readiness where it was only started."""

    def number(*keys: str) -> float | None:
        return next((float(words[key]) for key in keys if key in words), None)

    clean = words.get("clean") == "1" or target.role != Role.BROKER
    began, ended = number("began", "triggered-time") or 0.0, number("ended", "started-time") or 0.0
    stop = number("stop") if "stop" in words else _between(number("stopping-at"), number("stopped-at"))
    controlled = words.get("controlled") != "0"
    return RestartStep(target, began, ended, stop, number("start"), number("sync"), clean, controlled)


def _between(first: float | None, last: float | None) -> float | None:
    return None if first is None or last is None else last - first


@dataclass(frozen=True)
class Leadership:
    """How many preferred leaders a roll has elected, and its brokers' partitions with another leader."""

    elected: int = 0
    off_preferred: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """A roll, also one that ended early."""

    run: Run
    began: float
    ended: float
    code: int
    reason: str
    steps: tuple[RestartStep, ...] = ()
    remaining: tuple[ServiceRef, ...] = ()
    outages: Mapping[str, float] = field(default_factory=dict)
    canary: Mapping[str, Any] | None = None
    led: Leadership = field(default_factory=Leadership)
    # Of the reason: `code` is the exit code.
    message_code: Code | None = None
    # Why there is no verdict of a canary.
    no_canary: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return {
            "run": self.run.id,
            "task": self.run.task,
            "by": f"{self.run.user}@{self.run.machine}",
            "began": round(self.began, 3),
            "seconds": round(self.ended - self.began, 3),
            "exit": self.code,
            "reason": self.reason,
            "code": self.message_code,
            "steps": [_step(step) for step in self.steps],
            "remaining": [_target(target) for target in self.remaining],
            "outages": {topic: round(seconds, 2) for topic, seconds in self.outages.items()},
            "leaders": asdict(self.led),
            "canary": self.canary,
        }


def _target(target: ServiceRef) -> dict[str, Any]:
    return {"host": target.host, "service": target.role, "id": target.id, "unit": target.unit}


def _step(step: RestartStep) -> dict[str, Any]:
    times = {"stop": step.stop, "start": step.start, "sync": step.sync, "total": step.total}
    rounded = {name: None if value is None else round(value, 3) for name, value in times.items()}
    return {
        **_target(step.target),
        "began": round(step.began, 3),
        **rounded,
        "clean": step.clean,
        "controlled": step.controlled,
    }
