"""Run record: an operation's id and terms, as its hosts keep them."""

import getpass
import re
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import quote, unquote

from kafka_fab.frozen_value import dataclass


class LeaderElection(StrEnum):
    """When a roll elects preferred leaders: between the steps, at the end, or never."""

    EACH = "each"
    END = "end"
    NEVER = "never"


@dataclass(frozen=True)
class Run:
    """An operation's name and terms: a later `--resume` reads them on the hosts.

    `targets` are host:role for services, and topics for a move; `abandoned` are log directories whose data may be lost,
    `granted` the other accepted risks; `progress` is what it last reported.
    """

    id: str
    user: str
    machine: str
    since: str
    task: str
    targets: tuple[str, ...]
    batch: int = 1
    accepted: tuple[str, ...] = ()
    leaders: LeaderElection = LeaderElection.NEVER
    progress: str = ""
    canary: bool = False
    abandoned: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """Return the user and machine that began it."""
        return f"{self.user}@{self.machine}"

    @property
    def name(self) -> str:
        """Return task and id, and who began it when."""
        return f"{self.task} {self.id} by {self.by}, since {self.since}"

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
            "canary": str(int(self.canary)),
            # A path may contain the separators: blanks and commas.
            "abandoned": ",".join(quote(path) for path in self.abandoned),
            "granted": ",".join(self.granted),
        }
        return "\n".join(f"{key}={value}" for key, value in terms.items())


def new_run(task: str, targets: Iterable[str]) -> Run:
    """Return a new run with a new id, by this user of this machine."""
    user, machine = (re.sub(r"[^\w.@-]", "_", name) for name in (getpass.getuser(), socket.gethostname()))
    return Run(_identity(time.time_ns()), user, machine, stamp(), task, tuple(targets))


def _identity(nanoseconds: int) -> str:
    """Return an id that sorts by when the run began, wherever it was begun: UTC, to the millisecond."""
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(seconds))
    # The random part comes last: two operators may begin in the same millisecond.
    return f"{moment}-{rest // 10**6:03d}{secrets.token_hex(2)}"


def run_of(words: Mapping[str, str]) -> Run:
    """Return the run of KEY=VALUE words."""

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
        # A run of an older kafka-fab has no such word.
        LeaderElection(words.get("leaders", LeaderElection.NEVER)),
        words.get("progress", "").replace("_", " "),
        words.get("canary") == "1",
        tuple(map(unquote, several("abandoned"))),
        several("granted"),
    )


def stamp() -> str:
    """Return the current time without blanks, with its time zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
