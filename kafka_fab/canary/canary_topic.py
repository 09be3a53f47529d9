"""Canary topic: one partition led by each broker, with replicas across the racks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.topics.replica_assignment import Racks, one_per_leader
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.live import broker_view, topic
from kafka_fab.live.asking import asking
from kafka_fab.live.client import metadata
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until

TOPIC = f"{topic.OURS}canary"
REPLICAS = 3
# More partitions check no more, and load the machine that fab runs on.
PARTITIONS = 40
# A roll may take longer than the cluster's retention; what a failed run leaves is deleted after a week.
CONFIGS = {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000), "retention.bytes": "-1"}


@dataclass(frozen=True)
class LeaderAndReplicas:
    """A partition's leader, or -1, and its replicas, the preferred leader first."""

    leader: int
    replicas: tuple[int, ...]


def assignment(racks: Racks, most: int = PARTITIONS) -> dict[int, Replicas]:
    """Return one partition for each broker, which leads it, with replicas on other racks where possible.

    With more brokers than `most`, evenly chosen ones lead a partition.
    """
    return dict(enumerate(one_per_leader(racks, REPLICAS, most)))


def complete(
    placed: Mapping[int, LeaderAndReplicas], wanted: Mapping[int, Sequence[int]], members: frozenset[int]
) -> bool:
    """Return whether an existing topic can be used: preferred leaders and replicas as wanted."""
    preferred = {placement.replicas[0] for placement in placed.values()}
    count = max(map(len, wanted.values()), default=1)
    replicated = all(len(p.replicas) >= count and members.issuperset(p.replicas) for p in placed.values())
    return replicated and preferred.issuperset(replicas[0] for replicas in wanted.values())


Members = tuple[dict[int, str], Node]


def make(cluster: Cluster, members: Members, seconds: float, keep: bool = False) -> dict[int, LeaderAndReplicas]:
    """Return the topic's partitions, all with a leader; create the topic if needed; raise Unreachable or
    RequestRejected.

    A complete one is used as it is. Another is created again where the version can delete topics, unless it is to be
    kept: it has messages that are not checked yet.
    """
    racks, controller = members
    wanted = assignment(racks)
    replicas = min(REPLICAS, len(racks))
    configs = CONFIGS | {"min.insync.replicas": str(max(1, replicas - 1))}
    create = partial(topic.create, cluster, controller, TOPIC, wanted, configs)
    placed = _led(cluster, create, seconds)
    known = frozenset(node.broker.id for node in cluster.brokers if node.broker)
    if keep or complete(placed, wanted, known | set(racks)) or not topic.delete(cluster, controller, TOPIC):
        return placed
    if not _await_deleted(cluster, seconds):
        raise RequestRejected(
            f"topic {TOPIC}: does not match the current brokers, and was not deleted within {seconds:.0f} s"
        )
    return _led(cluster, create, seconds)


def remove(cluster: Cluster, seconds: float = 10) -> None:
    """Delete the topic, where the version can delete topics; raise Unreachable or RequestRejected.

    Waits until no broker has the topic in its metadata: the next canary would try to use it.
    """
    if topic.delete(cluster, members(cluster)[1], TOPIC):
        _await_deleted(cluster, seconds)


def members(cluster: Cluster) -> Members:
    """Return the registered brokers with their racks, and the controller; raise Unreachable where none answers."""
    view = broker_view.first(cluster, cluster.brokers)
    nodes = {node.broker.id: node for node in cluster.brokers if node.broker}
    known = view.racks if cluster.running_release.names_all_brokers else dict.fromkeys(nodes, "")
    return {number: known[number] for number in known if number in nodes}, nodes.get(
        view.controller or 0, cluster.brokers[0]
    )


def _led(cluster: Cluster, create: Callable[[], None], seconds: float) -> dict[int, LeaderAndReplicas]:
    """Create the topic and return its partitions when all have a leader."""
    found: dict[int, LeaderAndReplicas] = {}

    def elected() -> bool:
        if not found:
            # Repeatedly: while an earlier topic is being deleted it counts as existing, and nothing is created.
            create()
        found.clear()
        found.update(placements(cluster))
        return bool(found) and all(placement.leader >= 0 for placement in found.values())

    if not until(elected, seconds):
        raise RequestRejected(f"topic {TOPIC}: not all partitions have a leader after {seconds:.0f} s")
    return found


def _await_deleted(cluster: Cluster, seconds: float) -> bool:
    return until(lambda: not placements(cluster), seconds)


def placements(cluster: Cluster, first: int = 0, seconds: float = SECONDS) -> dict[int, LeaderAndReplicas]:
    """Return the topic's partitions from the first broker whose metadata has it; empty if none; raise Unreachable.

    A broker that has just started has no metadata yet; `first` is the index of the one to begin with.
    """
    nodes, unreachable = [*cluster.brokers[first:], *cluster.brokers[:first]], []
    for node in nodes:
        try:
            found = _placements(cluster, node, seconds)
        except Unreachable as error:
            unreachable.append(str(error))
            continue
        if found:
            return found
    if len(unreachable) == len(nodes):
        raise Unreachable("; ".join(unreachable))
    return {}


def _placements(cluster: Cluster, node: Node, seconds: float) -> dict[int, LeaderAndReplicas]:
    found = metadata.read(asking(cluster, node, seconds), cluster.running_release.placement_version, [TOPIC])
    return {one.number: LeaderAndReplicas(one.leader, one.replicas) for one in found.partitions()}
