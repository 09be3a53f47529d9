"""Health: the problems of a cluster, and how bad each one is. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from enum import StrEnum

from kafka_fab.cluster.identity import voters
from kafka_fab.cluster.model import Cluster
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NOBODY, Ensemble, Partition, State, VoterState
from kafka_fab.runbook.codes import Code, StatusCode, coded
from kafka_fab.typed_command import FAB


class Level(StrEnum):
    """How bad a problem is."""

    OK = "ok"
    DEGRADED = "degraded"
    CRITICAL = "critical"


# The exit codes of monitoring plug-ins: 1 is a warning, 2 is critical.
CODES = {Level.OK: 0, Level.DEGRADED: 1, Level.CRITICAL: 2}
NAMED = 6
FULL_PERCENT = 90
UNEXPECTED = "registered, but not in [kafka] of hosts.ini: put its host back, or move its partitions away and stop it"


@dataclass(frozen=True)
class HealthProblem:
    """One problem in a sentence; `names` are the partitions or hosts that have it."""

    level: Level
    code: Code
    text: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return coded(f"{self.level}: {self.text}", self.code)


@dataclass(frozen=True)
class FileSystem:
    """The file system of a data directory, in bytes."""

    host: str
    path: str
    size: int
    free: int

    @property
    def used_percent(self) -> int:
        """Return how much of it is in use."""
        return round(100 * (self.size - self.free) / self.size) if self.size else 0


def worst(problems: Iterable[HealthProblem]) -> Level:
    """Return the worst level, ok if there is no problem."""
    return max((one.level for one in problems), key=list(CODES).index, default=Level.OK)


def of_cluster(cluster: Cluster, state: State) -> Iterator[HealthProblem]:
    """Yield the problems of brokers, metadata and partitions."""
    of_one_broker = set(state.unresponsive.values())
    yield from (
        HealthProblem(Level.CRITICAL, StatusCode.UNKNOWN, text) for text in state.unknown if text not in of_one_broker
    )
    hosts = {node.broker.id: node.host for node in cluster.brokers if node.broker}
    yield from _missing(hosts, state)
    yield from _unresponsive(hosts, state)
    yield from _unexpected(state)
    for one in state.false_metadata:
        yield HealthProblem(Level.DEGRADED, StatusCode.FALSE_METADATA, one.text, (str(one.broker),))
    if state.quorum:
        yield from _of_quorum(state.quorum)
    if state.ensemble:
        yield from _of_ensemble(cluster, state.ensemble)
    yield from _of_partitions(_without_dead(state))
    for broker, directory in sorted(state.offline_dirs):
        text = f"broker {broker}: log directory {directory} is offline"
        yield HealthProblem(Level.DEGRADED, StatusCode.LOG_DIR_OFFLINE, text, (directory,))


def _missing(hosts: Mapping[int, str], state: State) -> Iterator[HealthProblem]:
    """Yield the brokers of hosts.ini that are not registered."""
    missing = [number for number in sorted(state.brokers - state.up) if number in hosts]
    # Where nothing could be read, nobody is known to be missing.
    if missing and (state.up or not state.unknown):
        names = ", ".join(f"{number} ({hosts[number]})" for number in missing)
        subject = f"broker {names} is" if len(missing) == 1 else f"brokers {names} are"
        found = tuple(hosts[number] for number in missing)
        yield HealthProblem(Level.DEGRADED, StatusCode.NOT_REGISTERED, f"{subject} not registered", found)


def _unresponsive(hosts: Mapping[int, str], state: State) -> Iterator[HealthProblem]:
    """Yield the brokers that are registered and do not answer: their session has not expired yet."""
    for number in sorted(state.unresponsive.keys() & state.up & hosts.keys()):
        text = f"broker {number} ({hosts[number]}) is registered but does not answer: {state.unresponsive[number]}"
        yield HealthProblem(Level.DEGRADED, StatusCode.NO_ANSWER, text, (hosts[number],))


def _unexpected(state: State) -> Iterator[HealthProblem]:
    """Yield the registered brokers that hosts.ini does not have."""
    for number in sorted(state.up - state.brokers):
        text = f"unexpected broker {number}: {UNEXPECTED}"
        yield HealthProblem(Level.DEGRADED, StatusCode.UNEXPECTED_BROKER, text, (str(number),))


def _without_dead(state: State) -> tuple[Partition, ...]:
    """Return the partitions as they are once the cluster has noticed which brokers are dead.

    Until a broker's session expires it is in every ISR and leads what it led: the loss is the same before and after.
    """
    dead = (state.brokers - state.up) | state.unresponsive.keys()
    return tuple(_without(dead, one) if dead.intersection(one.replicas) else one for one in state.partitions)


def _without(dead: Set[int], one: Partition) -> Partition:
    isr = one.isr - dead
    leader = min(isr, default=NOBODY) if one.leader in dead else one.leader
    return replace(one, isr=isr, leader=leader)


def _of_quorum(quorum: VoterState) -> Iterator[HealthProblem]:
    late = sorted(quorum.voters - quorum.caught_up)
    if late:
        who = f"voter {late[0]} is" if len(late) == 1 else f"voters {_list(late)} are"
        level = Level.DEGRADED if quorum.has_majority else Level.CRITICAL
        lost = "" if quorum.has_majority else "; the quorum has no majority and cannot commit metadata"
        text = f"{who} not caught up with the active controller{lost}"
        yield HealthProblem(level, StatusCode.VOTERS_BEHIND, text)


def _of_ensemble(cluster: Cluster, ensemble: Ensemble) -> Iterator[HealthProblem]:
    hosts = {node.zookeeper.id: node.host for node in cluster.ensemble if node.zookeeper}
    for number in sorted(ensemble.servers - ensemble.serving):
        host = hosts.get(number, "")
        code, what = StatusCode.SERVER_DOWN, "is not serving requests"
        if number in ensemble.standalone:
            code, what = StatusCode.STANDALONE_SERVER, f"runs standalone, outside the ensemble: see {FAB} validate"
        yield HealthProblem(Level.DEGRADED, code, f"ZooKeeper server {number} ({host}) {what}", (host,))


def of_voters(disks: Iterable[voters.MetadataDir], quorum: VoterState | None) -> Iterator[HealthProblem]:
    """Yield the controllers whose disk is not the disk of their voter."""
    if quorum:
        known = voters.Voters(quorum.directories, quorum.caught_up)
        for host, problem in voters.replaced(disks, known).items():
            yield HealthProblem(Level.DEGRADED, StatusCode.METADATA_DIR, f"{host}: {problem}", (host,))


def _of_partitions(partitions: Sequence[Partition]) -> Iterator[HealthProblem]:
    kinds: tuple[tuple[Level, StatusCode, str, Callable[[Partition], bool]], ...] = (
        (Level.CRITICAL, StatusCode.OFFLINE, "offline (no leader)", _offline),
        (Level.CRITICAL, StatusCode.UNDER_MIN_ISR, "under min ISR (writes with acks=all fail)", _under_min_isr),
        (Level.DEGRADED, StatusCode.AT_MIN_ISR, "at min ISR", _at_min_isr),
        (Level.DEGRADED, StatusCode.UNDER_REPLICATED, "under-replicated", _under_replicated),
    )
    left = list(partitions)
    for level, code, kind, has_it in kinds:
        found = [one for one in left if has_it(one)]
        left = [one for one in left if one not in found]
        if found:
            names = tuple(sorted(one.name for one in found))
            subject = "1 partition is" if len(names) == 1 else f"{len(names)} partitions are"
            yield HealthProblem(level, code, f"{subject} {kind}: {few(names)}", names)


def _offline(one: Partition) -> bool:
    return one.leader <= NOBODY


def _under_min_isr(one: Partition) -> bool:
    return len(one.isr) < one.min_isr


def _at_min_isr(one: Partition) -> bool:
    return len(one.isr) == one.min_isr and _under_replicated(one)


def _under_replicated(one: Partition) -> bool:
    return bool(set(one.replicas) - one.adding - one.removing - one.isr)


def of_disks(disks: Iterable[FileSystem]) -> Iterator[HealthProblem]:
    """Yield the disks that are nearly full."""
    for disk in disks:
        if disk.used_percent >= FULL_PERCENT:
            text = f"{disk.host}: {disk.path} is {disk.used_percent} % full"
            yield HealthProblem(Level.DEGRADED, StatusCode.DISK_FULL, text, (disk.host,))


def few(names: Sequence[str]) -> str:
    """Return partitions by name, or the number of each topic's where there are many."""
    if len(names) <= NAMED:
        return ", ".join(names)
    topics = Counter(name.rpartition("-")[0] for name in names)
    listed = [f"{number} of {topic}" for topic, number in topics.most_common(NAMED)]
    more = len(topics) - len(listed)
    return ", ".join(listed) + (f", and of {more} more topics" if more else "")


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
