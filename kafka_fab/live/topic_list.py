"""Topic list: all topics, the configs of those that are asked for, and their reassignments."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.topics.topics_state import TopicsState, TopicState
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import Partition
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import describe_configs, metadata, reassignment
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.connection_pool import borrowed
from kafka_fab.live.client.describe_configs import DescribedResource
from kafka_fab.live.client.reassignment import Reassignment
from kafka_fab.live.client.rejection import RequestRejected

# The source of a config, in the numbers of DescribeConfigs: the topic itself.
OF_THE_TOPIC = 1
# A broker takes about a millisecond for a topic.
PORTION = 50
# Requests at once to each broker, of the eight threads that it has by default.
LANES = 3
SECONDS = 30.0
Configs = dict[str, dict[str, str]]


def read(admin: AdminClient, names: Iterable[str] | None = None) -> TopicsState:
    """Return brokers and topics, with the configs of some (None: of all); raise Unreachable or RequestRejected."""
    with ThreadPoolExecutor(max_workers=50) as pool:
        found = metadata.read(partial(admin.ask, seconds=SECONDS))
        moves = pool.submit(reassignment.in_progress, admin.ask)
        wanted = list(found.topics) if names is None else sorted(set(names).intersection(found.topics))
        configs = _configs(pool, admin.cluster, found.racks, wanted)
        topics = {name: _topic(name, parts, configs.get(name, {})) for name, parts in found.topics.items()}
        return TopicsState(found.racks, _with_reassignments(topics, moves.result()))


def _topic(name: str, partitions: Sequence[Partition], config: Mapping[str, str]) -> TopicState:
    return TopicState(
        name,
        tuple(one.replicas for one in partitions),
        tuple(one.isr for one in partitions),
        tuple(one.leader for one in partitions),
        config,
    )


def _with_reassignments(
    topics: Mapping[str, TopicState], moves: Mapping[TopicPartition, Reassignment]
) -> dict[str, TopicState]:
    """Return topics with the replicas that their partitions have at the end of their reassignments."""
    found = dict(topics)
    for (name, number), move in moves.items():
        if name in found and number < len(found[name].replicas):
            replicas = list(found[name].replicas)
            replicas[number] = move.target
            moving = found[name].moving | {number}
            found[name] = replace(found[name], replicas=tuple(replicas), moving=moving)
    return found


def _configs(pool: ThreadPoolExecutor, cluster: Cluster, up: Iterable[int], names: Sequence[str]) -> Configs:
    """Return topics' own configs; the brokers share the work, which takes them longer than this process."""
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
        with borrowed(endpoint.of_broker(cluster, node), SECONDS) as connection:
            for names in portions:
                topics = describe_configs.describe(connection.ask, ConfigResource.TOPIC, names)
                found |= {topic.name: _own(topic) for topic in topics}
    return found


def _own(topic: DescribedResource) -> dict[str, str]:
    # A topic that was deleted meanwhile has no configs.
    if topic.error and not topic.unknown:
        raise RequestRejected(f"cannot read the configs of topic {topic.name}: {topic.error}")
    return {one.name: one.value or "" for one in topic.configs if one.config_source == OF_THE_TOPIC}
