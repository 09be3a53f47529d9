"""The canary's topic: one partition led by each broker, with copies across the racks, kept as long as it may."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live import broker_view, topic
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.typed_command import FAB

TOPIC = f"{topic.OURS}canary"
COPIES = 3
# More would be no better proof, and cost the machine that fab runs on.
PARTITIONS = 40
# A roll may take longer than the cluster keeps messages; what a failed run leaves behind goes after a week.
CONFIGS = {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000), "retention.bytes": "-1"}


@dataclass(frozen=True)
class LeaderAndReplicas:
    """A partition's leader, or -1, and its replicas, the preferred leader first."""

    leader: int
    replicas: tuple[int, ...]


def assignment(racks: Mapping[int, str], most: int = PARTITIONS) -> dict[int, list[int]]:
    """Return one partition for each broker, which leads it, with copies on other racks while there are any.

    `racks` are all brokers' by id. Of more brokers than `most`, so many that lie evenly among them lead one.
    """
    ring = _across(racks)
    step = max(1, -(-len(ring) // most))
    return {number: _replicas(ring, leader, racks) for number, leader in enumerate(ring[::step])}


def _across(racks: Mapping[int, str]) -> list[int]:
    """Return the brokers so that neighbours are in different racks, as far as they can be."""
    turns: dict[str, int] = {}
    order = []
    for number in sorted(racks):
        turns[racks[number]] = turns.get(racks[number], 0) + 1
        order.append((turns[racks[number]], racks[number], number))
    return [number for *_, number in sorted(order)]


def _replicas(ring: Sequence[int], leader: int, racks: Mapping[int, str]) -> list[int]:
    at = ring.index(leader)
    found, others = [leader], [*ring[at + 1 :], *ring[:at]]
    while others and len(found) < COPIES:
        used = {racks[number] for number in found}
        found.append(next((number for number in others if racks[number] not in used), others[0]))
        others.remove(found[-1])
    return found


def complete(
    placed: Mapping[int, LeaderAndReplicas], wanted: Mapping[int, Sequence[int]], members: frozenset[int]
) -> bool:
    """Return whether a topic that is there already serves: led by whom it should be, with all its copies."""
    preferred = {placement.replicas[0] for placement in placed.values()}
    copies = max(map(len, wanted.values()), default=1)
    whole = all(len(p.replicas) >= copies and members.issuperset(p.replicas) for p in placed.values())
    return whole and preferred.issuperset(replicas[0] for replicas in wanted.values())


Members = tuple[dict[int, str], Node]


def make(cluster: Cluster, members: Members, seconds: float, keep: bool = False) -> dict[int, LeaderAndReplicas]:
    """Return the topic's partitions, all led; make the topic where it is not there; raise Unreachable or
    RequestRejected.

    One that is there and complete is left as it is. Another is made anew where the version can delete topics, unless
    it is to be kept: it holds messages that are not judged yet.
    """
    racks, controller = members
    wanted = assignment(racks)
    copies = min(COPIES, len(racks))
    configs = CONFIGS | {"min.insync.replicas": str(max(1, copies - 1))}
    create = partial(topic.create, cluster, controller, TOPIC, wanted, configs)
    placed = _led(cluster, create, seconds)
    known = frozenset(node.broker.id for node in cluster.brokers if node.broker)
    if keep or complete(placed, wanted, known | set(racks)) or not topic.delete(cluster, controller, TOPIC):
        return placed
    if not _gone(cluster, seconds):
        raise RequestRejected(f"topic {TOPIC}: is not as the brokers are now, and not deleted after {seconds:.0f} s")
    return _led(cluster, create, seconds)


def remove(cluster: Cluster, seconds: float = 10) -> None:
    """Delete the topic, where the version can delete topics; raise Unreachable or RequestRejected.

    It waits until no broker knows the topic: the next canary would take it for one that it can use.
    """
    if topic.delete(cluster, members(cluster)[1], TOPIC):
        _gone(cluster, seconds)


def members(cluster: Cluster) -> Members:
    """Return the registered brokers with their racks, and who creates topics; raise Unreachable where none answers."""
    views = (broker_view.view(cluster, node) for node in cluster.brokers)
    view = next((view for view in views if not view.error), None)
    if view is None:
        raise Unreachable(f"no broker answers: start them first ({FAB} start)")
    nodes = {node.broker.id: node for node in cluster.brokers if node.broker}
    known = view.racks if cluster.release.names_all_brokers else dict.fromkeys(nodes, "")
    return {number: known[number] for number in known if number in nodes}, nodes.get(
        view.controller or 0, cluster.brokers[0]
    )


def _led(cluster: Cluster, create: Callable[[], None], seconds: float) -> dict[int, LeaderAndReplicas]:
    """Create the topic and return its partitions when all are led."""
    found: dict[int, LeaderAndReplicas] = {}

    def elected() -> bool:
        if not found:
            # Again and again: while an earlier one is being deleted it counts as there, and nothing is created.
            create()
        found.clear()
        found.update(placements(cluster))
        return bool(found) and all(placement.leader >= 0 for placement in found.values())

    if not until(elected, seconds):
        raise RequestRejected(f"topic {TOPIC}: has no leader for each partition after {seconds:.0f} s")
    return found


def _gone(cluster: Cluster, seconds: float) -> bool:
    return until(lambda: not placements(cluster), seconds)


def placements(cluster: Cluster, first: int = 0, seconds: float = SECONDS) -> dict[int, LeaderAndReplicas]:
    """Return the topic's partitions as the first broker sees them that knows it; empty if none does; raise Unreachable.

    A broker that has just started knows nothing yet; `first` is the place in hosts.ini of the one to begin with.
    """
    nodes, silent = [*cluster.brokers[first:], *cluster.brokers[:first]], []
    for node in nodes:
        try:
            found = _placements(cluster, node, seconds)
        except Unreachable as error:
            silent.append(str(error))
            continue
        if found:
            return found
    if len(silent) == len(nodes):
        raise Unreachable("; ".join(silent))
    return {}


def _placements(cluster: Cluster, node: Node, seconds: float) -> dict[int, LeaderAndReplicas]:
    version = cluster.release.placement_version
    request = kafka_python().protocol.metadata.MetadataRequest
    named = request.MetadataRequestTopic(version=version, name=TOPIC)
    quiet = {"allow_auto_topic_creation": False} if version else {}
    answer = ask(endpoint.of_broker(cluster, node), request(version=version, topics=[named], **quiet), seconds)
    parts = [part for each in answer.topics for part in each.partitions]
    return {part.partition_index: LeaderAndReplicas(part.leader_id, tuple(part.replica_nodes)) for part in parts}
