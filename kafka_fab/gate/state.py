"""State: the live cluster at one moment, as far as the safety check needs it."""

from collections.abc import Mapping
from dataclasses import field

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.runbook.codes import RollCode, coded

NOBODY = -1
# A partition's leader epoch where it has never had a leader, or where the protocol does not tell.
NO_EPOCH = -1


@dataclass(frozen=True)
class Partition:
    """A partition's replicas, and the topic settings that decide how many of them it needs.

    `replicas` includes those being added and removed; `min_isr` and `unclean` are the topic's effective
    min.insync.replicas and unclean.leader.election.enable; `epoch` is the leader epoch.
    """

    topic: str
    number: int
    leader: int
    replicas: tuple[int, ...]
    isr: frozenset[int]
    adding: frozenset[int] = frozenset()
    removing: frozenset[int] = frozenset()
    min_isr: int = 1
    unclean: bool = False
    epoch: int = NO_EPOCH

    @property
    def topic_partition(self) -> TopicPartition:
        """Return topic and number as one value."""
        return TopicPartition(self.topic, self.number)

    @property
    def name(self) -> str:
        """Return topic and number as Kafka writes them: orders-7."""
        return str(self.topic_partition)


@dataclass(frozen=True)
class VoterState:
    """The KRaft voters: their ids, those that keep up with the leader, the leader, their disks.

    `directories` are the ids of the voters' log directories, empty in a static quorum; `idle` is for how many seconds
    the high watermark has not advanced although it should, 0 where it does.
    """

    voters: frozenset[int]
    caught_up: frozenset[int]
    leader: int = NOBODY
    directories: Mapping[int, str] = field(default_factory=dict)
    idle: float = 0.0

    @property
    def has_majority(self) -> bool:
        """Return whether a majority keeps up: without one nothing is committed."""
        return 2 * len(self.caught_up & self.voters) > len(self.voters)


@dataclass(frozen=True)
class Ensemble:
    """The ZooKeeper servers by id: all of them, those that serve, the leader, and how many followers are in sync.

    `synced` and `pending` are mntr's zk_synced_followers and zk_pending_syncs; None where the version has no mntr.
    `unknown` is why they could not be read where it has. `standalone` are servers that run outside the ensemble.
    """

    servers: frozenset[int]
    serving: frozenset[int]
    leader: int = NOBODY
    synced: int | None = None
    pending: int | None = None
    unknown: str = ""
    standalone: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ControllerEpochs:
    """The epoch of /controller_epoch in ZooKeeper, and the highest with which a partition's state was written."""

    current: int
    written: int


@dataclass(frozen=True)
class FalseMetadata:
    """A broker whose answers to clients are not the cluster's metadata: the code of how it differs, and a sentence."""

    broker: int
    code: RollCode
    text: str


@dataclass(frozen=True)
class State:
    """One reading of the cluster. `unknown` has what could not be read: the check then fails.

    `unresponsive` has those that concern a single broker, by its id: it is registered and does not answer.
    `registered` has, with ZooKeeper, the czxid of each broker's registration: another one is a new session;
    `identity` is the cluster id that ZooKeeper holds, if known. `controller_epochs` are ZooKeeper's where a broker is
    or may become the controller; `false_metadata` has the brokers whose own metadata is empty, other or stale.
    """

    brokers: frozenset[int]
    up: frozenset[int]
    partitions: tuple[Partition, ...] = ()
    controller: int = NOBODY
    quorum: VoterState | None = None
    ensemble: Ensemble | None = None
    offline_dirs: frozenset[tuple[int, str]] = frozenset()
    reassigning: frozenset[TopicPartition] = frozenset()
    racks: dict[int, str] = field(default_factory=dict)
    registered: Mapping[int, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    unresponsive: Mapping[int, str] = field(default_factory=dict)
    identity: str = ""
    controller_epochs: ControllerEpochs | None = None
    false_metadata: tuple[FalseMetadata, ...] = ()


@dataclass(frozen=True)
class Leaving:
    """The ids of what is to stop together: brokers, KRaft voters, ZooKeeper servers; a combined node is in two."""

    brokers: frozenset[int] = frozenset()
    voters: frozenset[int] = frozenset()
    servers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Waivers:
    """What the operator accepts: downtime of topics by name, a single in-sync replica, reassignments, a quorum outage.

    `own` is the name prefix of the tool's own topics: their downtime is always accepted. With `ensemble_outage` all
    ZooKeeper servers stop together: old and new ones could not form an ensemble.
    """

    downtime: frozenset[str] = frozenset()
    min_replicas: int = 2
    reassigning: bool = False
    quorum_outage: bool = False
    own: str = ""
    ensemble_outage: bool = False


@dataclass(frozen=True)
class Blocker:
    """Why services must not stop: the code of the rule, where, and a sentence.

    A `lasting` one does not pass by itself: the operator must change something.
    """

    code: RollCode
    where: str
    text: str
    isr: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    lasting: bool = False

    def __str__(self) -> str:
        return coded(self.text, self.code)
