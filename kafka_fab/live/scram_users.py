"""SCRAM users: the credentials that every broker has."""

from concurrent.futures import ThreadPoolExecutor

from kafka_fab.cluster.model import Node
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.asking import asking
from kafka_fab.live.client import scram_credentials
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.scram_credentials import Credentials


def read(admin: AdminClient) -> Credentials:
    """Return the credentials that all brokers which answer have alike; raise Unreachable or RequestRejected.

    With KRaft each broker answers from what it has read itself, and may have lost users (see scram.LOCKED): what one of
    them does not have must be set again.
    """
    cluster = admin.cluster
    first = scram_credentials.describe(admin.ask)
    if not cluster.kraft:
        return first

    def look(node: Node) -> Credentials:
        try:
            return scram_credentials.describe(asking(cluster, node))
        except Unreachable:
            return first

    with ThreadPoolExecutor(max_workers=50) as pool:
        found = list(pool.map(look, cluster.brokers))
    return shared(first, *found)


def shared(first: Credentials, *others: Credentials) -> Credentials:
    """Return what all of some have alike."""
    return {
        user: mine
        for user, some in first.items()
        if (
            mine := {
                mechanism: count
                for mechanism, count in some.items()
                if all(one.get(user, {}).get(mechanism) == count for one in others)
            }
        )
    }
