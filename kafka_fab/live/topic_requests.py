"""Topic requests: topics created, changed and deleted, many in one request; rejections are returned by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from kafka_fab.cluster.topics.topic_change import AddPartitions, Configure, Create, Delete
from kafka_fab.live.admin_client import TIMEOUT_MS, AdminClient
from kafka_fab.live.client import alter_configs, create_partitions, create_topics, delete_topics
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.rejection import Rejection

# As many in one request as a controller with ZooKeeper, which handles one after the other, answers in time.
AT_ONCE = 50
CONFIGS_AT_ONCE = 200
Rejections = dict[str, str]
T = TypeVar("T")


def create(admin: AdminClient, topics: Sequence[Create], validate_only: bool = False) -> Rejections:
    """Create topics; return which were rejected and why; raise Unreachable or RequestRejected."""
    return _in_portions(
        topics,
        AT_ONCE,
        lambda some: create_topics.create(admin.ask, some, TIMEOUT_MS, validate_only=validate_only),
    )


def add_partitions(admin: AdminClient, topics: Sequence[AddPartitions]) -> Rejections:
    """Add partitions to topics; return which were rejected and why; raise Unreachable or RequestRejected."""
    return _in_portions(topics, AT_ONCE, lambda some: create_partitions.create(admin.ask, some, TIMEOUT_MS))


def configure(admin: AdminClient, topics: Sequence[Configure], validate_only: bool = False) -> Rejections:
    """Set and reset configs, those of each topic all or none; return which were rejected and why; raise Unreachable
    or RequestRejected.
    """

    def alter(some: Sequence[Configure]) -> Mapping[str, Rejection]:
        changes = {topic.name: {key: one.after for key, one in topic.changes.items()} for topic in some}
        return alter_configs.alter(admin.ask, ConfigResource.TOPIC, changes, validate_only)

    return _in_portions(topics, CONFIGS_AT_ONCE, alter)


def delete(admin: AdminClient, topics: Sequence[Delete]) -> Rejections:
    """Delete topics with their messages; return which were rejected and why; raise Unreachable or RequestRejected."""
    names = [topic.name for topic in topics]
    return _in_portions(names, AT_ONCE, lambda some: delete_topics.delete(admin.ask, some, TIMEOUT_MS))


def _in_portions(
    items: Sequence[T], size: int, request: Callable[[Sequence[T]], Mapping[str, Rejection]]
) -> Rejections:
    rejected: Rejections = {}
    for at in range(0, len(items), size):
        rejected |= {name: one.reason for name, one in request(items[at : at + size]).items()}
    return rejected
