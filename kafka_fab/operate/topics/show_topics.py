"""Show topics: list all topics, or describe one."""

from collections.abc import Iterable, Sequence
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.cluster.topics.topics_state import TopicsState, TopicState
from kafka_fab.live import topic_list, topic_znodes
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.topics.work import Work
from kafka_fab.output import report
from kafka_fab.output.json_document import document

HEADING = ("topic", "partitions", "replication", "offline", "under-replicated", "reassigning")


def read(work: Work, names: Iterable[str]) -> TopicsState:
    """Return brokers and topics, with the configs of some topics; raise Exit where they cannot be read."""
    try:
        if work.cluster.release.create_topics_version is None:
            return topic_znodes.read(work.cluster)
        return topic_list.read(work.admin, names)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"cannot read the topics: {problem}", code=1) from problem


def every(c: Context, json: bool) -> None:
    """Print a line for each topic."""
    hosts = live_fleet(c)
    topics = [found for _, found in sorted(read(Work(hosts, AdminClient(hosts.cluster)), ()).topics.items())]
    if json:
        print(document("topics.list", hosts.cluster.name, {"topics": [_summary(topic) for topic in topics]}))
    else:
        print(report.table([HEADING, *map(_row, topics)]))
        print(f"{len(topics)} topics, {sum(len(topic.replicas) for topic in topics)} partitions")


def one(c: Context, name: str, json: bool) -> None:
    """Print a topic's partitions, and its topic configs."""
    hosts = live_fleet(c)
    topics = read(Work(hosts, AdminClient(hosts.cluster)), (name,)).topics
    if name not in topics:
        raise Exit(f"topic {name} does not exist{did_you_mean(name, topics)}", code=1)
    found = topics[name]
    if json:
        print(document("topics.describe", hosts.cluster.name, _as_dict(found)))
        return
    rows = [("partition", "leader", "replicas", "ISR"), *(tuple(part.values()) for part in _partitions(found))]
    print(report.table([[_cell(value) for value in row] for row in rows]))
    print("topic configs:" if found.config else "no topic configs: all values are the brokers' defaults")
    print("\n".join(f"    {key}={value}" for key, value in sorted(found.config.items())), end="\n" * bool(found.config))


def _summary(topic: TopicState) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "partitions": len(topic.replicas),
        "replication_factors": sorted({len(replicas) for replicas in topic.replicas}),
        "offline": sum(leader < 0 for leader in topic.leaders),
        "under_replicated": sum(
            len(topic.in_sync(number)) < len(replicas) for number, replicas in enumerate(topic.replicas)
        ),
        "reassigning": len(topic.moving),
    }


def _row(topic: TopicState) -> Sequence[object]:
    found = _summary(topic)
    factors = found["replication_factors"]
    found["replication_factors"] = "-".join(map(str, dict.fromkeys((factors[0], factors[-1])))) if factors else "0"
    return tuple(found.values())


def _partitions(topic: TopicState) -> list[dict[str, Any]]:
    return [
        {
            "partition": number,
            "leader": topic.leaders[number] if topic.leaders[number] >= 0 else None,
            "replicas": list(replicas),
            "isr": sorted(topic.in_sync(number)),
        }
        for number, replicas in enumerate(topic.replicas)
    ]


def _as_dict(topic: TopicState) -> dict[str, Any]:
    partitions, config = _partitions(topic), dict(topic.config)
    return {"topic": topic.name, "partitions": partitions, "config": config, "reassigning": sorted(topic.moving)}


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "none" if value is None else value
