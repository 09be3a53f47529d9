"""Standing: what each service is at the moment: leader, follower, controller, broker."""

from concurrent.futures import ThreadPoolExecutor

from tasks.cluster.model import Cluster, Node
from tasks.live import broker, quorum, zookeeper
from tasks.live.quorum import Quorum
from tasks.live.wire import Silent
from tasks.live.zookeeper import Registry

LOOK = 2.0
Standings = dict[tuple[str, str], str]


def standings(cluster: Cluster) -> Standings:
    """Return each service's standing by host and role, as the cluster itself tells it."""
    return _in_kraft(cluster) if cluster.kraft else _with_zookeeper(cluster)


def _with_zookeeper(cluster: Cluster) -> Standings:
    with ThreadPoolExecutor(max_workers=50) as pool:
        kept = pool.submit(_registry, cluster)
        modes = {node.host: pool.submit(_mode, cluster, node) for node in cluster.ensemble}
        found = {(host, "zookeeper"): mode.result() for host, mode in modes.items()}
        registry = kept.result()
    for node in cluster.brokers:
        assert node.broker
        is_in = node.broker.id in registry.brokers
        rank = "controller" if registry.controller == node.broker.id else "broker"
        found[node.host, "kafka"] = rank if is_in else "not registered"
    return found


def _mode(cluster: Cluster, node: Node) -> str:
    try:
        return zookeeper.mode(cluster, node, seconds=LOOK)
    except Silent:
        return "no quorum"


def _registry(cluster: Cluster) -> Registry:
    try:
        with zookeeper.client(cluster, seconds=LOOK) as kazoo:
            return zookeeper.registry(kazoo)
    except Silent:
        return Registry()


def _in_kraft(cluster: Cluster) -> Standings:
    led, _ = quorum.described(cluster, LOOK)
    found = {(node.host, "controller"): _rank(led, node) for node in cluster.controllers}
    with ThreadPoolExecutor(max_workers=50) as pool:
        views = list(pool.map(lambda node: broker.view(cluster, node, seconds=LOOK), cluster.brokers))
    for node, view in zip(cluster.brokers, views, strict=True):
        assert node.broker
        rank = "broker" if node.broker.id in view.brokers else "not registered"
        found[node.host, "kafka"] = f"{rank}, {_rank(led, node)}" if node.combined else rank
    return found


def _rank(led: Quorum | None, node: Node) -> str:
    assert node.controller
    if led is None:
        return "no quorum"
    if node.controller.id == led.leader:
        return "active controller"
    voters = {voter.id for voter in led.voters}
    return "controller" if node.controller.id in voters else "observer"
