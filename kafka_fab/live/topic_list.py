"""Topic list: all topics, the configs of those that are asked for, and what is being moved."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.topics.topics_state import TopicsState, TopicState
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import BrokerConnection
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.reassignment import Reassignment, in_progress
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import TOPIC, reason

METADATA, DESCRIBE = 9, 1
UNKNOWN_TOPIC = 3
# Where a config comes from, in the numbers of DescribeConfigs: from the topic itself.
OF_THE_TOPIC = 1
# A broker takes about a millisecond for a topic.
PORTION = 50
# So many requests at once to each broker, of the eight that it works on by default.
LANES = 3
SECONDS = 30.0
Configs = dict[str, dict[str, str]]


def read(admin: AdminClient, names: Iterable[str] | None = None) -> TopicsState:
    """Return what is there, with the configs of some topics (None: of all); raise Unreachable or RequestRejected."""
    with ThreadPoolExecutor(max_workers=50) as pool:
        asked = admin.ask(_metadata(), SECONDS)
        moves = pool.submit(in_progress, admin)
        up = {broker.node_id: broker.rack or "" for broker in asked.brokers}
        there = [topic.name for topic in asked.topics]
        wanted = there if names is None else sorted(set(names).intersection(there))
        configs = _configs(pool, admin.cluster, up, wanted)
        topics = {topic.name: _found(topic, configs.get(topic.name, {})) for topic in asked.topics}
        return TopicsState(up, _moving(topics, moves.result()))


def _metadata() -> Any:
    request = kafka_python().protocol.metadata.MetadataRequest
    return request(version=METADATA, topics=None, allow_auto_topic_creation=False)


def _found(topic: Any, config: Mapping[str, str]) -> TopicState:
    parts = sorted(topic.partitions, key=lambda part: int(part.partition_index))
    return TopicState(
        topic.name,
        tuple(tuple(part.replica_nodes) for part in parts),
        tuple(frozenset(part.isr_nodes) for part in parts),
        tuple(part.leader_id for part in parts),
        config,
    )


def _moving(topics: Mapping[str, TopicState], moves: Mapping[TopicPartition, Reassignment]) -> dict[str, TopicState]:
    """Return topics with the replicas that their partitions have at the end of what is under way."""
    found = dict(topics)
    for (name, number), move in moves.items():
        if name in found and number < len(found[name].replicas):
            replicas = list(found[name].replicas)
            replicas[number] = move.target
            moving = found[name].moving | {number}
            found[name] = replace(found[name], replicas=tuple(replicas), moving=moving)
    return found


def _configs(pool: ThreadPoolExecutor, cluster: Cluster, up: Iterable[int], names: Sequence[str]) -> Configs:
    """Return topics' own configs; the brokers share the work, as it takes them longer than us."""
    nodes = [node for node in cluster.brokers if node.broker and node.broker.id in set(up)]
    portions = [names[at : at + PORTION] for at in range(0, len(names), PORTION)]
    lanes = nodes * LANES
    shares = [(node, portions[at :: len(lanes)]) for at, node in enumerate(lanes)]
    found: Configs = {}
    for share in pool.map(lambda share: _share(cluster, *share), shares):
        found |= share
    return found


def _share(cluster: Cluster, node: Node, portions: Sequence[Sequence[str]]) -> Configs:
    found: Configs = {}
    if portions:
        with BrokerConnection(endpoint.of_broker(cluster, node), SECONDS) as line:
            for names in portions:
                found |= _described(line.ask(_describe(names)).results)
    return found


def _describe(names: Sequence[str]) -> Any:
    request = kafka_python().protocol.admin.DescribeConfigsRequest
    shape = request.DescribeConfigsResource
    wanted = [
        shape(version=DESCRIBE, resource_type=TOPIC, resource_name=name, configuration_keys=None) for name in names
    ]
    return request(version=DESCRIBE, resources=wanted, include_synonyms=False)


def _described(results: Iterable[Any]) -> Configs:
    found: Configs = {}
    for result in results:
        if result.error_code not in (0, UNKNOWN_TOPIC):
            raise RequestRejected(f"the configs of topic {result.resource_name} are not told: {reason(result)}")
        # A topic that was deleted meanwhile has none.
        own = ((one.name, one.value) for one in result.configs if one.config_source == OF_THE_TOPIC)
        found[result.resource_name] = dict(own)
    return found
