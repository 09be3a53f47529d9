"""Read: the placement, from the metadata and the log directories that brokers describe, or from the hosts' disks."""

from concurrent.futures import ThreadPoolExecutor

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live import log_dirs
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.describe_log_dirs import LogDir
from kafka_fab.live.cluster_state import look
from kafka_fab.operate.placement import host_disks
from kafka_fab.operate.placement.placement import Broker, Placement, placement
from kafka_fab.remote.fleet import Fleet

SECONDS = 10.0


class Unreadable(Exception):
    """The cluster's metadata cannot be read, with the reason in a sentence."""


def read(hosts: Fleet) -> Placement:
    """Return the placement; raise Unreadable where the partitions cannot be read."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(look, hosts.cluster)
        found = brokers(hosts)
        state = asked.result()
    if not state.partitions and state.unknown:
        raise Unreadable("; ".join(state.unknown))
    return placement(state, found)


def brokers(hosts: Fleet) -> list[Broker]:
    """Return all brokers of hosts.ini with their log directories."""
    cluster = hosts.cluster
    if cluster.release.log_dirs_version is None:
        found = host_disks.directories(hosts)
        return [_broker(node, *host_disks.of_node(node, found)) for node in cluster.brokers]
    with ThreadPoolExecutor(max_workers=50) as pool:
        return list(pool.map(lambda node: _broker(node, *_described(cluster, node)), cluster.brokers))


def _described(cluster: Cluster, node: Node) -> tuple[tuple[LogDir, ...], str]:
    try:
        return log_dirs.read(cluster, node, SECONDS), ""
    except Unreachable as error:
        return (), f"{node.host}: cannot read its log directories: {error}"


def _broker(node: Node, directories: tuple[LogDir, ...], error: str) -> Broker:
    assert node.broker
    return Broker(node.broker.id, node.host, node.broker.rack, directories=directories, error=error)
