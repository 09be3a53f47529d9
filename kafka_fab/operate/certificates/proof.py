"""Proof: whether every listener of a node serves a certificate, by handshakes; an answer of Kafka's proves nothing."""

from collections.abc import Iterable

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.served_certificate import Prober
from kafka_fab.live.client.wait import until

# Each network thread of a listener reads the certificate for itself; new connections go to one after the other.
ROUNDS = 2
THREADS, DEFAULT_THREADS = "num.network.threads", "3"
SECONDS, PAUSE = 60.0, 0.2


def reloading(cluster: Cluster, node: Node) -> dict[str, Endpoint]:
    """Return the running TLS listeners of a node that take a renewed certificate without a restart."""
    role = Role.BROKER if node.broker else Role.CONTROLLER
    if role is Role.CONTROLLER and not cluster.release.reloads_controllers:
        return {}
    found = cluster.running.get((node.host, role))
    if found is None or not found.properties:
        return {}
    return {name: one for name, one in endpoint.with_tls(cluster, node).items() if name != endpoint.ZOOKEEPER}


def unproven(cluster: Cluster, node: Node, serial: str, seconds: float = SECONDS) -> tuple[str, ...]:
    """Return the listeners that do not serve a certificate in every network thread within some seconds, and why."""
    left = dict(reloading(cluster, node))
    reasons: dict[str, str] = {}
    wanted = ROUNDS * _threads(cluster, node)

    def is_proven() -> bool:
        for name, where in list(left.items()):
            reason = _differing(where, serial, wanted)
            reasons[name] = reason
            if not reason:
                del left[name]
        return not left

    until(is_proven, seconds, PAUSE)
    return tuple(f"{name}: {reasons[name]}" for name in left)


def _differing(where: Endpoint, serial: str, handshakes: int) -> str:
    """Return what a listener serves instead, or why it cannot be looked at; nothing where all handshakes show it."""
    try:
        prober = Prober(where)
        for _ in range(handshakes):
            leaf = prober.served().leaf
            if leaf.serial != serial:
                return f"serves the certificate that ends on {leaf.ends:%Y-%m-%d} (serial {leaf.serial})"
    except Unreachable as error:
        return str(error)
    return ""


def _threads(cluster: Cluster, node: Node) -> int:
    values: Iterable[str] = (value for name, value in cluster.own(node).items() if name.endswith(THREADS))
    return max(map(int, values), default=int(DEFAULT_THREADS))
