"""Client quotas: read (DescribeClientQuotas), and changed in one request (AlterClientQuotas)."""

from collections.abc import Sequence
from typing import Any

from kafka_fab.cluster.topics.desired_topics import DEFAULT
from kafka_fab.cluster.topics.quota_changes import Quotas
from kafka_fab.cluster.topics.topic_change import QuotaChange
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import accept, reason

VERSION = 0


def describe(ask: Ask) -> Quotas:
    """Return all quotas, with the other values of their entities; raise RequestRejected."""
    request = kafka_python().protocol.admin.DescribeClientQuotasRequest
    answer = ask(request(version=VERSION, components=[], strict=False))
    accept(answer, "cannot read the quotas")
    return {
        tuple(sorted((part.entity_type, part.entity_name or DEFAULT) for part in entry.entity)): {
            one.key: one.value for one in entry.values
        }
        for entry in answer.entries
    }


def alter(ask: Ask, changes: Sequence[QuotaChange], validate_only: bool = False) -> dict[str, str]:
    """Set and remove quotas; return by the entity's name which were rejected and why."""
    request = kafka_python().protocol.admin.AlterClientQuotasRequest
    entries = [_entry(request.EntryData, one) for one in changes]
    answer = ask(request(version=VERSION, entries=entries, validate_only=validate_only))
    results = zip(changes, answer.entries, strict=True)
    return {one.name: reason(entry) for one, entry in results if entry.error_code}


def _entry(shape: Any, change: QuotaChange) -> Any:
    entity = [
        shape.EntityData(version=VERSION, entity_type=kind, entity_name=None if name == DEFAULT else name)
        for kind, name in change.entity
    ]
    ops = [
        shape.OpData(version=VERSION, key=key, value=one.after or 0.0, remove=one.after is None)
        for key, one in change.changes.items()
    ]
    return shape(version=VERSION, entity=entity, ops=ops)
