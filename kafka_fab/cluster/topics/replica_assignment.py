"""Replica assignment: the brokers of new replicas, and the replicas to remove, with as few moves as possible.

Racks count first, then the balance of the topic, then that of the cluster. Pure, but for the load that is counted up.
"""

from collections.abc import Collection, Iterable, Mapping

from kafka_fab.cluster.topics.topics_state import ReplicaCount, Replicas, TopicState

Racks = Mapping[int, str]


def one_per_leader(racks: Racks, replication: int, most: int) -> tuple[Replicas, ...]:
    """Return the replicas of one partition for each broker as its leader, or for an even selection of `most` brokers.

    There are fewer replicas than `replication` where there are fewer brokers.
    """
    return assign(min(most, len(racks)), min(replication, len(racks)), racks, ReplicaCount())


def assign(
    count: int, replication: int, racks: Racks, load: ReplicaCount, own: ReplicaCount | None = None
) -> tuple[Replicas, ...]:
    """Return the replicas of new partitions: leaders spread over all brokers, replicas over the racks.

    `own` is the load of the topic's existing partitions.
    """
    own = own or ReplicaCount()
    found = []
    for _ in range(count):
        leader = min(racks, key=lambda n: (own.leaders[n], own.replicas[n], load.leaders[n], load.replicas[n], n))
        replicas = _grown((leader,), replication, racks, load, own)
        own.add(replicas)
        load.add(replicas)
        found.append(replicas)
    return tuple(found)


def resize(topic: TopicState, replication: int, racks: Racks, load: ReplicaCount) -> dict[int, Replicas]:
    """Return the new replicas of each partition whose replication factor changes; no other is moved.

    Replicas that stay keep their order, the preferred leader first; new ones come last.
    """
    own = ReplicaCount.of(topic.replicas)
    changes: dict[int, Replicas] = {}
    for partition, replicas in enumerate(topic.replicas):
        if len(replicas) < replication:
            changes[partition] = _grown(replicas, replication, racks, load, own)
        elif len(replicas) > replication:
            changes[partition] = _shrunk(replicas, replication, topic.in_sync(partition), racks, own, load)
        _count(own, load, replicas, changes.get(partition, replicas))
    return changes


def _grown(replicas: Replicas, replication: int, racks: Racks, load: ReplicaCount, own: ReplicaCount) -> Replicas:
    found = list(replicas)
    while len(found) < replication:
        used = [racks.get(number) for number in found]
        left = [number for number in racks if number not in found]

        def cost(number: int, used: list[str | None] = used) -> tuple[int, ...]:
            # Of two with as many replicas, the one that does not lead yet will lead, and get one more by that.
            mine = (used.count(racks[number]), own.replicas[number], -own.leaders[number])
            return (*mine, load.replicas[number], load.leaders[number], number)

        found.append(min(left, key=cost))
    return tuple(found)


def _shrunk(  # noqa: PLR0913, PLR0917 - all of them decide
    replicas: Replicas, replication: int, in_sync: Collection[int], racks: Racks, own: ReplicaCount, load: ReplicaCount
) -> Replicas:
    found = list(replicas)
    while len(found) > replication:
        used = [racks.get(number) for number in found]

        def worth(number: int, used: list[str | None] = used) -> tuple[object, ...]:
            # Replicas that are not in sync go first, then those that share a rack; the preferred leader goes last.
            is_behind = number not in in_sync or number not in racks
            shares_rack = used.count(racks.get(number)) > 1
            return (is_behind, number != replicas[0], shares_rack, own.replicas[number], load.replicas[number], number)

        found.remove(max(found, key=worth))
    return tuple(found)


def _count(own: ReplicaCount, load: ReplicaCount, before: Iterable[int], after: Iterable[int]) -> None:
    for counted in (own, load):
        counted.replicas.subtract(before)
        counted.replicas.update(after)
