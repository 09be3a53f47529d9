"""World: what a campaign's cluster must be like after its operations so far, and the files that say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

# The hosts by number; a broker's id is one more.
HOSTS = (0, 1, 2)
ORDERS, MOVED = "orders", "moved"
# What the outside client writes to.
LOADED = (ORDERS, MOVED)
# A file system of its own on each host, which lasts as long as the lab: it can be full, and can lose its power.
DATA, STATE = "/srv/kafka", "/var/lib/kafka-fab"
SETTINGS = """\
version: {version}
name: campaign
kafka:
  heap: 256m
  log_dirs: [{data}/logs]
  properties:
    default.replication.factor: 3
    min.insync.replicas: 2
    offsets.topic.replication.factor: 3
    transaction.state.log.replication.factor: 3
    auto.create.topics.enable: false
    replica.lag.time.max.ms: 3000
    log.cleaner.dedupe.buffer.size: 16777216
    num.io.threads: {io_threads}
    num.partitions: {partitions}
"""
HEAPS = {"controller": "controller: {heap: 256m}\n", "zookeeper": "zookeeper: {heap: 128m}\n"}
HOUR = 3_600_000


@dataclass(frozen=True)
class Kind:
    """A kind of cluster: what stands beside the brokers, and the two versions between which it goes up and back."""

    name: str
    beside: str
    before: str
    after: str

    @property
    def units(self) -> tuple[str, ...]:
        """The services of each host."""
        return ("kafka", "zookeeper") if self.beside == "zookeeper" else ("kafka",)


KINDS = {
    kind.name: kind
    for kind in (Kind("kraft", "controller", "3.9.1", "4.3.1"), Kind("zookeeper", "zookeeper", "2.8.2", "3.9.1"))
}


@dataclass(frozen=True)
class Topic:
    """A topic as conf/topics.yaml has it; a placement names the brokers of each partition, instead of numbers."""

    partitions: int = 1
    replication: int = 3
    retention_hours: int = 168
    placement: tuple[tuple[int, ...], ...] = ()
    absent: bool = False

    def text(self) -> str:
        """Return its entry."""
        if self.absent:
            return "{absent: true}"
        spread = f"partitions: {self.partitions}, replication: {self.replication}"
        if self.placement:
            spread = f"placement: [{', '.join(str(list(one)) for one in self.placement)}]"
        # One replica less than there are must do, or no broker of the topic could be restarted.
        config = f"min.insync.replicas: {self.replication - 1}, retention.ms: {self.retention_hours * HOUR}"
        return f"{{{spread}, config: {{{config}}}}}"


@dataclass(frozen=True)
class World:
    """The cluster's files, which hosts run the later version, and whether nothing leads back from it."""

    kind: Kind
    is_later_wanted: bool = False
    upgraded: frozenset[int] = frozenset()
    is_final: bool = False
    io_threads: int = 8
    partitions: int = 1
    topics: Mapping[str, Topic] = field(
        default_factory=lambda: {
            ORDERS: Topic(6),
            MOVED: Topic(4, 2, placement=((1, 2), (2, 3), (3, 1), (2, 1))),
        }
    )

    @property
    def is_mixed(self) -> bool:
        """Whether an upgrade is in its middle."""
        return 0 < len(self.upgraded) < len(HOSTS)

    @property
    def is_settled(self) -> bool:
        """Whether every host runs the version of the settings: only then does an install reach all of them."""
        return len(self.upgraded) == (len(HOSTS) if self.is_later_wanted else 0)

    def version(self, host: int) -> str:
        """Return the version that a host runs."""
        return self.kind.after if host in self.upgraded else self.kind.before

    def saved(self, host: int) -> tuple[str, ...]:
        """Return the services of a host whose files of before an upgrade lead back."""
        return self.kind.units if host in self.upgraded and not self.is_final else ()

    def with_topic(self, name: str, topic: Topic) -> World:
        """Return the same with a new or changed topic."""
        return replace(self, topics={**self.topics, name: topic})

    def without_topic(self, name: str) -> World:
        """Return the same without a topic."""
        return replace(self, topics={key: topic for key, topic in self.topics.items() if key != name})

    def others(self) -> list[str]:
        """Return the topics that nobody writes to."""
        return [name for name in self.topics if name not in LOADED]


def settings(world: World) -> str:
    """Return conf/cluster.yaml."""
    version = world.kind.after if world.is_later_wanted else world.kind.before
    text = SETTINGS.format(version=version, data=DATA, io_threads=world.io_threads, partitions=world.partitions)
    return text + HEAPS[world.kind.beside]


def topics(world: World) -> str:
    """Return conf/topics.yaml."""
    return "topics:\n" + "".join(f"  {name}: {topic.text()}\n" for name, topic in world.topics.items())


def groups(kind: Kind, hosts: Iterable[str]) -> dict[str, Sequence[str]]:
    """Return the groups of hosts.ini."""
    lines = [f"{host} id={at}" for at, host in enumerate(hosts, 1)]
    return {"kafka": lines, kind.beside: lines}
