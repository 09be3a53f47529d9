"""Plan: which operations a campaign does, and which faults come meanwhile: a pure value made from its seed.

The steps have no end; a campaign does as many of them as its time allows. The same seed gives the same steps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from tests.campaign.world import DATA, HOSTS, MOVED, STATE, Kind, Topic, World

T = TypeVar("T")
WAIT = ("--wait", "300")
# So low that a move takes a while, in bytes/s.
THROTTLE = ("--throttle", "500000")
MOST_TOPICS = 6


class Chance:
    """Decisions by a seed: `random()` alone, which Python promises never to change."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, end: int) -> int:
        """Return a number from 0 to below the end."""
        return int(self._random() * end)

    def between(self, low: float, high: float) -> float:
        """Return a number of seconds, to a tenth."""
        return round(low + self._random() * (high - low), 1)

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[self.below(len(things))]

    def weighted(self, things: Sequence[tuple[int, T]]) -> T:
        """Return one of some things, each as likely as its weight says."""
        at = self.below(sum(weight for weight, _ in things))
        for weight, thing in things:
            if at < weight:
                return thing
            at -= weight
        raise AssertionError(at)


@dataclass(frozen=True)
class Command:
    """What is typed, with which files, and how it is continued where it was interrupted; {0} is the first host."""

    words: tuple[str, ...]
    world: World
    resume: tuple[str, ...] = ()

    def typed(self, hosts: Sequence[str], resumed: bool = False) -> tuple[str, ...]:
        """Return the words for some hosts."""
        return tuple(word.format(*hosts) for word in (self.resume if resumed else self.words))


@dataclass(frozen=True)
class Operation:
    """What an operator does: some commands, how the cluster must be afterwards, and about how long it takes."""

    name: str
    commands: tuple[Command, ...]
    after: World
    seconds: int


class Trouble(StrEnum):
    """The kinds of faults."""

    TOOL_KILLED = "tool killed"
    SERVICE_KILLED = "service killed"
    CUT_OFF = "host cut off"
    LINK_CUT = "link cut"
    POWERED_OFF = "host powered off"
    DISK_FULL = "disk full"
    FROZEN = "service frozen"


@dataclass(frozen=True)
class Fault:
    """A fault: of what kind, where, so many seconds after the operation began, and how long it lasts."""

    trouble: Trouble
    after: float
    host: int = 0
    other: int = 0
    unit: str = ""
    disk: str = ""
    lasts: float = 0.0

    def text(self, hosts: Sequence[str]) -> str:
        """Return what happens where and when."""
        where = {
            Trouble.TOOL_KILLED: "",
            Trouble.LINK_CUT: f" {hosts[self.host]}-{hosts[self.other]}",
            Trouble.DISK_FULL: f" {hosts[self.host]} {self.disk}",
        }.get(self.trouble, f" {hosts[self.host]}{self.unit and f' {self.unit}'}")
        return f"{self.trouble}{where} at {self.after:g} s" + (f" for {self.lasts:g} s" if self.lasts else "")


@dataclass(frozen=True)
class Step:
    """An operation, and the faults meanwhile."""

    operation: Operation
    faults: tuple[Fault, ...]


def steps(seed: int, kind: Kind) -> Iterator[Step]:
    """Yield the steps of a campaign, without an end."""
    chance, world = Chance(seed), World(kind)
    while True:
        possible = [(weight, make) for weight, make, is_possible in OPERATIONS if is_possible(world)]
        operation = chance.weighted(possible)(world, chance)
        yield Step(operation, _faults(operation, chance))
        world = operation.after


def finale(world: World) -> Operation | None:
    """Return the end of an upgrade that a campaign has left unfinished."""
    if not world.upgraded:
        return None
    after = replace(world, is_later_wanted=True, upgraded=frozenset(HOSTS))
    rest = () if world.upgraded == after.upgraded else (_upgrade(after),)
    finalize = Command(("finalize", "--yes", *WAIT), after)
    return Operation("finalize", (*rest, finalize), replace(after, is_final=True), 60)


# Faults

TROUBLES = (
    (5, Trouble.TOOL_KILLED),
    (3, Trouble.SERVICE_KILLED),
    (2, Trouble.CUT_OFF),
    (2, Trouble.LINK_CUT),
    (2, Trouble.POWERED_OFF),
    (2, Trouble.DISK_FULL),
    (2, Trouble.FROZEN),
    (1, None),
)


def _faults(operation: Operation, chance: Chance) -> tuple[Fault, ...]:
    trouble = chance.weighted(TROUBLES)
    if trouble is None:
        return ()
    first = _fault(trouble, operation, chance)
    # Whoever works on a cluster in trouble loses the control machine, too, now and then.
    both = trouble is not Trouble.TOOL_KILLED and chance.below(4) == 0
    return (first, _fault(Trouble.TOOL_KILLED, operation, chance)) if both else (first,)


def _fault(trouble: Trouble, operation: Operation, chance: Chance) -> Fault:
    after = chance.between(0, operation.seconds)
    if trouble is Trouble.TOOL_KILLED:
        return Fault(trouble, after)
    host = chance.one_of(HOSTS)
    fault = Fault(trouble, after, host, lasts=chance.between(5, 30))
    if trouble is Trouble.LINK_CUT:
        return replace(fault, other=(host + 1 + chance.below(2)) % len(HOSTS))
    if trouble is Trouble.DISK_FULL:
        return replace(fault, disk=chance.one_of((DATA, STATE)))
    if trouble in (Trouble.SERVICE_KILLED, Trouble.FROZEN):
        fault = replace(fault, unit=chance.one_of(operation.after.kind.units))
    # Systemd starts a killed service again by itself.
    return replace(fault, lasts=0.0) if trouble is Trouble.SERVICE_KILLED else fault


# Operations

Make = Callable[[World, Chance], Operation]


def _on(host: int, *words: str) -> tuple[str, ...]:
    return ("-H", f"{{{host}}}", *words)


def _roll(world: World, *words: str) -> Command:
    return Command(("rolling-restart", *words, *WAIT), world, ("rolling-restart", "--resume", *WAIT))


def _upgrade(world: World, *words: str) -> Command:
    return Command(("upgrade", *words, *WAIT), world, ("upgrade", "--resume", *WAIT))


def _install(world: World) -> Command:
    return Command(("install",), world)


def _topics(world: World, *words: str) -> Command:
    return Command(("topics.apply", *words, *THROTTLE), world)


def roll_all(world: World, chance: Chance) -> Operation:
    """Restart every service."""
    words = chance.one_of(((), ("--leaders", "end"), ("--batch", "2")))
    also = ("--zookeeper",) if world.kind.beside == "zookeeper" and chance.below(2) else ()
    return Operation(" ".join(("roll", *words, *also)), (_roll(world, *words, *also),), world, 45)


def roll_one(world: World, chance: Chance) -> Operation:
    """Restart one host's services."""
    roll = _roll(world)
    return Operation("roll of one", (replace(roll, words=_on(chance.one_of(HOSTS), *roll.words)),), world, 15)


def upgrade_all(world: World, _chance: Chance) -> Operation:
    """Bring all hosts, or those that are left, to the later version."""
    after = replace(world, is_later_wanted=True, upgraded=frozenset(HOSTS))
    before = replace(world, is_later_wanted=True)
    name = "rest of the upgrade" if world.is_mixed else "upgrade"
    return Operation(name, (_install(before), _upgrade(before)), after, 75)


def upgrade_one(world: World, chance: Chance) -> Operation:
    """Bring one host to the later version."""
    host = chance.one_of(HOSTS)
    before = replace(world, is_later_wanted=True)
    after = replace(before, upgraded=frozenset({host}))
    return Operation("upgrade of one", (_install(before), _upgrade(before, "--limit", f"{{{host}}}")), after, 30)


def roll_back(world: World, _chance: Chance) -> Operation:
    """Bring all hosts back to the version of before, and to what the settings say by now."""
    after = replace(world, is_later_wanted=False, upgraded=frozenset())
    commands = (_upgrade(world, "--rollback"), _install(after), _roll(after, "--changed"))
    return Operation("rollback", commands, after, 60)


def reconfigure(world: World, _chance: Chance) -> Operation:
    """Change a key that brokers accept while they run."""
    after = replace(world, io_threads=8 if world.io_threads > 8 else world.io_threads + 1)
    return Operation("reconfigure", (_install(after), Command(("reconfigure",), after)), after, 6)


def change_settings(world: World, _chance: Chance) -> Operation:
    """Change a key that needs a restart."""
    after = replace(world, partitions=world.partitions % 3 + 1)
    return Operation("changed settings", (_install(after), _roll(after, "--changed")), after, 45)


def create_topic(world: World, chance: Chance) -> Operation:
    """Create a topic."""
    name = next(name for number in range(MOST_TOPICS) if (name := f"topic{number}") not in world.topics)
    after = world.with_topic(name, Topic(1 + chance.below(4), chance.one_of((2, 3))))
    return Operation("create a topic", (_topics(after),), after, 3)


def alter_topic(world: World, chance: Chance) -> Operation:
    """Change a topic's configuration and its number of partitions."""
    name = chance.one_of(world.others())
    topic = world.topics[name]
    changed = replace(topic, partitions=topic.partitions + 1 + chance.below(2), retention_hours=1 + chance.below(500))
    after = world.with_topic(name, changed)
    return Operation("alter a topic", (_topics(after),), after, 3)


def change_replication(world: World, chance: Chance) -> Operation:
    """Add a replica to each partition of a topic, or remove one."""
    name = chance.one_of(world.others())
    topic = world.topics[name]
    after = world.with_topic(name, replace(topic, replication=5 - topic.replication))
    return Operation("change replication", (_topics(after),), after, 5)


def move_replicas(world: World, chance: Chance) -> Operation:
    """Move the replicas of a topic that is being written to."""

    def pair() -> tuple[int, int]:
        first = chance.one_of(HOSTS)
        return first + 1, (first + 1 + chance.below(2)) % len(HOSTS) + 1

    topic = world.topics[MOVED]
    after = world.with_topic(MOVED, replace(topic, placement=tuple(pair() for _ in topic.placement)))
    return Operation("move replicas", (_topics(after),), after, 8)


def delete_topic(world: World, chance: Chance) -> Operation:
    """Delete a topic."""
    name = chance.one_of(world.others())
    told = world.with_topic(name, Topic(absent=True))
    return Operation("delete a topic", (_topics(told, "--delete"),), world.without_topic(name), 3)


def change_quorum(world: World, chance: Chance) -> Operation:
    """Take a voter out of the quorum, and make it one again."""
    number = chance.one_of(HOSTS)
    commands = tuple(Command((f"quorum.{verb}", f"{{{number}}}"), world) for verb in ("remove", "add"))
    return Operation("quorum change", commands, world, 15)


def stop_one(world: World, chance: Chance) -> Operation:
    """Stop one host's services, and start them again."""
    host = chance.one_of(HOSTS)
    commands = tuple(Command(_on(host, verb), world) for verb in ("stop", "start"))
    return Operation("stop and start", commands, world, 20)


def elect_leaders(world: World, _chance: Chance) -> Operation:
    """Elect the preferred leaders."""
    return Operation("elect leaders", (Command(("elect-leaders",), world),), world, 3)


OPERATIONS: tuple[tuple[int, Make, Callable[[World], bool]], ...] = (
    (3, roll_all, lambda world: True),
    (2, roll_one, lambda world: True),
    (6, upgrade_all, lambda world: len(world.upgraded) < len(HOSTS)),
    (3, upgrade_one, lambda world: not world.upgraded),
    (5, roll_back, lambda world: bool(world.upgraded)),
    (2, reconfigure, lambda world: world.is_settled),
    (2, change_settings, lambda world: world.is_settled),
    (2, create_topic, lambda world: len(world.others()) < MOST_TOPICS),
    (2, alter_topic, lambda world: bool(world.others())),
    (1, change_replication, lambda world: bool(world.others())),
    (2, move_replicas, lambda world: True),
    (1, delete_topic, lambda world: bool(world.others())),
    (2, change_quorum, lambda world: world.kind.beside == "controller"),
    (2, stop_one, lambda world: True),
    (1, elect_leaders, lambda world: True),
)
