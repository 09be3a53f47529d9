"""Quorum: the KRaft controllers, asked one by one at their own listener."""

from dataclasses import dataclass, field
from typing import Any

from tasks.cluster.model import Cluster, Node
from tasks.live.protocol import kafka_python
from tasks.live.wire import SECONDS, Silent, ask

TOPIC = "__cluster_metadata"
# KafkaRaftClient: a replica that was at the end of the log this recently keeps up.
KEEPS_UP_MS = 2000


@dataclass(frozen=True)
class Replica:
    """A voter or observer as the leader sees it."""

    id: int
    directory: str = ""
    lag: int = 0
    behind_ms: int = 0
    seen: bool = True


@dataclass(frozen=True)
class Quorum:
    """The quorum as its leader describes it."""

    leader: int
    epoch: int
    voters: tuple[Replica, ...]
    observers: tuple[Replica, ...] = ()

    def caught_up(self) -> tuple[Replica, ...]:
        """Return the voters that keep up with the leader, the leader among them."""
        return tuple(v for v in self.voters if v.id == self.leader or (v.seen and v.behind_ms < KEEPS_UP_MS))


@dataclass(frozen=True)
class Features:
    """What a node says of the cluster's finalized features."""

    levels: dict[str, int] = field(default_factory=dict)
    error: str = ""


def describe(cluster: Cluster, seconds: float = SECONDS) -> Quorum:
    """Return the quorum as its leader describes it; raise Silent where no controller leads."""
    reasons = []
    for node in cluster.controllers:
        try:
            found = _describe(cluster, node, seconds)
        except Silent as silent:
            reasons.append(str(silent))
            continue
        if found:
            return found
    raise Silent(f"no controller leads the quorum: {'; '.join(reasons) or 'an election is under way'}")


def described(cluster: Cluster, seconds: float = SECONDS) -> tuple[Quorum | None, str]:
    """Return the quorum, or None and why it cannot be described."""
    try:
        return describe(cluster, seconds), ""
    except Silent as silent:
        return None, str(silent)


def has_leader(cluster: Cluster, seconds: float = SECONDS) -> bool:
    """Return whether the quorum has a leader that answers."""
    return described(cluster, seconds)[0] is not None


def _describe(cluster: Cluster, node: Node, seconds: float) -> Quorum | None:
    # Version 2 names directories; only a leader answers, the others say that they are none.
    version = 2 if cluster.release.dynamic_quorum else 1
    request = kafka_python().protocol.admin.DescribeQuorumRequest
    topic = request.TopicData
    part = topic.PartitionData(version=version, partition_index=0)
    question = request(version=version, topics=[topic(version=version, topic_name=TOPIC, partitions=[part])])
    answer = ask(node.address, cluster.settings.controller.port, question, seconds)
    if answer.error_code or answer.topics[0].partitions[0].error_code:
        return None
    return _quorum(answer.topics[0].partitions[0])


def _quorum(part: Any) -> Quorum:
    everyone = [*part.current_voters, *part.observers]
    leader = next((replica for replica in everyone if replica.replica_id == part.leader_id), None)
    end = leader.log_end_offset if leader else part.high_watermark
    now = leader.last_caught_up_timestamp if leader else 0

    def seen(replica: Any) -> Replica:
        behind = max(0, now - replica.last_caught_up_timestamp)
        directory = _directory(getattr(replica, "replica_directory_id", None))
        is_seen = replica.last_caught_up_timestamp > 0
        return Replica(replica.replica_id, directory, max(0, end - replica.log_end_offset), behind, is_seen)

    voters, observers = (tuple(map(seen, group)) for group in (part.current_voters, part.observers))
    return Quorum(part.leader_id, part.leader_epoch, voters, observers)


def _directory(identity: Any) -> str:
    import base64

    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode() if identity else ""


def features(address: str, port: int, seconds: float = SECONDS) -> Features:
    """Return the finalized features as one broker or controller names them."""
    request = kafka_python().protocol.metadata.ApiVersionsRequest
    question = request(version=3, client_software_name="kafka-fab", client_software_version="1")
    try:
        answer = ask(address, port, question, seconds)
    except Silent as silent:
        return Features(error=str(silent))
    return Features({feature.name: feature.max_version_level for feature in answer.finalized_features or []})


def answers(cluster: Cluster, node: Node, seconds: float = SECONDS) -> bool:
    """Return whether a controller answers at its own listener."""
    return not features(node.address, cluster.settings.controller.port, seconds).error
