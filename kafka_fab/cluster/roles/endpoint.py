"""Endpoint: where each service of a cluster is asked: where it runs, as far as that is known, else where it should."""

from collections.abc import Callable, Mapping, Sequence

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import broker
from kafka_fab.cluster.roles import controller as isolated
from kafka_fab.cluster.running_config import Endpoint, RunningListener
from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.listener import EVERYWHERE
from kafka_fab.cluster.values.role import Role

Properties = Mapping[str, str]
Which = Callable[[Properties], tuple[RunningListener, ...]]


def of_broker(cluster: Cluster, node: Node) -> Endpoint:
    """Return where a broker takes requests of clients."""
    found = _properties(cluster, node, Role.BROKER)
    wished = Endpoint(node.address, cluster.kafka.port)
    if not found:
        return wished
    return _moved(wished, found, broker.properties(cluster, node), running_config.clients)


def of_controller(cluster: Cluster, node: Node) -> Endpoint:
    """Return where a controller takes requests; a combined node's is its broker's process."""
    found = _properties(cluster, node, Role.BROKER if node.broker else Role.CONTROLLER)
    wished = Endpoint(node.address, cluster.settings.controller.port)
    if not found:
        return wished
    properties = broker.properties if node.broker else isolated.properties
    return _moved(wished, found, properties(cluster, node), running_config.controllers)


def of_server(cluster: Cluster, node: Node) -> Endpoint:
    """Return where a ZooKeeper server takes requests of clients."""
    assert node.zookeeper
    found = _properties(cluster, node, Role.ZOOKEEPER)
    port = found.get("clientPort", "")
    # A server that stands alone names no member, not even itself.
    member = found.get(f"server.{node.zookeeper.id}", "")
    host = member.rsplit(":", 2)[0].strip("[]") if member.count(":") > 1 else node.address
    return Endpoint(host, int(port) if port.isdecimal() else cluster.zookeeper.port)


def of_node(cluster: Cluster, node: Node) -> tuple[Endpoint, ...]:
    """Return where all services of a node are asked."""
    return (
        *((of_broker(cluster, node),) if node.broker else ()),
        *((of_controller(cluster, node),) if node.controller else ()),
        *((of_server(cluster, node),) if node.zookeeper else ()),
    )


def zookeeper_connect(cluster: Cluster, only: Node | None = None) -> str:
    """Return the ensemble with the chroot, or one of its servers alone, as a connect string."""
    return place(of_server(cluster, only)) if only else servers(cluster) + chroot(cluster)


def servers(cluster: Cluster) -> str:
    """Return the ensemble's servers as clients want them: host:port,..."""
    return ",".join(place(of_server(cluster, node)) for node in cluster.ensemble)


def chroot(cluster: Cluster) -> str:
    """Return the path in ZooKeeper that running brokers use, else the one that is to be used."""
    used = [one.chroot for (_, role), one in cluster.running.items() if role == Role.BROKER and one.chroot is not None]
    return max(set(used), key=used.count) if used else cluster.kafka.chroot


def log_dirs(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return the log directories that a broker runs with, else those that it is to have."""
    found = cluster.running.get((node.host, Role.BROKER))
    return (found.log_dirs if found else ()) or cluster.kafka.log_dirs


def place(endpoint: Endpoint) -> str:
    """Return an endpoint as HOST:PORT."""
    return address.place(endpoint.address, endpoint.port)


def _properties(cluster: Cluster, node: Node, role: Role) -> Properties:
    found = cluster.running.get((node.host, role))
    return found.properties if found else {}


def _moved(wished: Endpoint, found: Properties, wanted: Properties, which: Which) -> Endpoint:
    """Return the endpoint of the running listener that takes the place of the one that is to be."""
    name = next((one.name for one in which(wanted) if one.port == wished.port), "")
    mine = _alike(which(found), name, wished.port)
    if mine is None:
        return wished
    changed = _changed_host(found, mine.name, wanted, name)
    return Endpoint(changed or wished.address, mine.port, mine.protocol)


def _alike(there: Sequence[RunningListener], name: str, port: int) -> RunningListener | None:
    """Return the listener of the same name, else the one on the same port, else the first."""
    named = [one for one in there if one.name == name]
    return next(iter([*named, *(one for one in there if one.port == port), *there]), None)


def _changed_host(found: Properties, name: str, wanted: Properties, after: str) -> str:
    """Return the host of a running listener where the file has changed it since; nothing where it is as it was."""
    for key in ("listeners", "advertised.listeners"):
        host = _host(found, name, key)
        if host not in (_host(wanted, after, key), *EVERYWHERE):
            return host
    return ""


def _host(properties: Properties, name: str, key: str) -> str:
    return next((one.host for one in running_config.listeners(properties, key) if one.name == name), "")
