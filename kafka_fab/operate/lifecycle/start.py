"""Start: those that keep the metadata until they have a quorum, then the brokers until each of them serves."""

import time
from collections.abc import Callable, Collection
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Identity
from kafka_fab.live import broker_view, kraft_quorum
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import overrides, running, services
from kafka_fab.operate.hosts.storage import format_storage
from kafka_fab.operate.lifecycle import distinct_session_ids
from kafka_fab.operate.preflight.preflight import before_start
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, finished, fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure

SECONDS = {"zookeeper": 60, "controller": 60, "kafka": 120}
LOOK = 1.0
ACQUAINTED = 30
Ready = Callable[[Node, float], bool]


def start(c: Context, json: bool = False, preflight: bool = True) -> None:
    """Start the chosen hosts' services, and wait until each of them serves."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    # To start what is down takes nothing from anybody: a host that is gone must not keep the others down.
    with Guard(hosts, "start", hosts.hosts, force=True):
        if preflight:
            before_start(hosts)
        done = start_all(hosts)
    print(report.as_json(done, task="start") if json else report.hosts(done, time.monotonic() - began))


def start_all(hosts: Fleet) -> list[HostProgress]:
    """Start the chosen hosts' services in a safe order; end the run where one does not serve."""
    running.learn(hosts)
    if hosts.cluster.kraft:
        started = [*format_storage(hosts), *_start_controllers(hosts), *_start_kraft_brokers(hosts)]
    else:
        started = [*_start_zookeeper(hosts), *_start_brokers(hosts)]
    return [*started, *_acquaint(hosts)]


def _start_zookeeper(hosts: Fleet) -> list[HostProgress]:
    cluster = hosts.cluster
    chosen = services.having(hosts, "zookeeper")
    others = [node for node in cluster.ensemble if node.host not in chosen]
    up = len(chosen) + sum(_listens(cluster, node) for node in others)
    _refuse_minority("ZooKeeper servers", chosen, up, len(cluster.ensemble))

    def ready(node: Node, seconds: float) -> bool:
        return until(lambda: four_letter_words.serves(cluster, node, LOOK), seconds)

    def begin(some: list[str]) -> list[HostProgress]:
        return finished(hosts.run(lambda c: _start(c, cluster, "zookeeper", ready), "start", some))

    started = begin(chosen)
    distinct_session_ids.make_unlike(hosts, started, begin)
    return started


def _listens(cluster: Cluster, node: Node) -> bool:
    try:
        four_letter_words.mode(cluster, node, LOOK)
    except Unreachable as silent:
        # Up without a quorum: it joins as soon as there is a majority.
        return "has no quorum" in str(silent)
    return True


def _refuse_minority(what: str, chosen: Collection[str], up: int, size: int) -> None:
    if chosen and 2 * up <= size:
        raise Exit(f"{up} of {size} {what} have no quorum: start more than half of them at once", code=1)


def _start_brokers(hosts: Fleet) -> list[HostProgress]:
    cluster, chosen = hosts.cluster, services.having(hosts, "kafka")
    if not chosen:
        return []
    try:
        with four_letter_words.client(cluster) as kazoo:
            guards = _cluster_id(cluster, four_letter_words.registry(kazoo).cluster_id)
            ready = _serving_broker(cluster, kazoo)
            return finished(hosts.run(lambda c: _start(c, cluster, "kafka", ready, guards), "start", chosen))
    except Unreachable as silent:
        raise Exit(f"{silent}: start ZooKeeper first", code=1) from silent


def _cluster_id(cluster: Cluster, cluster_id: str) -> tuple[Identity, ...]:
    held = "the id that ZooKeeper holds for this cluster"
    meaning = held if cluster_id else "ZooKeeper is new, its id for this cluster"
    metas = (f"{directory}/meta.properties" for directory in cluster.kafka.log_dirs)
    return tuple(Identity(meta, "cluster.id", cluster_id, meaning) for meta in metas)


def _serving_broker(cluster: Cluster, kazoo: Any) -> Ready:
    def ready(node: Node, seconds: float) -> bool:
        assert node.broker
        return four_letter_words.await_broker(kazoo, node.broker.id, seconds) and until(
            lambda: not _view(cluster, node).error, LOOK
        )

    return ready


def _start_controllers(hosts: Fleet) -> list[HostProgress]:
    cluster = hosts.cluster
    chosen = [node.host for node in cluster.controllers if node.host in hosts.hosts]
    others = [node for node in cluster.controllers if node.host not in chosen]
    up = len(chosen) + sum(kraft_quorum.answers(cluster, node, LOOK) for node in others)
    _refuse_minority("controllers", chosen, up, len(cluster.controllers))

    def ready(node: Node, seconds: float) -> bool:
        if node.combined and not _is_in(cluster, node, seconds):
            return False
        return until(
            lambda: kraft_quorum.answers(cluster, node, LOOK) and kraft_quorum.has_leader(cluster, LOOK), seconds
        )

    def work(c: Connection) -> None:
        _start(c, cluster, "kafka" if node_of(c).combined else "controller", ready)

    return finished(hosts.run(work, "start", chosen))


def _start_kraft_brokers(hosts: Fleet) -> list[HostProgress]:
    cluster = hosts.cluster
    chosen = [host for host in services.having(hosts, "kafka") if not cluster.nodes[host].combined]
    if chosen and not kraft_quorum.has_leader(cluster, LOOK):
        raise Exit("the controllers have no quorum, and a broker waits for it: start them first", code=1)

    def ready(node: Node, seconds: float) -> bool:
        return _is_in(cluster, node, seconds)

    return finished(hosts.run(lambda c: _start(c, cluster, "kafka", ready), "start", chosen))


def _is_in(cluster: Cluster, node: Node, seconds: float) -> bool:
    """Return True as soon as a broker names itself among the brokers: it is registered and unfenced."""
    assert node.broker
    number = node.broker.id
    return until(lambda: number in _view(cluster, node).brokers, seconds)


def _view(cluster: Cluster, node: Node) -> BrokerView:
    """Return a broker's view; raise HostFailure where asking again will not help."""
    view = broker_view.view(cluster, node, seconds=LOOK)
    if view.lasting:
        raise HostFailure(f"kafka runs, but cannot be asked: {view.error}")
    return view


def _acquaint(hosts: Fleet) -> list[HostProgress]:
    """Wait until each of the chosen brokers names all of them: whoever asks any of them now is told the truth."""
    cluster, chosen = hosts.cluster, services.having(hosts, "kafka")
    # A broker of 0.8.0 names only those that hold a partition.
    if not cluster.release.names_all_brokers:
        return []
    ids = {node.broker.id for node in map(cluster.nodes.__getitem__, chosen) if node.broker}

    def work(c: Connection) -> None:
        c.progress.doing = "waiting for the brokers to know each other"
        seen = node_of(c)
        if not until(lambda: ids <= broker_view.view(cluster, seen, seconds=LOOK).brokers.keys(), ACQUAINTED):
            raise HostFailure(f"its broker serves, but does not name all others after {ACQUAINTED} s: fab validate")

    return finished(hosts.run(work, "start", chosen))


def _start(c: Connection, cluster: Cluster, role: str, ready: Ready, guards: tuple[Identity, ...] = ()) -> None:
    node = node_of(c)
    service = services.service_of(cluster, node, role)
    c.progress.doing = f"starting {role}"
    checks = [*service.module.steps(cluster, node)["preconditions"], *guards]
    services.say(c, [*map(script.call, checks), join(("start_unit", service.unit))])
    running.learn_on(c, cluster)
    c.progress.doing = f"waiting for {role} to serve"
    deadline = time.monotonic() + SECONDS[role]
    while not ready(node, LOOK):
        state = services.unit_state(c, service.unit)
        late = time.monotonic() > deadline
        if late or not state.startswith("active"):
            reason = f"{role} does not serve after {SECONDS[role]} s" if late else f"{role} has ended ({state})"
            raise HostFailure(f"{reason}. Its last words:\n{services.last_words(c, service)}")
    if role == "kafka":
        # It has started with its file: what was set meanwhile to the same effect must not hide the file's next edit.
        overrides.forget_overrides(cluster, node, c)
