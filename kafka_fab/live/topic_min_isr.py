"""Topic min ISR: the configs of topics that decide what a partition can spare, as a broker describes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import running_release
from kafka_fab.gate.state import Partition
from kafka_fab.live.asking import asking
from kafka_fab.live.client import describe_configs
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.describe_configs import DescribedResource

MIN_ISR, UNCLEAN = "min.insync.replicas", "unclean.leader.election.enable"


class TopicMinIsr(NamedTuple):
    """A topic's effective min.insync.replicas and unclean.leader.election.enable."""

    min_isr: int
    unclean: bool


def read(cluster: Cluster, node: Node, topics: Sequence[str], seconds: float) -> dict[str, TopicMinIsr]:
    """Return topics with their effective configs; raise Unreachable.

    Only a broker has them: its static defaults are in no metadata. 0.8.0 has no such configs: one replica
    is enough there, and a replica that is out of sync may always be elected.
    """
    if not running_release.of_broker(cluster, node).describes_configs:
        return dict.fromkeys(topics, TopicMinIsr(1, unclean=True))
    if not topics:
        return {}
    ask = asking(cluster, node, seconds)
    found = describe_configs.describe(ask, ConfigResource.TOPIC, topics, (MIN_ISR, UNCLEAN))
    # A topic that was deleted meanwhile is left out; any other error keeps the gate shut.
    return {one.name: _min_isr(node, one) for one in found if not one.unknown}


def _min_isr(node: Node, topic: DescribedResource) -> TopicMinIsr:
    values = {config.name: config.value for config in topic.configs}
    min_isr, unclean = values.get(MIN_ISR), values.get(UNCLEAN)
    if min_isr is None or unclean is None:
        missing = topic.error or f"no {MIN_ISR} and {UNCLEAN} in the answer"
        raise Unreachable(f"{node.host}: cannot read the configs of topic {topic.name}: {missing}")
    return TopicMinIsr(int(min_isr), unclean == "true")


def with_min_isr(
    partitions: Iterable[Partition], known: Mapping[str, TopicMinIsr], capped: bool
) -> tuple[Partition, ...]:
    """Return partitions with their topics' configs; those of topics that are not known are left out.

    With `capped` a partition requires no more in-sync replicas than it has replicas (Partition.effectiveMinIsr).
    """

    def min_isr(one: Partition) -> int:
        return min(known[one.topic].min_isr, len(one.replicas)) if capped else known[one.topic].min_isr

    return tuple(
        replace(one, min_isr=min_isr(one), unclean=known[one.topic].unclean) for one in partitions if one.topic in known
    )
