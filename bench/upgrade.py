"""Upgrade: three brokers to the next major version and back under load: kafka-fab, and a bare loop with its canary.

The controllers, which an upgrade takes first, are at the new version before: after each of them the quorum must keep up
for ten seconds, and a loop has nothing like it.
"""

import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.place import ROOT, hosts, kraft_folder
from bench.rivals.sides import FAB
from bench.timing import FLOOR, OURS, Action, Job, Target, command, paired, timed
from bench.upgrade_floor import FILES, saved
from lab import Host
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.outside_load import client, servers

BEFORE, AFTER = "3.9.1", "4.3.1"
KAFKA = f"{BEFORE} and {AFTER}"
# Each run is four upgrades, there and back.
RUNS = 2
TOPIC, PARTITIONS, RATE = "bench", 6, 400
TIME, STALL, BACK, BACK_STALL = "upgrade", "longest stall", "way back", "longest stall, way back"
ACKNOWLEDGED, ERRORS, LOST, REORDERED, DUPLICATES = "acknowledged", "errors", "lost", "reordered", "duplicates"
NONE = (ERRORS, LOST, REORDERED, DUPLICATES)
TARGETS = (Target(TIME, 1.15, FLOOR), Target(STALL, 1.5, FLOOR), *(Target(what, 0) for what in NONE))
# The brokers alone: the controllers stay.
WAY_BACK = ("upgrade", "--rollback", "--limit", "kafka")
SETTINGS = """version: {version}
name: upgraded
controller: {{heap: 256m}}
kafka:
  heap: 256m
  properties:
    default.replication.factor: 3
    min.insync.replicas: 2
    offsets.topic.replication.factor: 3
    transaction.state.log.replication.factor: 3
"""


@dataclass(frozen=True)
class Way:
    """One way, there or back: its seconds, and what the load saw of it."""

    seconds: float
    stall: float
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Trip:
    """The upgrade, and the way back."""

    up: Way
    back: Way

    @property
    def seconds(self) -> float:
        """Return what the upgrade took."""
        return self.up.seconds

    def values(self) -> dict[str, float]:
        """Return what was measured, by its name; messages of both ways."""
        counts = {what: self.up.counts[what] + self.back.counts[what] for what in (ACKNOWLEDGED, *NONE)}
        times = {TIME: self.up.seconds, STALL: self.up.stall, BACK: self.back.seconds, BACK_STALL: self.back.stall}
        return times | {what: float(count) for what, count in counts.items()}


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what each side's upgrades and ways back take and what becomes of messages; no other tool is measured."""
    del alone
    ensure(AFTER, CACHE)
    with hosts(6) as lab:
        brokers, controllers = tuple(lab.hosts)[:3], tuple(lab.hosts)[3:]
        with kraft_folder(lab, SETTINGS.format(version=BEFORE), brokers, controllers) as folder:
            _prepare(folder, [lab.hosts[name] for name in brokers])
            return jobs(paired("upgrade", _sides(folder, brokers), runs))


def jobs(trips: Mapping[str, Sequence[Trip]]) -> list[Job]:
    """Return a comparison of each value that the sides' trips have."""
    values = {side: [trip.values() for trip in each] for side, each in trips.items()}
    names = next(iter(values.values()))[0]
    return [Job(what, {side: tuple(one[what] for one in each) for side, each in values.items()}) for what in names]


def _prepare(folder: Path, brokers: Sequence[Host]) -> None:
    """Bring up a cluster with a topic, controllers at the next version; save the brokers' files of both for the floor.

    For that they go there and back once, which is the warm-up, too.
    """
    fab = partial(_fab, folder)
    for words in (["install"], ["start"], ["topics.create", "--name", TOPIC, "--partitions", str(PARTITIONS)]):
        fab(*words)()
    _save(brokers, BEFORE)
    (folder / "conf/cluster.yaml").write_text(SETTINGS.format(version=AFTER))
    fab("install")()
    fab("upgrade")()
    _save(brokers, AFTER)
    fab(*WAY_BACK)()


def _save(brokers: Iterable[Host], version: str) -> None:
    place = shlex.quote(saved(version))
    for host in brokers:
        host.run(f"mkdir -p {place} && cp -a --parents {' '.join(FILES)} {place}", check=True)


def _sides(folder: Path, brokers: Iterable[str]) -> dict[str, Callable[[], Trip]]:
    fab = partial(_fab, folder)
    balanced, load = fab("elect-leaders"), servers(brokers, 9092)

    def floor(version: str) -> Action:
        return command([sys.executable, "-m", "bench.upgrade_floor", str(folder), version], str(ROOT))

    def trip(there: Action, back: Action) -> Trip:
        ways = []
        for action in (there, back):
            balanced()
            ways.append(_under_load(action, load))
        return Trip(*ways)

    return {
        OURS: partial(trip, fab("upgrade"), fab(*WAY_BACK)),
        FLOOR: partial(trip, floor(AFTER), floor(BEFORE)),
    }


def _under_load(action: Action, where: str) -> Way:
    """Return what an action took while messages are written, and how they fared."""
    with client(where, f"rate={RATE}", topic=TOPIC) as said:
        seconds = timed(action)
    counts = {ACKNOWLEDGED: said["acknowledged"], ERRORS: len(said["errors"]), LOST: said["lost_messages"]}
    return Way(seconds, said["longest_stall"], counts | {what: said[what] for what in (REORDERED, DUPLICATES)})


def _fab(folder: Path, *words: str) -> Action:
    return command([FAB, *words], str(ROOT), KAFKA_FAB_CLUSTER=str(folder))
