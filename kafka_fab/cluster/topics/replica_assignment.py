"""Replica assignment: which brokers a partition's replicas go to, and which leave, with as few moves as there can be.

Racks count first, then the topic's own balance, then the cluster's. Pure, but for the load that is counted up.
"""

from collections.abc import Collection, Iterable, Mapping

from kafka_fab.cluster.topics.topics_state import ReplicaCount, Replicas, TopicState

Racks = Mapping[int, str]


def fresh(
    count: int, copies: int, racks: Racks, load: ReplicaCount, own: ReplicaCount | None = None
) -> tuple[Replicas, ...]:
    """Return the replicas of new partitions: leaders spread over all brokers, copies over the racks.

    `own` is the load of the topic's partitions that are there already.
    """
    own = own or ReplicaCount()
    found = []
    for _ in range(count):
        leader = min(racks, key=lambda n: (own.leaders[n], own.replicas[n], load.leaders[n], load.replicas[n], n))
        replicas = _filled((leader,), copies, racks, load, own)
        own.add(replicas)
        load.add(replicas)
        found.append(replicas)
    return tuple(found)


def resized(topic: TopicState, copies: int, racks: Racks, load: ReplicaCount) -> dict[int, Replicas]:
    """Return the new replicas of each partition that has more or fewer than wanted; nothing else is moved.

    Who stays keeps its place, the preferred leader first; new copies come last.
    """
    own = ReplicaCount.of(topic.replicas)
    turns: dict[int, Replicas] = {}
    for partition, replicas in enumerate(topic.replicas):
        if len(replicas) < copies:
            turns[partition] = _filled(replicas, copies, racks, load, own)
        elif len(replicas) > copies:
            turns[partition] = _thinned(replicas, copies, topic.in_sync(partition), racks, own, load)
        _count(own, load, replicas, turns.get(partition, replicas))
    return turns


def _filled(replicas: Replicas, copies: int, racks: Racks, load: ReplicaCount, own: ReplicaCount) -> Replicas:
    found = list(replicas)
    while len(found) < copies:
        used = [racks.get(number) for number in found]
        left = [number for number in racks if number not in found]

        def cost(number: int, used: list[str | None] = used) -> tuple[int, ...]:
            # Of two with as many replicas, who has not led yet will lead, and get one more by that.
            mine = (used.count(racks[number]), own.replicas[number], -own.leaders[number])
            return (*mine, load.replicas[number], load.leaders[number], number)

        found.append(min(left, key=cost))
    return tuple(found)


def _thinned(  # noqa: PLR0913, PLR0917 - all that counts
    replicas: Replicas, copies: int, in_sync: Collection[int], racks: Racks, own: ReplicaCount, load: ReplicaCount
) -> Replicas:
    found = list(replicas)
    while len(found) > copies:
        used = [racks.get(number) for number in found]

        def worth(number: int, used: list[str | None] = used) -> tuple[object, ...]:
            # First goes who is no safe copy, then who shares a rack; the preferred leader goes last.
            behind = number not in in_sync or number not in racks
            shares = used.count(racks.get(number)) > 1
            return (behind, number != replicas[0], shares, own.replicas[number], load.replicas[number], number)

        found.remove(max(found, key=worth))
    return tuple(found)


def _count(own: ReplicaCount, load: ReplicaCount, before: Iterable[int], after: Iterable[int]) -> None:
    for counted in (own, load):
        counted.replicas.subtract(before)
        counted.replicas.update(after)
