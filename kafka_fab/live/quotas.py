"""Quotas: the limits of users and clients, all read at once, and changed in one request."""

from collections.abc import Sequence
from typing import Any

from kafka_fab.cluster.topics.desired_topics import DEFAULT
from kafka_fab.cluster.topics.quota_changes import Quotas
from kafka_fab.cluster.topics.topic_change import QuotaChange
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import SECONDS, Rejections, reason

VERSION = 0


def read(admin: AdminClient) -> Quotas:
    """Return all quotas, with what else is kept beside them; raise Unreachable or RequestRejected."""
    request = kafka_python().protocol.admin.DescribeClientQuotasRequest
    answer = admin.ask(request(version=VERSION, components=[], strict=False), SECONDS)
    if answer.error_code:
        raise RequestRejected(f"the quotas are not told: {reason(answer)}")
    return {
        tuple(sorted((part.entity_type, part.entity_name or DEFAULT) for part in entry.entity)): {
            one.key: one.value for one in entry.values
        }
        for entry in answer.entries
    }


def limit(admin: AdminClient, limits: Sequence[QuotaChange], only_look: bool = False) -> Rejections:
    """Set and end quotas; return which entity was refused and why, by its name; raise Unreachable or
    RequestRejected.
    """
    request = kafka_python().protocol.admin.AlterClientQuotasRequest
    entries = [_entry(request.EntryData, one) for one in limits]
    answer = admin.ask(request(version=VERSION, entries=entries, validate_only=only_look), SECONDS)
    told = zip(limits, answer.entries, strict=True)
    return {one.name: reason(entry) for one, entry in told if entry.error_code}


def _entry(shape: Any, one: QuotaChange) -> Any:
    entity = [
        shape.EntityData(version=VERSION, entity_type=kind, entity_name=None if name == DEFAULT else name)
        for kind, name in one.entity
    ]
    ops = [
        shape.OpData(version=VERSION, key=key, value=after or 0.0, remove=after is None)
        for key, (_, after) in one.changes.items()
    ]
    return shape(version=VERSION, entity=entity, ops=ops)
