"""Topic: made and deleted over the admin protocol, or in ZooKeeper where the version has none."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import ask
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.zookeeper import four_letter_words

# What the names of the tool's own topics begin with.
OURS = "__kafka_fab_"
SECONDS = 15
Assignment = Mapping[int, Sequence[int]]
NO_CONFIGS: Mapping[str, str] = {}


class RequestRejected(Exception):
    """A request that a broker refused, with its reason in a sentence."""


def create(
    cluster: Cluster, controller: Node, name: str, assignment: Assignment, configs: Mapping[str, str] = NO_CONFIGS
) -> None:
    """Create a topic with an assignment of partitions to brokers; one that is there already is left as it is.

    Without an admin protocol it is made in ZooKeeper, and the configs, which 0.8.0 has none of, are left out.
    """
    version = cluster.release.create_topics_version
    if version is None:
        return _create_in_zookeeper(cluster, name, assignment)
    request = kafka_python().protocol.admin.CreateTopicsRequest
    topic = request.CreatableTopic
    replicas = [
        topic.CreatableReplicaAssignment(version=version, partition_index=partition, broker_ids=list(brokers))
        for partition, brokers in assignment.items()
    ]
    settings = [topic.CreatableTopicConfig(version=version, name=key, value=value) for key, value in configs.items()]
    wanted = topic(
        version=version, name=name, num_partitions=-1, replication_factor=-1, assignments=replicas, configs=settings
    )
    question = request(version=version, topics=[wanted], timeout_ms=SECONDS * 1000, validate_only=False)
    answer = ask(endpoint.of_broker(cluster, controller), question, SECONDS + 5)
    return _accept(f"topic {name}", answer.topics[0].error_code, allowed=("TopicAlreadyExistsError",))


def delete(cluster: Cluster, controller: Node, name: str) -> bool:
    """Delete a topic and return True, or False where the version cannot delete topics."""
    version = cluster.release.create_topics_version
    if version is None:
        return False
    request = kafka_python().protocol.admin.DeleteTopicsRequest
    question = request(version=1, topic_names=[name], timeout_ms=SECONDS * 1000)
    answer = ask(endpoint.of_broker(cluster, controller), question, SECONDS + 5)
    _accept(f"topic {name}", answer.responses[0].error_code, allowed=("UnknownTopicOrPartitionError",))
    return True


def _create_in_zookeeper(cluster: Cluster, name: str, assignment: Assignment) -> None:
    # As kafka.admin.AdminUtils of 0.8.0 does; the controller watches /brokers/topics.
    from kazoo.exceptions import NodeExistsError

    partitions = {str(partition): list(brokers) for partition, brokers in assignment.items()}
    content = json.dumps({"version": 1, "partitions": partitions}).encode()
    with four_letter_words.client(cluster) as kazoo:
        try:
            kazoo.create(f"/brokers/topics/{name}", content, makepath=True)
        except NodeExistsError:
            return


def _accept(what: str, code: int, allowed: tuple[str, ...] = ()) -> None:
    if code == 0:
        return
    error: Any = kafka_python().errors.for_code(code)
    if error.__name__ not in allowed:
        raise RequestRejected(f"{what}: {error.__name__} ({error.description})")
