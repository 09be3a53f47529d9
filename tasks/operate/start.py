"""Start: ZooKeeper until it has a quorum, then the brokers until each is registered and answers."""

import time
from collections.abc import Callable
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import Identity
from tasks.live import broker, zookeeper
from tasks.live.wait import until
from tasks.live.wire import Silent
from tasks.operate import services
from tasks.remote import report, script
from tasks.remote.connection import Connection, HostFailure
from tasks.remote.fleet import Fleet, finished, fleet
from tasks.remote.progress import Progress

QUORUM_SECONDS = 60
BROKER_SECONDS = 120
LOOK = 1.0
Ready = Callable[[Node, float], bool]


def start(c: Context, json: bool = False) -> None:
    """Start ZooKeeper and the brokers, and wait until each of them serves."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    done = [*start_zookeeper(hosts), *start_brokers(hosts)]
    print(report.as_json(done, task="start") if json else report.hosts(done, time.monotonic() - began))


def start_zookeeper(hosts: Fleet) -> list[Progress]:
    """Start the chosen members of the ensemble and wait for one leader and its followers."""
    cluster = hosts.cluster
    chosen = [node.host for node in cluster.ensemble if node.host in hosts.hosts]
    _refuse_minority(cluster, chosen)

    def ready(node: Node, seconds: float) -> bool:
        return until(lambda: zookeeper.serves(cluster, node, LOOK), seconds)

    return finished(hosts.run(lambda c: _start(c, cluster, "zookeeper", ready), "start", chosen))


def start_brokers(hosts: Fleet) -> list[Progress]:
    """Start the chosen brokers and wait until each is registered and answers a metadata request."""
    cluster = hosts.cluster
    chosen = [node.host for node in cluster.brokers if node.host in hosts.hosts]
    if not chosen:
        return []
    try:
        with zookeeper.client(cluster) as kazoo:
            guards = _cluster_id(cluster, zookeeper.registry(kazoo).cluster_id)
            ready = _serving_broker(cluster, kazoo)
            return finished(hosts.run(lambda c: _start(c, cluster, "kafka", ready, guards), "start", chosen))
    except Silent as silent:
        raise Exit(f"{silent}: start ZooKeeper first", code=1) from silent


def _refuse_minority(cluster: Cluster, chosen: list[str]) -> None:
    if not chosen:
        return
    others = [node for node in cluster.ensemble if node.host not in chosen]
    up = len(chosen) + sum(zookeeper.serves(cluster, node, LOOK) for node in others)
    # A lone survivor does not serve, so it counts as down here; it joins as soon as there is a majority.
    if 2 * up <= len(cluster.ensemble) and not any(_listens(cluster, node) for node in others):
        size = len(cluster.ensemble)
        raise Exit(f"{up} of {size} ZooKeeper servers have no quorum: start more than half of them at once", code=1)


def _listens(cluster: Cluster, node: Node) -> bool:
    try:
        zookeeper.mode(cluster, node, LOOK)
    except Silent as silent:
        return "has no quorum" in str(silent)
    return True


def _cluster_id(cluster: Cluster, cluster_id: str) -> tuple[Identity, ...]:
    meaning = (
        "the id that ZooKeeper holds for this cluster" if cluster_id else "ZooKeeper is new, its id for this cluster"
    )
    metas = (f"{directory}/meta.properties" for directory in cluster.kafka.log_dirs)
    return tuple(Identity(meta, "cluster.id", cluster_id, meaning) for meta in metas)


def _serving_broker(cluster: Cluster, kazoo: Any) -> Ready:
    def ready(node: Node, seconds: float) -> bool:
        assert node.broker
        number = node.broker.id
        return zookeeper.await_broker(kazoo, number, seconds) and until(
            lambda: not broker.view(cluster, node, seconds=LOOK).error, LOOK
        )

    return ready


def _start(c: Connection, cluster: Cluster, role: str, ready: Ready, guards: tuple[Identity, ...] = ()) -> None:
    node = services.node_of(c)
    c.progress.doing = f"starting {role}"
    checks = [*services.STEPS[role](cluster, node)["guards"], *guards]
    services.say(c, [*map(script.call, checks), join(("start_unit", role))])
    c.progress.doing = f"waiting for {role} to serve"
    limit = QUORUM_SECONDS if role == "zookeeper" else BROKER_SECONDS
    deadline = time.monotonic() + limit
    while not ready(node, LOOK):
        state = services.unit_state(c, role)
        late = time.monotonic() > deadline
        if late or not state.startswith("active"):
            reason = f"{role} does not serve after {limit} s" if late else f"{role} has ended ({state})"
            raise HostFailure(f"{reason}. Its last words:\n{services.last_words(c, cluster, role)}")
