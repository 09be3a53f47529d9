"""Removed property: one that a release no longer has, and what takes its place."""

from kafka_fab.cluster.release.release import RELEASES, Release

RENAMED = {
    "advertised.host.name": "advertised.listeners",
    "advertised.port": "advertised.listeners",
    "delegation.token.master.key": "delegation.token.secret.key",
    "log.cleanup.interval.mins": "log.retention.check.interval.ms",
    "log.flush.interval.ms.per.topic": "the topic's flush.ms",
    "log.message.timestamp.difference.max.ms": "log.message.timestamp.before.max.ms and "
    "log.message.timestamp.after.max.ms",
    "log.retention.bytes.per.topic": "the topic's retention.bytes",
    "log.retention.hours.per.topic": "the topic's retention.ms",
    "log.roll.hours.per.topic": "the topic's segment.ms",
    "log.segment.bytes.per.topic": "the topic's segment.bytes",
    "quota.consumer.default": "a quota in conf/topics.yaml",
    "quota.producer.default": "a quota in conf/topics.yaml",
    "replica.lag.max.messages": "replica.lag.time.max.ms",
}


def gone(name: str, rules: Release) -> str:
    """Return that a release no longer has a property which an earlier one had, and what to do; else nothing."""
    before = [line for line in RELEASES[: RELEASES.index(rules)] if name in line.property_names]
    if name in rules.property_names or not before:
        return ""
    last = ".".join(map(str, before[-1].last[:2] if before[-1].last >= (1,) else before[-1].last))
    renamed = RENAMED.get(name)
    return f"{last} is the last release that has {name}: " + (f"use {renamed}" if renamed else "remove it")
