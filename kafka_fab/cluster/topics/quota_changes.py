"""Quota changes: the changes that bring a cluster's quotas to what the file says. Pure functions.

As with topics: entities that are not in the file are left alone; the others get exactly the limits of the file.
"""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.topics.desired_topics import QUOTA_KEYS, DesiredTopics, Entity, Quota, name_of
from kafka_fab.cluster.topics.topic_change import Note, QuotaChange, Step, ValueChange

Quotas = Mapping[Entity, Mapping[str, float]]


def plan(wanted: DesiredTopics, found: Quotas, delete: bool = False) -> tuple[Step, ...]:
    """Return the steps to the file's quotas; the quotas of an absent entity are removed with `delete`."""
    return tuple(step for quota in wanted.quotas for step in _steps(quota, found.get(quota.entity, {}), delete))


def _steps(quota: Quota, found: Mapping[str, float], delete: bool) -> Iterator[Step]:
    name = name_of(quota.entity)
    # Other entries of a user, such as SCRAM credentials, are not quotas.
    there = {key: rate for key, rate in found.items() if key in QUOTA_KEYS}
    keys = [key for key in QUOTA_KEYS if there.get(key) != quota.rates.get(key)]
    if not keys:
        return
    if quota.absent and not delete:
        yield Note(name, "is `absent` in the file, but has a quota: only --delete removes it")
        return
    changes = {key: ValueChange(there.get(key), quota.rates.get(key)) for key in keys}
    yield QuotaChange(name, quota.entity, changes, quota.absent)
