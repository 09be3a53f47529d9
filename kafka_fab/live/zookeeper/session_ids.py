"""Session ids: whether servers of an old ensemble assign the same ids, so that one session ends another.

An id holds the moment in which its server joined the ensemble, a counter, and the server; before ZooKeeper 3.4.6 the
sign of the moment covers the server since 2022 (SessionTrackerImpl.initializeNextSession, ZOOKEEPER-1622).
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, four_letters
from kafka_fab.live.zookeeper import four_letter_words

COUNTER_BITS, MOMENT_BITS = 16, 40


def join_moment(cluster: Cluster, node: Node) -> int:
    """Return the millisecond, of the low 40 bits, from which a server counts its sessions; raise Unreachable."""
    with four_letter_words.client(cluster, only=node) as kazoo:
        return moment(kazoo.client_id[0])


def moment(session: int) -> int:
    """Return the millisecond that a session's id holds."""
    return (session >> COUNTER_BITS) & ((1 << MOMENT_BITS) - 1)


def colliding(moments: Mapping[str, int]) -> frozenset[str]:
    """Return the servers that count from the same millisecond as another server."""
    count = Counter(moments.values())
    return frozenset(host for host, at in moments.items() if count[at] > 1)


def connected(cluster: Cluster, node: Node) -> frozenset[int]:
    """Return the ids of the sessions that are connected to a server, without opening one; none if it did not answer."""
    try:
        answer = four_letters(endpoint.of_server(cluster, node), "cons", SECONDS)
    except Unreachable:
        return frozenset()
    return frozenset(int(number, 16) for number in re.findall(r"\bsid=0x([0-9a-f]+)", answer) if int(number, 16))


def on_several_servers(sessions: Mapping[str, Collection[int]]) -> dict[int, list[str]]:
    """Return the ids that are connected to more than one server, and to which."""
    count = Counter(session for mine in sessions.values() for session in mine)
    return {
        session: sorted(host for host, mine in sessions.items() if session in mine)
        for session, times in count.items()
        if times > 1
    }
