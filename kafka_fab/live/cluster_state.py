"""Cluster state: one reading of ZooKeeper or the quorum, and of each broker's metadata and log directories.

What cannot be read is in the state's `unknown`, never left out: the safety check does not pass then.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from kafka_fab.cluster.identity import host_membership
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, kraft, running_release
from kafka_fab.gate import high_watermark, metadata_cache
from kafka_fab.gate.high_watermark import HighWatermark
from kafka_fab.gate.metadata_cache import ExpectedMetadata, MetadataCache
from kafka_fab.gate.state import NOBODY, Ensemble, Partition, State, VoterState
from kafka_fab.live import broker_reading, kraft_quorum, metadata_view, topic, topic_min_isr
from kafka_fab.live.broker_reading import BrokerReading
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.describe_quorum import QuorumDescription
from kafka_fab.live.client.wait import until
from kafka_fab.live.metadata_view import MetadataView
from kafka_fab.live.zookeeper import ensemble, four_letter_words, partition_znodes
from kafka_fab.live.zookeeper.partition_znodes import ZnodeTree

LOOK = 2.0
# A broker has a change of the metadata by then.
FOLLOWS = 2.0
# So many views are merged; the others are compared with them.
MERGED = 3
T = TypeVar("T")
Source = Callable[[frozenset[int]], State]


def look(cluster: Cluster, seconds: float = LOOK) -> State:
    """Return the current state of the cluster; where it cannot be read, `unknown` has the reason."""
    try:
        with source(cluster, seconds) as read:
            return answering(cluster, settled(read))
    except Unreachable as error:
        ids = frozenset(node.broker.id for node in cluster.brokers if node.broker)
        return State(ids, frozenset(), ensemble=ensemble.read(cluster, seconds), unknown=(str(error),))


def settled(read: Source) -> State:
    """Return the state; brokers are given a moment to follow a change that was made just before."""
    seen: list[State] = []

    def is_settled() -> bool:
        seen[:] = [read(frozenset())]
        return not seen[0].false_metadata

    until(is_settled, FOLLOWS)
    return seen[0]


@contextmanager
def source(cluster: Cluster, seconds: float = 10.0) -> Iterator[Source]:
    """Yield a function that reads the state; it takes the ids of brokers that are expected to be down.

    Raise Unreachable where no ZooKeeper server answers within the seconds.
    """
    with ThreadPoolExecutor(max_workers=50, thread_name_prefix="reading") as pool:
        if cluster.kraft:
            yield KRaft(cluster, pool).read
        else:
            with four_letter_words.client(cluster, seconds) as kazoo:
                yield WithZooKeeper(cluster, pool, kazoo).read


class StateReader:
    """What reading with ZooKeeper and with KRaft share: which brokers answer, and what only brokers have."""

    def __init__(self, cluster: Cluster, pool: ThreadPoolExecutor) -> None:
        self.cluster = cluster
        self.pool = pool
        self.ids = {node.broker.id: node for node in cluster.brokers if node.broker}
        self._first: Node | None = None

    def with_min_isr(
        self, partitions: Iterable[Partition], asked: list[Node]
    ) -> tuple[tuple[Partition, ...], list[str]]:
        """Return partitions with their topics' min ISR, or without it and why."""
        partitions = tuple(partitions)
        topics = sorted({partition.topic for partition in partitions})
        # One of 0.8 knows no configs, and elects unclean leaders as long as it may be the controller.
        old = [node for node in asked if not running_release.of_broker(self.cluster, node).describes_configs]
        others = [node for node in asked if node not in old] or old
        found, reason = self.first(others, lambda node: topic_min_isr.read(self.cluster, node, topics, LOOK))
        if found is None:
            return partitions, [f"cannot read the topics' min.insync.replicas: {reason}"]
        partitions = topic_min_isr.with_min_isr(partitions, found, self.cluster.running_release.caps_min_isr)
        return tuple(replace(one, unclean=True) for one in partitions) if old else partitions, []

    def first(self, nodes: Iterable[Node], question: Callable[[Node], T]) -> tuple[T | None, str]:
        """Return the answer of the first broker that gives one, beginning with the last such; or why there is none."""
        reason = "no broker is up"
        for node in sorted(nodes, key=lambda node: node is not self._first):
            try:
                answer = question(node)
            except Unreachable as error:
                reason = str(error)
                continue
            self._first = node
            return answer, ""
        return None, reason

    def readings(self, nodes: Iterable[Node]) -> tuple[dict[int, BrokerReading], dict[int, str]]:
        """Return what brokers answer by their ids, and why the others did not answer."""
        found, silent, asked = dict[int, BrokerReading](), dict[int, str](), list(nodes)
        for node, answer in zip(
            asked, self.all(asked, lambda node: broker_reading.read(self.cluster, node, LOOK)), strict=True
        ):
            assert node.broker
            if isinstance(answer, Unreachable):
                silent[node.broker.id] = str(answer)
            else:
                found[node.broker.id] = answer
        return found, silent

    def all(self, nodes: Iterable[Node], question: Callable[[Node], T]) -> list[T | Unreachable]:
        """Return each broker's answer, or why it did not answer."""

        def asked(node: Node) -> T | Unreachable:
            try:
                return question(node)
            except Unreachable as error:
                return error

        return list(self.pool.map(asked, nodes))


class WithZooKeeper(StateReader):
    """Reads ZooKeeper, which has the authoritative state of partitions."""

    def __init__(self, cluster: Cluster, pool: ThreadPoolExecutor, kazoo: Any) -> None:
        super().__init__(cluster, pool)
        self.kazoo = kazoo
        self._servers = endpoint.servers(cluster)

    def read(self, away: frozenset[int] = frozenset()) -> State:
        """Return the state; brokers that are expected to be down are not asked."""
        self._follow_servers()
        servers = self.pool.submit(ensemble.read, self.cluster, LOOK)
        try:
            tree = partition_znodes.read(self.kazoo)
        except Exception as error:  # kazoo's errors have no common ancestor but this
            return self._unreadable(f"cannot read ZooKeeper: {type(error).__name__} {error}".rstrip(), servers.result())
        up = [node for number, node in self.ids.items() if number in tree.brokers]
        asked = [node for node in up if node.broker and node.broker.id not in away]
        answers = self.pool.submit(self.readings, asked)
        partitions, reasons = self.with_min_isr(tree.partitions, asked or up)
        found, silent = answers.result()
        return State(
            brokers=frozenset(self.ids),
            up=frozenset(tree.brokers),
            partitions=partitions,
            controller=tree.controller,
            ensemble=servers.result(),
            offline_dirs=_offline(found),
            reassigning=tree.moving,
            racks=dict(tree.brokers),
            registered=tree.registered,
            unknown=(
                *self._identity_mismatch(tree.identity),
                *reasons,
                *silent.values(),
                *_leaderless(tree.controller),
            ),
            unresponsive=silent,
            identity=tree.identity,
            controller_epochs=tree.epochs,
            false_metadata=metadata_cache.compared(_caches(found), self._expected(tree)),
        )

    def _expected(self, tree: ZnodeTree) -> ExpectedMetadata:
        epochs = {one.topic_partition: one.epoch for one in tree.partitions}
        # During a migration brokers name any broker as the controller, as in KRaft mode.
        return metadata_cache.in_zookeeper(epochs, NOBODY if tree.kraft else tree.controller, tree.deleting, topic.OURS)

    def _identity_mismatch(self, identity: str) -> list[str]:
        return list(filter(None, [host_membership.ensemble_mismatch(self.cluster, identity)]))

    def _follow_servers(self) -> None:
        """Let the client use the current addresses of the servers from its next connection on."""
        servers = endpoint.servers(self.cluster)
        if servers != self._servers:
            self.kazoo.set_hosts(servers + self.kazoo.chroot)
            self._servers = servers

    def _unreadable(self, reason: str, servers: Ensemble) -> State:
        return State(frozenset(self.ids), frozenset(), ensemble=servers, unknown=(reason,))


def _leaderless(controller: int) -> list[str]:
    return ["no broker is the controller: an election is under way"] if controller == NOBODY else []


class KRaft(StateReader):
    """Reads the metadata of all brokers, as that of one may be stale, and the leader of the quorum."""

    def __init__(self, cluster: Cluster, pool: ThreadPoolExecutor) -> None:
        super().__init__(cluster, pool)
        self._mark: HighWatermark | None = None

    def read(self, away: frozenset[int] = frozenset()) -> State:
        """Return the cluster's state; brokers that are away are not asked."""
        quorum = self.pool.submit(kraft_quorum.described, self.cluster, LOOK)
        here = [node for number, node in self.ids.items() if number not in away]
        found, silent = self.readings(here)
        few = len(found) < min(2, len(here))
        reasons = {n: f"the views of two brokers are needed: {why}" for n, why in silent.items()} if few else {}
        described, leaderless = quorum.result()
        if not found:
            return State(
                frozenset(self.ids),
                frozenset(),
                quorum=self._quorum(described),
                unknown=tuple(reasons.values()) or ("no broker is up",),
            )
        asked = [self.ids[number] for number in found]
        seen = metadata_view.merge_pessimistic(_views(found.values()))
        silent = {number: why for number, why in silent.items() if number in seen.brokers}
        moving = self.pool.submit(self.first, asked, lambda node: metadata_view.reassignments(self.cluster, node, LOOK))
        partitions, unguarded = self.with_min_isr(seen.partitions, asked)
        moves, untold = moving.result()
        caches = _caches(found, described.stale() if described else {})
        return State(
            brokers=frozenset(self.ids),
            up=frozenset(seen.brokers),
            partitions=metadata_view.with_reassignments(partitions, moves or {}),
            quorum=self._quorum(described),
            offline_dirs=_offline(found),
            reassigning=frozenset(moves or ()),
            racks=seen.brokers,
            unknown=tuple(filter(None, (*reasons.values(), untold, *unguarded, *silent.values(), leaderless))),
            unresponsive=reasons | silent,
            false_metadata=metadata_cache.compared(caches, metadata_cache.by_most(caches, topic.OURS)),
        )

    def _quorum(self, found: QuorumDescription | None) -> VoterState | None:
        if found is None:
            self._mark = None
            return None
        known = kraft_quorum.voters(self.cluster, found)
        idle = self._idle(found)
        return VoterState(frozenset(known.directories), known.caught_up, found.leader, known.directories, idle)

    def _idle(self, found: QuorumDescription) -> float:
        """Return for how many seconds the high watermark has not advanced although it should."""
        now = time.monotonic()
        self._mark = high_watermark.followed(self._mark, found.high_watermark, found.epoch, now)
        idle = high_watermark.idle(self._mark, now, kraft.idle_interval_ms(self.cluster))
        return idle if idle and kraft_quorum.writes_no_ops(self.cluster, found.leader, LOOK) else 0.0


def _caches(found: Mapping[int, BrokerReading], behind: Mapping[int, str] | None = None) -> dict[int, MetadataCache]:
    """Return the metadata of brokers that have some of their own; KRaft's leader says which are behind."""
    caches = {number: reading.cache for number, reading in found.items() if reading.cache}
    return {number: replace(cache, behind=(behind or {}).get(number, "")) for number, cache in caches.items()}


def _views(found: Iterable[BrokerReading]) -> list[MetadataView]:
    """Return the views of up to three brokers; one that serves no topics counts only where none serves any."""
    every = list(found)
    serving = [one for one in every if one.cache and one.cache.epochs]
    return [metadata_view.of(one.view()) for one in (serving or every)[:MERGED] if one.view]


def _offline(found: Mapping[int, BrokerReading]) -> frozenset[tuple[int, str]]:
    return frozenset((number, path) for number, reading in found.items() for path in reading.offline_dirs)


def answering(cluster: Cluster, state: State) -> State:
    """Return a state whose caught-up voters all answer now: the leader notices a lost voter only after seconds."""
    if state.quorum is None:
        return state
    nodes = [node for node in cluster.controllers if node.controller]
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        there = pool.map(lambda node: kraft_quorum.answers(cluster, node, LOOK), nodes)
        ids = {node.controller.id for node, answers in zip(nodes, there, strict=True) if answers and node.controller}
    return replace(state, quorum=replace(state.quorum, caught_up=state.quorum.caught_up & ids))
