"""Log dirs: a broker's log directories, and those of them that are offline."""

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.asking import asking
from kafka_fab.live.client import describe_log_dirs
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable
from kafka_fab.live.client.describe_log_dirs import OLDEST, LogDir


def read(cluster: Cluster, node: Node, seconds: float = SECONDS) -> tuple[LogDir, ...]:
    """Return a broker's log directories with their replicas; raise Unreachable."""
    return _described(cluster, node, seconds, cluster.release.log_dirs_version or OLDEST, with_replicas=True)


def offline(cluster: Cluster, node: Node, seconds: float) -> frozenset[tuple[int, str]]:
    """Return a broker's offline log directories, each with the broker's id; raise Unreachable."""
    assert node.broker
    if not cluster.release.describes_configs:
        return frozenset()
    found = _described(cluster, node, seconds, OLDEST, with_replicas=False)
    return frozenset((node.broker.id, one.path) for one in found if one.error)


def _described(cluster: Cluster, node: Node, seconds: float, version: int, with_replicas: bool) -> tuple[LogDir, ...]:
    found = describe_log_dirs.describe(asking(cluster, node, seconds), version, with_replicas)
    if not found:
        raise Unreachable(f"{endpoint.place(endpoint.of_broker(cluster, node))} does not describe its log directories")
    return found
