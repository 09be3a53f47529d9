"""Health: what is wrong with a cluster, and how bad it is. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace

from kafka_fab.cluster.identity import voters
from kafka_fab.cluster.model import Cluster
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NOBODY, Partition, State, VoterState

OK, DEGRADED, CRITICAL = "ok", "degraded", "critical"
# As monitoring systems have it: 1 is a warning, 2 is critical.
CODES = {OK: 0, DEGRADED: 1, CRITICAL: 2}
NAMED = 6
FULL_PERCENT = 90


@dataclass(frozen=True)
class HealthProblem:
    """One thing that is wrong, in a sentence; `names` are the partitions or hosts that it is about."""

    level: str
    text: str
    names: tuple[str, ...] = ()


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


def level(troubles: Iterable[HealthProblem]) -> str:
    """Return the worst level, ok if there is none."""
    return max((one.level for one in troubles), key=list(CODES).index, default=OK)


def of_cluster(cluster: Cluster, state: State) -> Iterator[HealthProblem]:
    """Yield what is wrong with brokers, metadata and partitions."""
    alone = set(state.silent.values())
    yield from (HealthProblem(CRITICAL, text) for text in state.unknown if text not in alone)
    down = sorted(state.brokers - state.up)
    if down:
        hosts = tuple(node.host for node in cluster.brokers if node.broker and node.broker.id in down)
        yield HealthProblem(DEGRADED, f"not registered: the brokers of {', '.join(hosts)}", hosts)
    yield from _silent(cluster, state)
    yield from _metadata(state)
    yield from _partitions(_without_dead(state))
    for broker, directory in sorted(state.offline_dirs):
        yield HealthProblem(DEGRADED, f"broker {broker} has lost its log directory {directory}", (directory,))


def _silent(cluster: Cluster, state: State) -> Iterator[HealthProblem]:
    """Yield the brokers that have died so recently that they are registered still."""
    for node in cluster.brokers:
        if node.broker and node.broker.id in state.silent and node.broker.id in state.up:
            reason = state.silent[node.broker.id]
            yield HealthProblem(
                DEGRADED, f"registered, but does not answer: the broker of {node.host} ({reason})", (node.host,)
            )


def _without_dead(state: State) -> tuple[Partition, ...]:
    """Return the partitions as they are once the cluster has noticed who is dead.

    Until a broker's session ends it stands in every ISR and leads what it led: what is lost is the same before.
    """
    dead = (state.brokers - state.up) | state.silent.keys()
    return tuple(_without(dead, one) if dead.intersection(one.replicas) else one for one in state.partitions)


def _without(dead: Set[int], one: Partition) -> Partition:
    isr = one.isr - dead
    leader = min(isr, default=NOBODY) if one.leader in dead else one.leader
    return replace(one, isr=isr, leader=leader)


def _metadata(state: State) -> Iterator[HealthProblem]:
    if state.quorum:
        late = sorted(state.quorum.voters - state.quorum.caught_up)
        if late:
            words = f"voters that do not keep up with the active controller: {_list(late)}"
            lost = "" if state.quorum.has_majority else "; the others are no majority, and nothing can be committed"
            yield HealthProblem(CRITICAL if lost else DEGRADED, words + lost)
    if state.ensemble:
        silent = sorted(state.ensemble.servers - state.ensemble.serving)
        if silent:
            yield HealthProblem(DEGRADED, f"ZooKeeper servers that do not serve: {_list(silent)}")


def of_voters(disks: Iterable[voters.MetadataDir], quorum: VoterState | None) -> Iterator[HealthProblem]:
    """Yield the controllers whose disk is not the one of their voter."""
    if quorum:
        known = voters.Voters(quorum.directories, quorum.caught_up)
        for host, words in voters.replaced(disks, known).items():
            yield HealthProblem(DEGRADED, f"{host}: {words}", (host,))


def _partitions(partitions: Sequence[Partition]) -> Iterator[HealthProblem]:
    kinds: tuple[tuple[str, str, Callable[[Partition], bool]], ...] = (
        (CRITICAL, "without a leader", _offline),
        (CRITICAL, "with fewer replicas in sync than min.insync.replicas: no writes with acks=all", _under_min),
        (DEGRADED, "at min.insync.replicas: one more lost, and they take no writes", _at_min),
        (DEGRADED, "with a replica that is not in sync", _under_replicated),
    )
    left = list(partitions)
    for how_bad, words, has_it in kinds:
        found = [one for one in left if has_it(one)]
        left = [one for one in left if one not in found]
        if found:
            names = tuple(sorted(one.name for one in found))
            yield HealthProblem(how_bad, f"{len(names)} partition{'s' * (len(names) > 1)} {words}: {few(names)}", names)


def _offline(one: Partition) -> bool:
    return one.leader <= NOBODY


def _under_min(one: Partition) -> bool:
    return len(one.isr) < one.min_isr


def _at_min(one: Partition) -> bool:
    return len(one.isr) == one.min_isr and _under_replicated(one)


def _under_replicated(one: Partition) -> bool:
    return bool(set(one.replicas) - one.adding - one.removing - one.isr)


def of_disks(disks: Iterable[FileSystem]) -> Iterator[HealthProblem]:
    """Yield the disks that are nearly full."""
    for disk in disks:
        if disk.used_percent >= FULL_PERCENT:
            yield HealthProblem(DEGRADED, f"{disk.host}: {disk.path} is {disk.used_percent} % full", (disk.host,))


def few(names: Sequence[str]) -> str:
    """Return partitions by name, or where they are many their topics with how many of each."""
    if len(names) <= NAMED:
        return ", ".join(names)
    topics = Counter(name.rpartition("-")[0] for name in names)
    told = [f"{number} of {topic}" for topic, number in topics.most_common(NAMED)]
    more = len(topics) - len(told)
    return ", ".join(told) + (f", and of {more} more topics" if more else "")


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
