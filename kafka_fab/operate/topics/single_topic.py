"""Single topic: one topic created or deleted by name, without the file."""

import sys
from collections.abc import Iterable, Sequence

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.schema.dataclass_loader import YamlNode, fill
from kafka_fab.cluster.schema.problem import TYPED_TOPIC, Problem, did_you_mean, refuse_errors
from kafka_fab.cluster.topics import topic_rules
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Topic, TopicBody
from kafka_fab.cluster.topics.topic_change import Delete
from kafka_fab.live import topic_requests
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.consent import agree
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.topics import apply_changes as applying
from kafka_fab.operate.topics import compare
from kafka_fab.operate.topics.show_topics import read
from kafka_fab.operate.topics.work import Work
from kafka_fab.output.counted import counted
from kafka_fab.typed_command import FAB

# Brokers have the metadata of a new topic by then.
SHOWN_WITHIN = 5.0


def create(c: Context, name: str, partitions: int, replication: int, config: Iterable[str]) -> None:
    """Create a topic, by default with the brokers' defaults; raise Exit where it exists or cannot be created."""
    _refuse_option(name)
    topic = Topic(name, partitions, replication, dict(map(_pair, config)))
    refuse_errors(_numbers(topic))
    work = _work(c)
    for warning in refuse_errors(list(topic_rules.topic(work.cluster, topic, _typed(topic)))):
        print(warning, file=sys.stderr)
    wanted = DesiredTopics((topic,))
    if name in read(work, ()).topics:
        raise Exit(
            f"topic {name} already exists: to change it, edit conf/topics.yaml, then run {FAB} topics.apply", code=1
        )
    with Guard(work.hosts, "topics.create", [name]):
        plan = compare.checked(work, compare.planned(work, wanted, delete=False))
        reasons = [step.text for step in plan.rejected] or list(applying.apply(work, plan).values())
        if reasons:
            raise Exit(f"cannot create topic {name}: {'; '.join(reasons)}", code=1)
    print(f"created topic {name}{_shape(work, name)}")


def _shape(work: Work, name: str) -> str:
    """Return the partitions and replicas of a topic as soon as a broker has it: its creation is acknowledged before."""
    found: list[Sequence[Sequence[int]]] = []

    def is_there() -> bool:
        topic = read(work, ()).topics.get(name)
        found.extend([topic.replicas] if topic else [])
        return bool(found)

    if not until(is_there, SHOWN_WITHIN):
        return ""
    [replicas] = found
    return f": {counted(len(replicas), 'partition')}, {counted(len(replicas[0]), 'replica')}"


def _refuse_option(name: str) -> None:
    if name.startswith("-"):
        raise Exit(f"{name} is an option and no name of a topic: the name comes first", code=1)


def delete(c: Context, name: str, yes: bool) -> None:
    """Delete a topic after a confirmation; raise Exit where it does not exist, is internal, or cannot be deleted."""
    _refuse_option(name)
    work = _work(c)
    if work.cluster.release.create_topics_version is None:
        raise Exit(f"Kafka {work.cluster.settings.version} cannot delete topics", code=1)
    topics = read(work, ()).topics
    if name not in topics:
        raise Exit(f"topic {name} does not exist{did_you_mean(name, topics)}", code=1)
    if name in topic_rules.INTERNAL:
        raise Exit(f"topic {name} is an internal topic and cannot be deleted", code=1)
    action = f"delete topic {name}, {counted(len(topics[name].replicas), 'partition')}, with all its messages"
    agree(work.hosts.cluster, action, "topics.delete", yes, answer=name)
    with Guard(work.hosts, "topics.delete", [name]):
        _delete(work, name)
    print(f"deleted topic {name}")


def _delete(work: Work, name: str) -> None:
    try:
        rejected = topic_requests.delete(work.admin, [Delete(name)])
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"cannot delete topic {name}: {problem}", code=1) from problem
    if rejected:
        raise Exit(f"cannot delete topic {name}: {rejected[name]}", code=1)


def _work(c: Context) -> Work:
    hosts = live_fleet(c)
    return Work(hosts, AdminClient(hosts.cluster))


def _pair(typed: str) -> tuple[str, str]:
    key, found, value = typed.partition("=")
    if not (found and key and value):
        raise Exit(f"--config {typed}: must be KEY=VALUE, for example retention.ms=3600000", code=1)
    return key.strip(), value.strip()


def _numbers(topic: Topic) -> list[Problem]:
    """Return what is wrong with the numbers, by the same bounds as in the file; 0 means not given."""
    numbers = {"partitions": topic.partitions, "replication": topic.replication}
    problems: list[Problem] = []
    fill(
        TopicBody, {key: YamlNode(number, TYPED_TOPIC, 0) for key, number in numbers.items() if number}, problems, "--"
    )
    return problems


def _typed(topic: Topic) -> YamlNode:
    """Return the options as a block of the file, for the same checks."""
    config = YamlNode({key: YamlNode(value, TYPED_TOPIC, 0) for key, value in topic.config.items()}, TYPED_TOPIC, 0)
    return YamlNode({"config": config}, TYPED_TOPIC, 0)
