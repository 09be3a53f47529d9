"""Quota changes: the changes that bring a cluster's quotas to what the file says. Pure functions.

As with topics: who is not in the file is left alone, and who is in it has these limits and no others.
"""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.topics.desired_topics import QUOTA_KEYS, DesiredTopics, Entity, Quota, name_of
from kafka_fab.cluster.topics.topic_change import Note, QuotaChange, Step

Quotas = Mapping[Entity, Mapping[str, float]]


def plan(wanted: DesiredTopics, found: Quotas, delete: bool = False) -> tuple[Step, ...]:
    """Return the steps from the quotas that are there to those of the file; all of an entity's end with `delete`."""
    return tuple(step for quota in wanted.quotas for step in _steps(quota, found.get(quota.entity, {}), delete))


def _steps(quota: Quota, found: Mapping[str, float], delete: bool) -> Iterator[Step]:
    name = name_of(quota.entity)
    # What else is kept with a user, such as SCRAM credentials, is no limit.
    there = {key: rate for key, rate in found.items() if key in QUOTA_KEYS}
    keys = [key for key in QUOTA_KEYS if there.get(key) != quota.rates.get(key)]
    if not keys:
        return
    if quota.absent and not delete:
        yield Note(name, "is to have no quota, and has one: it is ended only with --delete")
        return
    yield QuotaChange(name, quota.entity, {key: (there.get(key), quota.rates.get(key)) for key in keys}, quota.absent)
