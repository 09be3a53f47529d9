"""Leader election: preferred leaders elected over the admin protocol, or through ZooKeeper on 0.8.0."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.admin_client import TIMEOUT_MS, AdminClient
from kafka_fab.live.client import election
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import four_letter_words

# An election is a burst of requests to all brokers: partitions in one request.
AT_ONCE = 200
PATH = "/admin/preferred_replica_election"
# A controller takes milliseconds for a portion.
PATIENCE = 15.0


def elect(cluster: Cluster, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, str]:
    """Elect the preferred leader of each partition; return which were rejected and why; raise Unreachable or
    RequestRejected.

    It returns when the elections are over.
    """
    portions = [partitions[at : at + AT_ONCE] for at in range(0, len(partitions), AT_ONCE)]
    if cluster.running_release.create_topics_version is None:
        _by_zookeeper(cluster, portions)
        return {}
    admin, rejected = AdminClient(cluster), dict[TopicPartition, str]()
    for some in portions:
        rejected |= election.elect(admin.ask, some, TIMEOUT_MS)
    return rejected


def _by_zookeeper(cluster: Cluster, portions: Iterable[Sequence[TopicPartition]]) -> None:
    """Elect as kafka.admin.PreferredReplicaLeaderElectionCommand does; the controller deletes the znode at the end."""
    with four_letter_words.client(cluster) as kazoo:
        for some in portions:
            wanted = [{"topic": name, "partition": number} for name, number in some]
            content = json.dumps({"version": 1, "partitions": wanted}).encode()
            if not until(lambda content=content: _taken(kazoo, content), PATIENCE):  # type: ignore[misc]
                raise RequestRejected(
                    f"no leaders were elected: another election was still in progress after {PATIENCE:.0f} s"
                )
            if not until(lambda: not kazoo.exists(PATH), PATIENCE):
                raise RequestRejected(f"no leaders were elected: the controller did not finish within {PATIENCE:.0f} s")


def _taken(kazoo: Any, content: bytes) -> bool:
    from kazoo.exceptions import NodeExistsError

    try:
        kazoo.create(PATH, content, makepath=True)
    except NodeExistsError:
        return False
    return True
