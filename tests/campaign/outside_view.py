"""Outside view: topics, replicas and throttles of a cluster as a client of librdkafka reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from tests.campaign.world import HOSTS, World

PATIENCE = 10.0
THROTTLES = "replication.throttled"
# Brokers go and come all the time: no line for each of them.
QUIET: dict[str, str | int | float | bool] = {"log_level": 0}


@dataclass(frozen=True)
class Partition:
    """A partition: who leads it, who has replicas, and whose are in sync."""

    leader: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """What one reading has found: brokers, partitions by topic, throttles by what has them; or why it failed."""

    brokers: frozenset[int] = frozenset()
    topics: Mapping[str, tuple[Partition, ...]] | None = None
    throttles: Mapping[str, str] | None = None
    error: str = ""


@cache
def _client(servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": servers.partition("=")[2], **QUIET})


def look(servers: str) -> View:
    """Read a cluster."""
    client = _client(servers)
    try:
        found = client.list_topics(timeout=PATIENCE)
        throttles = _throttles(client, [str(number) for number in found.brokers], list(found.topics))
    except KafkaException as error:
        return View(error=str(error))
    topics = {
        name: tuple(Partition(one.leader, tuple(one.replicas), tuple(one.isrs)) for one in topic.partitions.values())
        for name, topic in found.topics.items()
    }
    return View(frozenset(found.brokers), topics, throttles)


def _throttles(client: AdminClient, brokers: Sequence[str], topics: Sequence[str]) -> dict[str, str]:
    # librdkafka asks for one broker at a time: a broker itself is asked for its own configuration.
    groups = [[ConfigResource(ResourceType.BROKER, number)] for number in brokers]
    groups += [[ConfigResource(ResourceType.TOPIC, name) for name in topics]] if topics else []
    answers = [client.describe_configs(group, request_timeout=PATIENCE) for group in groups]
    return {
        f"{resource.name}: {entry.name}": str(entry.value)
        for asked in answers
        for resource, answer in asked.items()
        for entry in answer.result().values()
        if THROTTLES in entry.name and entry.value and not entry.is_default
    }


def differences(view: View, world: World) -> list[str]:
    """Return what is not as it must be."""
    if view.error or view.topics is None:
        return [f"no client can read the cluster: {view.error}"]
    brokers = frozenset(number + 1 for number in HOSTS)
    wrong = [] if view.brokers == brokers else [f"brokers {sorted(view.brokers)}, not {sorted(brokers)}"]
    mine = {name: partitions for name, partitions in view.topics.items() if not _is_kafkas_own(name)}
    wrong += [f"topic {name} is there" for name in sorted(mine.keys() - world.topics.keys())]
    wrong += [f"topic {name} is not there" for name in sorted(world.topics.keys() - mine.keys())]
    for name in sorted(mine.keys() & world.topics.keys()):
        wrong += _spread(name, mine[name], world)
    for name, partitions in view.topics.items():
        wrong += _unhealthy(name, partitions)
    return wrong + [f"throttle {name} = {value}" for name, value in (view.throttles or {}).items()]


def _is_kafkas_own(name: str) -> bool:
    return name.startswith("__") and not name.startswith("__kafka_fab")


def _spread(name: str, partitions: tuple[Partition, ...], world: World) -> Iterator[str]:
    wish = world.topics[name]
    number = len(wish.placement) or wish.partitions
    if len(partitions) != number:
        yield f"topic {name} has {len(partitions)} partitions, not {number}"
    factors = {len(one.replicas) for one in partitions}
    if factors != {wish.replication}:
        yield f"topic {name} has {sorted(factors)} replicas, not {wish.replication}"
    placed = tuple(one.replicas for one in partitions)
    if wish.placement and placed != wish.placement:
        yield f"topic {name} is on {placed}, not {wish.placement}"


def _unhealthy(name: str, partitions: tuple[Partition, ...]) -> Iterator[str]:
    for number, one in enumerate(partitions):
        if one.leader < 0:
            yield f"{name}-{number} has no leader"
        elif set(one.in_sync) != set(one.replicas):
            yield f"{name}-{number}: {sorted(one.in_sync)} of {sorted(one.replicas)} in sync"
