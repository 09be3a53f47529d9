"""Node names: what a node's certificate must be valid for: every name and address by which it is reached."""

from collections.abc import Iterator

from kafka_fab.cluster.model import Cluster, Node

HOST = "{host}"


def stated(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return the names that hosts.ini and the settings give a node; the addresses behind them are asked of DNS."""
    return tuple(dict.fromkeys(filter(None, _stated(cluster, node))))


def _stated(cluster: Cluster, node: Node) -> Iterator[str]:
    security = cluster.settings.security
    yield node.host
    yield node.address
    for name in security.certificates.names:
        yield name.replace(HOST, node.host)
    for listener in security.listeners.values():
        yield _without_port(listener.advertise.replace(HOST, node.host))


def _without_port(place: str) -> str:
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0] if place.count(":") == 1 else place
