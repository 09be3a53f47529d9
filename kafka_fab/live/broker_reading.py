"""Broker reading: one broker's metadata and its offline log directories, in one round trip."""

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, running_release
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.metadata_cache import MetadataCache
from kafka_fab.gate.state import NOBODY
from kafka_fab.live import log_dirs
from kafka_fab.live.client import describe_log_dirs, metadata
from kafka_fab.live.client.connection_pool import ask_all
from kafka_fab.live.client.metadata import Metadata


@dataclass(frozen=True)
class BrokerReading:
    """What a broker answers: its metadata, None where each answer is ZooKeeper's (0.8.0), and offline directories."""

    metadata: Metadata | None = None
    offline_dirs: frozenset[str] = frozenset()

    def cache(self, behind: str = "") -> MetadataCache | None:
        """Return its metadata as the safety check compares it, None where it has none of its own."""
        if self.metadata is None:
            return None
        epochs = {one.topic_partition: one.epoch for one in self.metadata.partitions()}
        controller = NOBODY if self.metadata.controller is None else self.metadata.controller
        return MetadataCache(epochs, controller, behind)


def read(cluster: Cluster, node: Node, seconds: float) -> BrokerReading:
    """Return what a broker answers; raise Unreachable."""
    if not running_release.of_broker(cluster, node).describes_configs:
        return BrokerReading()
    asked = endpoint.of_broker(cluster, node)
    requests = (metadata.request(), describe_log_dirs.request(with_replicas=False))
    known, described = ask_all(asked, requests, seconds)
    directories = log_dirs.described(asked, described)
    return BrokerReading(metadata.of_answer(known), frozenset(one.path for one in directories if one.error))
