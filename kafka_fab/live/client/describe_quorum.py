"""DescribeQuorum: voters and observers of the KRaft quorum; only its leader answers."""

import base64
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import RequestRejected, no_rights

TOPIC = "__cluster_metadata"
# The second has directory ids (Kafka 3.9 and later).
STATIC, DYNAMIC = 1, 2
# KafkaRaftClient: a replica that was at the end of the log this recently keeps up.
KEEPS_UP_MS = 2000
# A broker that was not for this long gets no metadata any more; its session (9 s) may still last.
STALE_MS = 5000
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
    def is_stale(self) -> bool:
        """Return whether it has been behind for so long that its metadata must not be trusted."""
        return self.seen and self.behind_ms >= STALE_MS

    @property
    def behind(self) -> str:
        """Return its lag as text."""
        return f"{self.lag} records, {self.behind_ms} ms behind" if self.seen else NEVER


@dataclass(frozen=True)
class QuorumDescription:
    """The quorum as its leader describes it; `listeners` by voter are the names of a dynamic quorum's record.

    The high watermark is the offset up to which a majority of the voters has the metadata log.
    """

    leader: int
    epoch: int
    voters: tuple[QuorumReplica, ...]
    observers: tuple[QuorumReplica, ...] = ()
    listeners: Mapping[int, frozenset[str]] = field(default_factory=dict)
    high_watermark: int = -1

    def caught_up(self) -> tuple[QuorumReplica, ...]:
        """Return the voters that keep up with the leader, the leader among them."""
        return tuple(v for v in self.voters if v.id == self.leader or v.keeps_up)

    def stale(self) -> dict[int, str]:
        """Return how far each observer is behind that is so for long; a broker that is a voter is none."""
        # The least one where an id is there twice: a replaced disk's directory id lingers for a while.
        kept = {one.id for one in self.observers if not one.is_stale}
        return {one.id: one.behind for one in self.observers if one.is_stale and one.id not in kept}


def describe(ask: Ask, version: int = STATIC) -> QuorumDescription | None:
    """Return the quorum; None where the controller that is asked is not its leader; raise RequestRejected."""
    request = kafka_python().protocol.admin.DescribeQuorumRequest
    topic = request.TopicData
    part = topic.PartitionData(version=version, partition_index=0)
    answer = ask(request(version=version, topics=[topic(version=version, topic_name=TOPIC, partitions=[part])]))
    if rights := no_rights(answer.error_code):
        raise RequestRejected(rights)
    if answer.error_code or answer.topics[0].partitions[0].error_code:
        return None
    found = _quorum(answer.topics[0].partitions[0])
    nodes = getattr(answer, "nodes", None) or ()
    return replace(found, listeners={node.node_id: frozenset(one.name for one in node.listeners) for node in nodes})


def _quorum(part: Any) -> QuorumDescription:
    everyone = [*part.current_voters, *part.observers]
    leader = next((replica for replica in everyone if replica.replica_id == part.leader_id), None)
    end = leader.log_end_offset if leader else part.high_watermark
    now = leader.last_caught_up_timestamp if leader else 0

    def seen(replica: Any) -> QuorumReplica:
        directory = _directory(getattr(replica, "replica_directory_id", None))
        if replica.last_caught_up_timestamp <= 0:
            # Kafka's own value for what is unknown.
            return QuorumReplica(replica.replica_id, directory, -1, -1, seen=False)
        behind = max(0, now - replica.last_caught_up_timestamp)
        return QuorumReplica(replica.replica_id, directory, max(0, end - replica.log_end_offset), behind)

    voters, observers = (tuple(map(seen, group)) for group in (part.current_voters, part.observers))
    return QuorumDescription(part.leader_id, part.leader_epoch, voters, observers, high_watermark=part.high_watermark)


def _directory(identity: Any) -> str:
    # Zero means none.
    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode() if identity and identity.int else ""
