"""Leaders: preferred leaders elected over the admin protocol, or by way of ZooKeeper where the version has none."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import SECONDS, TIMEOUT, reason
from kafka_fab.live.zookeeper import four_letter_words

# Elections are a burst of requests to all brokers: so many partitions in one go (rolling.md 10.3).
AT_ONCE = 200
ELECT, PREFERRED, NOT_NEEDED = 1, 0, 84
PATH = "/admin/preferred_replica_election"
# A controller takes milliseconds for a portion.
PATIENCE = 15.0


def elect(cluster: Cluster, places: Sequence[TopicPartition]) -> dict[TopicPartition, str]:
    """Have the first replica of each partition elected; return which were refused and why.

    Returns when the elections are over. Raises Silent or Unwilling. Source: KIP-460; ElectLeaders is there from 2.4 on.
    """
    portions = [places[at : at + AT_ONCE] for at in range(0, len(places), AT_ONCE)]
    if cluster.release.create_topics_version is None:
        _by_zookeeper(cluster, portions)
        return {}
    admin, refused = AdminClient(cluster), dict[TopicPartition, str]()
    for some in portions:
        refused |= _ask(admin, some)
    return refused


def _ask(admin: AdminClient, places: Sequence[TopicPartition]) -> dict[TopicPartition, str]:
    request = kafka_python().protocol.admin.ElectLeadersRequest
    shape = request.TopicPartitions
    wanted = [shape(version=ELECT, topic=name, partitions=numbers) for name, numbers in _by_topic(places).items()]
    question = request(version=ELECT, election_type=PREFERRED, topic_partitions=wanted, timeout_ms=TIMEOUT)
    answer = admin.ask(question, SECONDS)
    if answer.error_code:
        raise RequestRejected(f"no leaders are elected: {reason(answer)}")
    return {
        TopicPartition(topic.topic, part.partition_id): reason(part)
        for topic in answer.replica_election_results
        for part in topic.partition_result
        if part.error_code not in (0, NOT_NEEDED)
    }


def _by_topic(places: Iterable[TopicPartition]) -> dict[str, list[int]]:
    topics: dict[str, list[int]] = {}
    for name, number in places:
        topics.setdefault(name, []).append(number)
    return topics


def _by_zookeeper(cluster: Cluster, portions: Iterable[Sequence[TopicPartition]]) -> None:
    """Ask the controller as kafka.admin.PreferredReplicaLeaderElectionCommand does; it deletes what it has done."""
    with four_letter_words.client(cluster) as kazoo:
        for some in portions:
            wanted = [{"topic": name, "partition": number} for name, number in some]
            content = json.dumps({"version": 1, "partitions": wanted}).encode()
            if not until(lambda content=content: _taken(kazoo, content), PATIENCE):  # type: ignore[misc]
                raise RequestRejected(
                    f"no leaders are elected: another election has been under way for {PATIENCE:.0f} s"
                )
            if not until(lambda: not kazoo.exists(PATH), PATIENCE):
                raise RequestRejected(f"no leaders are elected: the controller has not done it within {PATIENCE:.0f} s")


def _taken(kazoo: Any, content: bytes) -> bool:
    from kazoo.exceptions import NodeExistsError

    try:
        kazoo.create(PATH, content, makepath=True)
    except NodeExistsError:
        return False
    return True
