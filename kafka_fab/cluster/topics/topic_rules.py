"""Topic rules: the checks of a topic's block that need no connection. Pure functions."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import Problem, did_you_mean
from kafka_fab.cluster.topics.desired_topics import Topic
from kafka_fab.cluster.values.validator import decimal

LEGAL = re.compile(r"[A-Za-z0-9._-]{1,249}")
# Created by the brokers, which set their configs and rely on their number of partitions.
INTERNAL = ("__consumer_offsets", "__transaction_state", "__share_group_state")
# Set and removed with each move of partitions.
THROTTLES = ("leader.replication.throttled.replicas", "follower.replication.throttled.replicas")
MIN_ISR = "min.insync.replicas"


def topic(cluster: Cluster, wanted: Topic, entry: dataclass_loader.YamlNode) -> Iterator[Problem]:
    """Yield what is wrong with a topic's block."""

    def at(key: str) -> dataclass_loader.YamlNode:
        found: dataclass_loader.YamlNode = entry.value.get(key, entry)
        return found

    if reason := illegal(wanted.name):
        yield entry.problem(f"topics.{wanted.name}: {reason}")
    if wanted.absent:
        yield from _absent(cluster, wanted, entry)
        return
    if cluster.release.create_topics_version is None and not (wanted.partition_count and wanted.replica_count):
        text = f"Kafka {cluster.settings.version} has no default for it: set `partitions` and `replication`"
        yield entry.problem(f"topics.{wanted.name}: {text}")
    for text in _placement(cluster, wanted):
        yield at("placement").problem(f"topics.{wanted.name}.placement: {text}")
    brokers = len(cluster.brokers)
    if wanted.replication > brokers:
        text = f"{wanted.replication} replicas need as many brokers, but [kafka] in hosts.ini has {brokers}"
        yield at("replication").problem(f"topics.{wanted.name}.replication: {text}")
    yield from _config(cluster, wanted, at("config"))
    yield from _min_isr(cluster, wanted, at("config"))


def illegal(name: str) -> str:
    """Return why a name is not valid for a topic, or nothing."""
    if LEGAL.fullmatch(name) and name not in (".", ".."):
        return ""
    return "a topic name must have 1 to 249 characters of A-Z a-z 0-9 . _ -, and must not be `.` or `..`"


def collisions(topics: Iterable[Topic], tree: dataclass_loader.Tree) -> Iterator[Problem]:
    """Yield each topic whose name collides with another one's in metrics, where `.` and `_` are the same."""
    first: dict[str, str] = {}
    for one in topics:
        other = first.setdefault(one.name.replace(".", "_"), one.name)
        if other != one.name and not one.absent:
            text = f"topics.{one.name}: collides with {other}: . and _ are the same in metric names; rename one"
            yield tree[one.name].problem(text)


def _absent(cluster: Cluster, wanted: Topic, entry: dataclass_loader.YamlNode) -> Iterator[Problem]:
    if len(entry.value) > 1:
        yield entry.problem(f"topics.{wanted.name}: `absent: true` excludes other keys: remove them")
    if wanted.name in INTERNAL:
        yield entry.problem(f"topics.{wanted.name}: is an internal topic and cannot be deleted")
    if cluster.release.create_topics_version is None:
        text = f"topics.{wanted.name}: Kafka {cluster.settings.version} cannot delete topics: remove this entry"
        yield entry.problem(text)


def _placement(cluster: Cluster, wanted: Topic) -> Iterator[str]:
    if not wanted.placement:
        return
    if wanted.partitions and wanted.partitions != len(wanted.placement):
        yield f"{len(wanted.placement)} partitions are in `placement`, but `partitions` is {wanted.partitions}"
    lengths = set(map(len, wanted.placement)) | ({wanted.replication} if wanted.replication else set())
    if len(lengths) > 1 or 0 in lengths:
        yield "all partitions must have the same number of replicas, at least 1, and equal to `replication` if set"
    known = {node.broker.id for node in cluster.brokers if node.broker}
    unknown = sorted({number for replicas in wanted.placement for number in replicas} - known)
    if unknown:
        yield f"broker {', '.join(map(str, unknown))} is not in [kafka] of hosts.ini (brokers there: {_listed(known)})"
    if any(max(Counter(replicas).values(), default=0) > 1 for replicas in wanted.placement):
        yield "a broker can have only one replica of a partition"


def _config(cluster: Cluster, wanted: Topic, block: dataclass_loader.YamlNode) -> Iterator[Problem]:
    known, version = cluster.release.topic_config_names, cluster.settings.version
    entries = block.value if isinstance(block.value, dict) and wanted.config else {}
    if entries and not known:
        text = f"Kafka {version} has no topic configs: use the brokers' *.per.topic keys in conf/cluster.yaml"
        yield block.problem(f"topics.{wanted.name}.config: {text}")
        return
    for name, entry in entries.items():
        where = f"topics.{wanted.name}.config"
        if name in THROTTLES:
            yield entry.problem(f"{where}: {name} is set and removed with each move: remove this line")
        elif name not in known:
            near = did_you_mean(name, known)
            yield entry.problem(f"{where}: Kafka {version} has no topic config {name}{near}")
        elif not wanted.config.get(name):
            yield entry.problem(f"{where}.{name}: a value is missing; remove the line to use the brokers' default")


def _min_isr(cluster: Cluster, wanted: Topic, block: dataclass_loader.YamlNode) -> Iterator[Problem]:
    """Yield a problem where producers with acks=all fail, always or while a broker restarts."""
    own, properties = wanted.config.get(MIN_ISR, ""), cluster.kafka.properties
    least, usual = (
        decimal(own or properties.get(MIN_ISR, "1")),
        decimal(properties.get("default.replication.factor", "1")),
    )
    if least < 0 or usual < 0 or not cluster.release.topic_config_names:
        return
    replicas = wanted.replica_count or usual
    place = block.value.get(MIN_ISR, block) if own and isinstance(block.value, dict) else block
    source = f"topics.{wanted.name}.config" if own else f"topics.{wanted.name}: conf/cluster.yaml"
    if least > replicas and not cluster.release.caps_min_isr:
        above = f"{MIN_ISR} {least} is more than the replication factor {replicas}"
        yield Problem(place.file, place.line, f"{source}: {above}: producers with acks=all would fail", warning=not own)
    elif least >= replicas > 1:
        how = "equals" if least == replicas else "is more than"
        most = f"{source}: {MIN_ISR} {how} the replication factor {replicas}"
        text = f"{most}: producers with acks=all fail if one broker is down"
        yield Problem(place.file, place.line, text, warning=True)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
