"""KRaft quorum: the KRaft controllers, asked one by one at their own listener."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from kafka_fab.cluster.identity.voters import Voters
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.typed_command import FAB

TOPIC = "__cluster_metadata"
# KafkaRaftClient: a replica that was at the end of the log this recently keeps up.
KEEPS_UP_MS = 2000
NEVER = "has never fetched"


@dataclass(frozen=True)
class QuorumReplica:
    """A voter or observer as the leader sees it; not `seen` where it has never fetched from this leader."""

    id: int
    directory: str = ""
    lag: int = 0
    behind_ms: int = 0
    seen: bool = True

    @property
    def keeps_up(self) -> bool:
        """Return whether it was at the end of the log a moment ago."""
        return self.seen and self.behind_ms < KEEPS_UP_MS

    @property
    def behind(self) -> str:
        """Return how far it is behind, in words."""
        return f"{self.lag} records, {self.behind_ms} ms behind" if self.seen else NEVER


@dataclass(frozen=True)
class QuorumDescription:
    """The quorum as its leader describes it."""

    leader: int
    epoch: int
    voters: tuple[QuorumReplica, ...]
    observers: tuple[QuorumReplica, ...] = ()

    def caught_up(self) -> tuple[QuorumReplica, ...]:
        """Return the voters that keep up with the leader, the leader among them."""
        return tuple(v for v in self.voters if v.id == self.leader or v.keeps_up)


@dataclass(frozen=True)
class Features:
    """What a node says of the cluster's finalized features."""

    levels: dict[str, int] = field(default_factory=dict)
    error: str = ""


def describe(cluster: Cluster, seconds: float = SECONDS) -> QuorumDescription:
    """Return the quorum as its leader describes it; raise Unreachable where no controller leads."""
    reasons = []
    for node in cluster.controllers:
        try:
            found = _describe(cluster, node, seconds)
        except Unreachable as silent:
            reasons.append(str(silent))
            continue
        if found:
            return found
    raise Unreachable(leaderless(len(cluster.controllers), reasons))


def leaderless(number: int, reasons: Sequence[str]) -> str:
    """Return that none of so many controllers leads, and what to do; `reasons` are those of the silent ones."""
    answering, need = number - len(reasons), number // 2 + 1
    told = f" ({'; '.join(reasons)})" if reasons else ""
    if answering < need:
        return (
            f"no controller leads the quorum: {answering} of {number} answer, and {need} are needed{told}. "
            f"Start those that are down ({FAB} start)"
        )
    return (
        f"no controller leads the quorum, although {answering} of {number} answer{told}. If that lasts longer than an "
        f"election (seconds), the disks of voters are missing or were replaced: see {FAB} quorum.show"
    )


def described(cluster: Cluster, seconds: float = SECONDS) -> tuple[QuorumDescription | None, str]:
    """Return the quorum, or None and why it cannot be described."""
    try:
        return describe(cluster, seconds), ""
    except Unreachable as silent:
        return None, str(silent)


def has_leader(cluster: Cluster, seconds: float = SECONDS) -> bool:
    """Return whether the quorum has a leader that answers."""
    return described(cluster, seconds)[0] is not None


def _describe(cluster: Cluster, node: Node, seconds: float) -> QuorumDescription | None:
    # Version 2 names directories; only a leader answers, the others say that they are none.
    version = 2 if cluster.release.dynamic_quorum else 1
    request = kafka_python().protocol.admin.DescribeQuorumRequest
    topic = request.TopicData
    part = topic.PartitionData(version=version, partition_index=0)
    question = request(version=version, topics=[topic(version=version, topic_name=TOPIC, partitions=[part])])
    answer = ask(endpoint.of_controller(cluster, node), question, seconds)
    if answer.error_code or answer.topics[0].partitions[0].error_code:
        return None
    return _quorum(answer.topics[0].partitions[0])


def _quorum(part: Any) -> QuorumDescription:
    everyone = [*part.current_voters, *part.observers]
    leader = next((replica for replica in everyone if replica.replica_id == part.leader_id), None)
    end = leader.log_end_offset if leader else part.high_watermark
    now = leader.last_caught_up_timestamp if leader else 0

    def seen(replica: Any) -> QuorumReplica:
        directory = _directory(getattr(replica, "replica_directory_id", None))
        if replica.last_caught_up_timestamp <= 0:
            # As Kafka has it: -1 for what is not known.
            return QuorumReplica(replica.replica_id, directory, -1, -1, seen=False)
        behind = max(0, now - replica.last_caught_up_timestamp)
        return QuorumReplica(replica.replica_id, directory, max(0, end - replica.log_end_offset), behind)

    voters, observers = (tuple(map(seen, group)) for group in (part.current_voters, part.observers))
    return QuorumDescription(part.leader_id, part.leader_epoch, voters, observers)


def _directory(identity: Any) -> str:
    import base64

    # Zero is Kafka's word for none.
    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode() if identity and identity.int else ""


def voters(cluster: Cluster, found: QuorumDescription) -> Voters:
    """Return the voters as their disks are judged by; a static quorum knows no directories."""
    directories = {voter.id: voter.directory if cluster.dynamic_quorum else "" for voter in found.voters}
    return Voters(directories, frozenset(voter.id for voter in found.caught_up()))


def features(asked: Endpoint, seconds: float = SECONDS) -> Features:
    """Return the finalized features as one broker or controller names them."""
    request = kafka_python().protocol.metadata.ApiVersionsRequest
    question = request(version=3, client_software_name="kafka-fab", client_software_version="1")
    try:
        answer = ask(asked, question, seconds)
    except Unreachable as silent:
        return Features(error=str(silent))
    return Features({feature.name: feature.max_version_level for feature in answer.finalized_features or []})


def answers(cluster: Cluster, node: Node, seconds: float = SECONDS) -> bool:
    """Return whether a controller answers at its own listener."""
    return not features(endpoint.of_controller(cluster, node), seconds).error
