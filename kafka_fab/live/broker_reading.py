"""Broker reading: one broker's metadata and its offline log directories, in one round trip."""

from collections.abc import Callable
from dataclasses import field
from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, running_release
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.metadata_cache import MetadataCache
from kafka_fab.live import log_dirs
from kafka_fab.live.client import describe_log_dirs, metadata
from kafka_fab.live.client.connection_pool import ask_all
from kafka_fab.live.client.metadata import Metadata


@dataclass(frozen=True)
class BrokerReading:
    """What a broker answers: its metadata, None where each answer is ZooKeeper's (0.8.0), and offline directories.

    `view` makes the whole metadata of the answer: the safety check compares all brokers, and needs the rest of few.
    """

    cache: MetadataCache | None = None
    offline_dirs: frozenset[str] = frozenset()
    view: Callable[[], Metadata] | None = field(default=None, compare=False, repr=False)


def read(cluster: Cluster, node: Node, seconds: float) -> BrokerReading:
    """Return what a broker answers; raise Unreachable."""
    if not running_release.of_broker(cluster, node).describes_configs:
        return BrokerReading()
    asked = endpoint.of_broker(cluster, node)
    requests = (metadata.request(), describe_log_dirs.request(with_replicas=False))
    known, described = ask_all(asked, requests, seconds)
    offline = frozenset(one.path for one in log_dirs.described(asked, described) if one.error)
    cache = MetadataCache(metadata.leader_epochs(known), known.controller_id)
    return BrokerReading(cache, offline, partial(metadata.of_answer, known))
