"""Topic min ISR: what brokers are told of each topic's safety, and of their own disks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.gate.state import Partition
from kafka_fab.live.client.broker_connection import Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python

TOPIC = 2
UNKNOWN_TOPIC = 3
MIN_ISR, UNCLEAN = "min.insync.replicas", "unclean.leader.election.enable"
Guards = dict[str, tuple[int, bool]]


def guards(cluster: Cluster, node: Node, topics: Sequence[str], seconds: float) -> Guards:
    """Return each topic's effective min.insync.replicas and unclean.leader.election.enable; raise Unreachable.

    A broker alone knows them: its static defaults stand in no metadata. 0.8.0 has no such keys: one replica
    is enough there, and a replica that is not in sync may always be elected.
    """
    if not cluster.release.describes_configs:
        return dict.fromkeys(topics, (1, True))
    if not topics:
        return {}
    request = kafka_python().protocol.admin.DescribeConfigsRequest
    resource, version = request.DescribeConfigsResource, 1
    wanted = [
        resource(version=version, resource_type=TOPIC, resource_name=topic, configuration_keys=[MIN_ISR, UNCLEAN])
        for topic in topics
    ]
    question = request(version=version, resources=wanted, include_synonyms=False)
    answer = ask(endpoint.of_broker(cluster, node), question, seconds)
    found: Guards = {}
    for result in answer.results:
        # A topic that was deleted meanwhile needs no guard; what else is not told keeps the gate shut.
        if result.error_code != UNKNOWN_TOPIC:
            found[result.resource_name] = _guard(node, result)
    return found


def _guard(node: Node, result: Any) -> tuple[int, bool]:
    values = {config.name: config.value for config in result.configs}
    if result.error_code or not {MIN_ISR, UNCLEAN} <= values.keys():
        words = result.error_message or f"error {result.error_code}"
        raise Unreachable(f"{node.host} does not tell the settings of topic {result.resource_name}: {words}")
    return int(values[MIN_ISR]), values[UNCLEAN] == "true"


def guarded(partitions: Iterable[Partition], known: Guards) -> tuple[Partition, ...]:
    """Return partitions with their topics' guards; those of topics that are not known are left out."""
    return tuple(
        replace(p, min_isr=known[p.topic][0], unclean=known[p.topic][1]) for p in partitions if p.topic in known
    )


def offline_dirs(cluster: Cluster, node: Node, seconds: float) -> frozenset[tuple[int, str]]:
    """Return a broker's log directories that have failed, each with its id; raise Unreachable."""
    assert node.broker
    if not cluster.release.describes_configs:
        return frozenset()
    request = kafka_python().protocol.admin.DescribeLogDirsRequest
    # An empty list: the directories alone, without the sizes of their partitions.
    answer = ask(endpoint.of_broker(cluster, node), request(version=1, topics=[]), seconds)
    if not answer.results:
        raise Unreachable(f"{endpoint.place(endpoint.of_broker(cluster, node))} does not tell its log directories")
    return frozenset((node.broker.id, found.log_dir) for found in answer.results if found.error_code)
