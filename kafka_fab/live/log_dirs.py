"""Log dirs: a broker's log directories."""

from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live.asking import asking
from kafka_fab.live.client import describe_log_dirs
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable
from kafka_fab.live.client.describe_log_dirs import OLDEST, LogDir


def read(cluster: Cluster, node: Node, seconds: float = SECONDS) -> tuple[LogDir, ...]:
    """Return a broker's log directories with their replicas; raise Unreachable."""
    version = cluster.running_release.log_dirs_version or OLDEST
    return described(
        endpoint.of_broker(cluster, node), asking(cluster, node, seconds)(describe_log_dirs.request(version))
    )


def described(asked: Endpoint, answer: Any) -> tuple[LogDir, ...]:
    """Return the log directories in a broker's answer; raise Unreachable where it has none."""
    found = describe_log_dirs.of_answer(answer)
    if not found:
        raise Unreachable(f"{endpoint.place(asked)} does not describe its log directories")
    return found
