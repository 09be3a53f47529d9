"""Live ACLs: the ACLs of a cluster, and the topics and consumer groups that they may be about."""

from collections.abc import Iterator

from kafka_fab.cluster.acls.acl import ResourceType
from kafka_fab.cluster.acls.acl_order import Resource
from kafka_fab.cluster.acls.acls_plan import LiveAcls
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.asking import asking
from kafka_fab.live.client import acls, metadata
from kafka_fab.live.client.protocol import Ask, kafka_python

# Each version that is supported has it.
LIST_GROUPS = 2


def read(admin: AdminClient, with_resources: bool) -> LiveAcls:
    """Return the ACLs, with topics and groups where these are needed; raise Unreachable or RequestRejected."""
    found = acls.describe(admin.ask)
    return LiveAcls(found, frozenset(_resources(admin)) if with_resources else frozenset())


def _resources(admin: AdminClient) -> Iterator[Resource]:
    yield from ((ResourceType.TOPIC, name) for name in metadata.read(admin.ask).topics)
    for node in admin.cluster.brokers:
        yield from ((ResourceType.GROUP, name) for name in _groups(asking(admin.cluster, node)))


def _groups(ask: Ask) -> list[str]:
    request = kafka_python().protocol.admin.ListGroupsRequest
    return [group.group_id for group in ask(request(version=LIST_GROUPS)).groups]
