"""Topics file: conf/topics.yaml read and checked, with all problems at once, before any connection."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import MOST, Problem, did_you_mean, refuse_errors
from kafka_fab.cluster.topics import topic_rules
from kafka_fab.cluster.topics.desired_topics import (
    QUOTA_KEYS,
    DesiredTopics,
    Quota,
    QuotaBody,
    Topic,
    TopicBody,
    entity_of,
    name_of,
)

NAME = "conf/topics.yaml"
MISSING = f"copy {HOME / NAME} and add your topics to it"
SECTIONS = ("topics", "quotas")


@dataclass
class TopicsReading:
    """What has been read of the file so far: values and problems."""

    cluster: Cluster
    problems: list[Problem] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    quotas: list[Quota] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


def wanted(cluster: Cluster) -> tuple[DesiredTopics, tuple[Problem, ...]]:
    """Return the topics and quotas of the cluster's file, and warnings; raise ConfigError with all problems."""
    tree, problems = load.tree_of(cluster.folder, NAME, MISSING)
    reading = TopicsReading(cluster, problems)
    _sections(reading, tree)
    _topics(reading, _block(reading, tree, "topics"))
    _quotas(reading, tree.get("quotas"))
    warnings = refuse_errors(load.placed(cluster.folder, reading.problems))
    [place] = load.placed(cluster.folder, [Problem(NAME, 0, "")])
    return DesiredTopics(tuple(reading.topics), tuple(reading.quotas), place.file, reading.lines), warnings


def _sections(reading: TopicsReading, tree: dataclass_loader.Tree) -> None:
    for key, entry in tree.items():
        if key not in SECTIONS:
            near = did_you_mean(key, SECTIONS) or " (known keys: topics, quotas)"
            reading.problems.append(entry.problem(f"unknown key {key}{near}"))


def _block(reading: TopicsReading, tree: dataclass_loader.Tree, name: str) -> dataclass_loader.Tree:
    entry = tree.get(name)
    if entry is None or entry.value is None:
        return {}
    if isinstance(entry.value, dict):
        return entry.value
    reading.problems.append(entry.problem(f"{name}: must be a block of NAME: {{...}} lines"))
    return {}


def _topics(reading: TopicsReading, tree: dataclass_loader.Tree) -> None:
    for name, entry in tree.items():
        if len(reading.problems) > MOST:
            break
        reading.lines[name] = entry.line
        if isinstance(entry.value, dict):
            body = dataclass_loader.fill(TopicBody, entry.value, reading.problems, f"topics.{name}.")
            topic = Topic(name, **vars(body))
            reading.topics.append(topic)
            reading.problems += topic_rules.topic(reading.cluster, topic, entry)
        else:
            text = f"topics.{name}: must be a block, for example {{partitions: 6, replication: 3}}"
            reading.problems.append(entry.problem(text))
    reading.problems += topic_rules.collisions(reading.topics, tree)


def _quotas(reading: TopicsReading, entry: dataclass_loader.YamlNode | None) -> None:
    if entry is None or entry.value is None:
        return
    if not isinstance(entry.value, list):
        reading.problems.append(entry.problem("quotas: must be a list, for example `- {user: alice, ...}`"))
        return
    if entry.value and reading.cluster.release.create_topics_version is None:
        version = reading.cluster.settings.version
        reading.problems.append(entry.problem(f"quotas: Kafka {version} has no quotas: remove them"))
    for item in entry.value:
        if len(reading.problems) > MOST:
            break
        reading.problems += _quota(reading, item)


def _quota(reading: TopicsReading, item: dataclass_loader.YamlNode) -> Iterator[Problem]:
    if not isinstance(item.value, dict):
        yield item.problem("quotas: an entry must be a block, for example {user: alice, producer_byte_rate: 1048576}")
        return
    body = dataclass_loader.fill(QuotaBody, item.value, reading.problems, "quotas: ")
    entity = entity_of(body.user, body.client_id)
    rates = {key: float(getattr(body, key)) for key in QUOTA_KEYS if getattr(body, key)}
    name = name_of(entity)
    if not entity:
        yield item.problem("quotas: an entry must have `user:`, `client_id:` or both; `<default>` means all others")
    elif name in reading.lines:
        yield item.problem(f"quotas: {name} is listed twice, first in line {reading.lines[name]}")
    elif bool(rates) == body.absent and not _broken(item):
        found = "both `absent: true` and rates" if rates else "no rate"
        yield item.problem(f"quotas: {name} has {found}: set {' or '.join(QUOTA_KEYS)}, or only `absent: true`")
    reading.lines.setdefault(name, item.line)
    reading.quotas.append(Quota(entity, rates, body.absent))


def _broken(item: dataclass_loader.YamlNode) -> bool:
    """Return whether an entry has unknown keys, which are reported already."""
    return not {one.name for one in fields(QuotaBody)}.issuperset(item.value)
