"""Path: the versions that a cluster passes through on its way to another one, and why it cannot go there."""

from enum import StrEnum
from itertools import pairwise

from kafka_fab.cluster.release import release
from kafka_fab.frozen_value import dataclass

# ZooKeeper's client of 3.6 and later needs a server of 3.5, and brokers before 2.4 one of before that (KIP-902).
SPEAKS_TO_NEW_ZOOKEEPER, NEEDS_NEW_ZOOKEEPER = (2, 4), (3, 6)
BETWEEN_ZOOKEEPERS = "2.8.2"
# A ZooKeeper server of 3.5 and later (in 2.4) and one before 3.4.6 (in 0.8.2) do not connect (ZOOKEEPER-1633).
CONNECTS_TO_NEW_SERVERS, NEW_SERVERS = (0, 8, 2), (2, 4)
# A migration to KRaft is best left to the last release that can do it.
MIGRATES = (3, 9)
MIGRATION = "3.9.1"
# Releases from 4.0 on take the metadata of 3.3 and later.
WITHOUT_ZOOKEEPER, FINAL_METADATA = (4,), (3, 3)


class Mode(StrEnum):
    """Where a cluster keeps its metadata."""

    ZOOKEEPER = "ZooKeeper"
    KRAFT = "KRaft"


@dataclass(frozen=True)
class Stage:
    """A version and a mode that a cluster runs in between two hops."""

    version: str
    mode: Mode

    @property
    def numbers(self) -> release.Version:
        """Return the version as numbers that compare."""
        return release.numbers(self.version)


class NoPath(Exception):
    """Why no upgrade leads from one version to another."""


def path(start: Stage, end: Stage) -> tuple[Stage, ...]:
    """Return the stages from one version to another, both included; raise NoPath where there is none.

    Each is one upgrade, or one migration to KRaft, away from the one before it.
    """
    if end.numbers < start.numbers:
        raise NoPath(f"{end.version} is older than {start.version}: a downgrade is not possible")
    if start.mode is Mode.KRAFT and end.mode is Mode.ZOOKEEPER:
        raise NoPath("a cluster in KRaft mode cannot go back to ZooKeeper")
    if end.mode is Mode.ZOOKEEPER and end.numbers >= WITHOUT_ZOOKEEPER:
        raise NoPath(f"{end.version} has no ZooKeeper mode")
    stages = [start]
    while stages[-1] != end:
        stages.append(_next(stages[-1], end))
    return tuple(stages)


def splits_ensemble(before: str, after: str) -> bool:
    """Return whether ZooKeeper servers of two versions cannot form one ensemble: all are upgraded in one step."""
    known = bool(before and after)
    return known and release.numbers(before) < CONNECTS_TO_NEW_SERVERS and release.numbers(after) >= NEW_SERVERS


def _next(stage: Stage, end: Stage) -> Stage:
    if stage.mode is Mode.KRAFT:
        through = MIGRATION if stage.numbers < FINAL_METADATA and end.numbers >= WITHOUT_ZOOKEEPER else end.version
        return Stage(through, Mode.KRAFT)
    if stage.numbers < SPEAKS_TO_NEW_ZOOKEEPER and (end.numbers >= NEEDS_NEW_ZOOKEEPER or end.mode is Mode.KRAFT):
        return Stage(BETWEEN_ZOOKEEPERS, Mode.ZOOKEEPER)
    if end.mode is Mode.ZOOKEEPER:
        return end
    return _towards_kraft(stage, end)


def _towards_kraft(stage: Stage, end: Stage) -> Stage:
    """Return the release that migrates, or the migration itself where the cluster runs it."""
    if stage.numbers[:2] == MIGRATES:
        return Stage(stage.version, Mode.KRAFT)
    if end.numbers[:2] < MIGRATES:
        raise NoPath(f"the way to KRaft leads through {MIGRATION}: write `version: {MIGRATION}`")
    return Stage(end.version if end.numbers[:2] == MIGRATES else MIGRATION, Mode.ZOOKEEPER)


def text(stages: tuple[Stage, ...]) -> str:
    """Return a path in a line, such as 2.8.2 -> 3.9.1 -> KRaft -> 4.3.1."""
    words = [stages[0].version]
    for before, after in pairwise(stages):
        words.append(after.version if after.mode is before.mode else str(after.mode))
    return " -> ".join(words)


def refusal(start: Stage, end: Stage) -> str:
    """Return why one upgrade cannot lead from one version to another, and what to write; nothing where it can."""
    try:
        stages = path(start, end)
    except NoPath as problem:
        return str(problem)
    following = stages[min(1, len(stages) - 1)]
    if following.mode is not start.mode:
        return (
            f"{text(stages)}: the next step is the migration of {start.version} from ZooKeeper to KRaft, which "
            f"kafka-fab cannot do yet: write [zookeeper] in hosts.ini and `version: {start.version}` again"
        )
    if len(stages) <= 2:
        return ""
    groups = " and [zookeeper] in hosts.ini" if end.mode is not start.mode else ""
    return (
        f"{end.version} cannot be reached in one upgrade: {text(stages)}. Write `version: {following.version}`"
        f"{groups} first"
    )
