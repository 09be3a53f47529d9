"""Show topics: the topics that are there, and one of them in full."""

from collections.abc import Iterable
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.cluster.topics.topics_state import TopicsState, TopicState
from kafka_fab.live import topic_list, topic_znodes
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.topic import RequestRejected
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.topics.work import Work
from kafka_fab.output import report
from kafka_fab.output.json_document import document

HEADING = ("topic", "partitions", "replicas", "leaderless", "behind", "moving")


def read(work: Work, names: Iterable[str]) -> TopicsState:
    """Return what is there, with the configs of some topics; raise Exit where the cluster cannot be asked."""
    try:
        if work.cluster.release.create_topics_version is None:
            return topic_znodes.read(work.cluster)
        return topic_list.read(work.desk, names)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"the cluster cannot be asked: {problem}", code=1) from problem


def every(c: Context, json: bool) -> None:
    """Print a line for each topic."""
    hosts = live_fleet(c)
    topics = [found for _, found in sorted(read(Work(hosts, AdminClient(hosts.cluster)), ()).topics.items())]
    rows = [_row(topic) for topic in topics]
    if json:
        listed = [dict(zip(HEADING, row, strict=True)) for row in rows]
        print(document("topics.list", hosts.cluster.name, {"topics": listed}))
    else:
        print(report.table([HEADING, *rows]))
        print(f"{len(topics)} topics, {sum(len(topic.replicas) for topic in topics)} partitions")


def one(c: Context, name: str, json: bool) -> None:
    """Print a topic's partitions, and the configs that are its own."""
    hosts = live_fleet(c)
    topics = read(Work(hosts, AdminClient(hosts.cluster)), (name,)).topics
    if name not in topics:
        raise Exit(f"there is no topic {name}{did_you_mean(name, topics)}", code=1)
    found = topics[name]
    if json:
        print(document("topics.describe", hosts.cluster.name, _as_dict(found)))
        return
    rows = [("partition", "leader", "replicas", "in sync"), *(tuple(part.values()) for part in _partitions(found))]
    print(report.table([[_cell(value) for value in row] for row in rows]))
    print("configs of its own:" if found.config else "no config of its own: all are the brokers' defaults")
    print("\n".join(f"    {key}={value}" for key, value in sorted(found.config.items())), end="\n" * bool(found.config))


def _row(topic: TopicState) -> tuple[object, ...]:
    copies = sorted({len(replicas) for replicas in topic.replicas})
    behind = sum(len(topic.in_sync(at)) < len(replicas) for at, replicas in enumerate(topic.replicas))
    few_to_many = "-".join(map(str, dict.fromkeys((copies[0], copies[-1])))) if copies else "0"
    leaderless = sum(leader < 0 for leader in topic.leaders)
    return (topic.name, len(topic.replicas), few_to_many, leaderless, behind, len(topic.moving))


def _partitions(topic: TopicState) -> list[dict[str, Any]]:
    return [
        {
            "partition": number,
            "leader": topic.leaders[number] if topic.leaders[number] >= 0 else None,
            "replicas": list(replicas),
            "in_sync": sorted(topic.in_sync(number)),
        }
        for number, replicas in enumerate(topic.replicas)
    ]


def _as_dict(topic: TopicState) -> dict[str, Any]:
    moving = sorted(topic.moving)
    return {"topic": topic.name, "partitions": _partitions(topic), "config": dict(topic.config), "moving": moving}


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "none" if value is None else value
