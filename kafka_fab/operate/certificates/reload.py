"""Reload: a running broker or controller asked to judge a new certificate, and to read the one in its store again."""

from functools import partial

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live.client import alter_configs
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.certificates.proof import reloading

SECONDS = 30.0
REPLICATION = "REPLICATION"


def judge(cluster: Cluster, node: Node, store: str) -> str:
    """Return why a broker would refuse a new key store, in its own words, or nothing; raise Unreachable.

    Only the listener between brokers tries a handshake both ways; others look at subject and names alone.
    """
    if not node.broker or REPLICATION not in reloading(cluster, node):
        return ""
    return _alter(cluster, node, {_key(REPLICATION): store}, validate_only=True)


def trigger(cluster: Cluster, node: Node) -> str:
    """Make a broker or controller read its store again; return why it refuses, where it says so; raise Unreachable.

    Any change of a broker's dynamic configs makes it look at its stores. This one deletes what was never set: nothing
    is left behind. KRaft accepts it whatever becomes of the store.
    """
    names = reloading(cluster, node)
    name = REPLICATION if REPLICATION in names else next(iter(names), "")
    return _alter(cluster, node, {_key(name): None}) if name else ""


def _key(listener: str) -> str:
    return f"listener.name.{listener.lower()}.ssl.keystore.location"


def _alter(cluster: Cluster, node: Node, changes: alter_configs.Changes, validate_only: bool = False) -> str:
    member = node.broker or node.controller
    assert member
    asking = partial(ask, _own_listener(cluster, node), seconds=SECONDS)
    try:
        rejected = alter_configs.alter(asking, ConfigResource.BROKER, {str(member.id): changes}, validate_only)
    except RequestRejected as error:
        return str(error)
    return "; ".join(one.reason for one in rejected.values())


def _own_listener(cluster: Cluster, node: Node) -> Endpoint:
    """Return where the process itself is asked: another one refuses, or answers for itself."""
    return endpoint.of_broker(cluster, node) if node.broker else endpoint.of_controller(cluster, node)
