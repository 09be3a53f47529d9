"""Start: ZooKeeper or the controllers until they have a quorum, then the brokers until each is ready."""

import time
from collections.abc import Callable, Collection
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.identity import host_membership
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Identity
from kafka_fab.cluster.values.role import Role
from kafka_fab.live import broker_view, kraft_quorum
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import overrides, running, services
from kafka_fab.operate.hosts.storage import format_storage
from kafka_fab.operate.lifecycle import distinct_session_ids
from kafka_fab.operate.lifecycle.join_levels import join_levels
from kafka_fab.operate.lifecycle.lifecycle_hooks import LifecycleHooks
from kafka_fab.operate.preflight.preflight import before_start
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import LockCode, RollCode, coded
from kafka_fab.typed_command import FAB

SECONDS = {Role.ZOOKEEPER: 60, Role.CONTROLLER: 60, Role.BROKER: 120}
LOOK = 1.0
FULL_METADATA = 30
Ready = Callable[[Node, float], bool]


def start(c: Context, json: bool = False, preflight: bool = True) -> None:
    """Start the chosen hosts' services, and wait until each of them is ready."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    # A start takes no service away: an unreachable host must not keep the others down.
    with Guard(hosts, "start", hosts.hosts, force=True) as guard:
        if preflight:
            before_start(hosts)
        done = start_all(hosts, guard)
    print(report.as_json(done, "start", hosts.cluster.name) if json else report.hosts(done, time.monotonic() - began))


def start_all(hosts: Fleet, guard: Guard) -> list[HostProgress]:
    """Start the chosen hosts' services in a safe order, with the user's hooks; end the run where one is not ready."""
    done = _start_services(hosts)
    LifecycleHooks(hosts, guard.run).after_start(done)
    return done


def _start_services(hosts: Fleet) -> list[HostProgress]:
    running.read(hosts)
    if hosts.cluster.kraft:
        started = [*format_storage(hosts), *_start_controllers(hosts), *_start_kraft_brokers(hosts)]
    else:
        started = [*_start_zookeeper(hosts), *_start_brokers(hosts)]
    return [*started, *_await_full_metadata(hosts)]


def _start_zookeeper(hosts: Fleet) -> list[HostProgress]:
    cluster = hosts.cluster
    chosen = services.having(hosts, Role.ZOOKEEPER)
    others = [node for node in cluster.ensemble if node.host not in chosen]
    up = len(chosen) + sum(_listens(cluster, node) for node in others)
    _refuse_minority("ZooKeeper servers", chosen, up, len(cluster.ensemble))

    def ready(node: Node, seconds: float) -> bool:
        return until(lambda: four_letter_words.serves(cluster, node, LOOK), seconds)

    def begin(some: list[str]) -> list[HostProgress]:
        return require_success(hosts.run(lambda c: _start(c, cluster, Role.ZOOKEEPER, ready), "start", some))

    started = begin(chosen)
    distinct_session_ids.ensure_distinct_session_ids(hosts, started, begin)
    return started


def _listens(cluster: Cluster, node: Node) -> bool:
    try:
        four_letter_words.mode(cluster, node, LOOK)
    except Unreachable as error:
        # Up without a quorum: it joins as soon as there is a majority.
        return "has no quorum" in str(error)
    return True


def _refuse_minority(kind: str, chosen: Collection[str], up: int, size: int) -> None:
    if chosen and 2 * up <= size:
        text = f"{up} of {size} {kind} cannot form a quorum: start more than half of them together"
        raise Exit(coded(text, RollCode.NO_QUORUM_TO_START), code=1)


def _start_brokers(hosts: Fleet) -> list[HostProgress]:
    cluster, chosen = hosts.cluster, services.having(hosts, Role.BROKER)
    if not chosen:
        return []
    joined = join_levels(hosts)
    try:
        with four_letter_words.client(cluster) as kazoo:
            identities = _cluster_id(cluster, four_letter_words.registry(kazoo).cluster_id)
            ready = _serving_broker(cluster, kazoo)
            started = hosts.run(lambda c: _start(c, cluster, Role.BROKER, ready, identities), "start", chosen)
            return [*joined, *require_success(started)]
    except Unreachable as error:
        raise Exit(coded(f"{error}: start ZooKeeper first", RollCode.NO_QUORUM_TO_START), code=1) from error


def _cluster_id(cluster: Cluster, stored: str) -> tuple[Identity, ...]:
    """Return the cluster id that the brokers' data must have; raise Exit where ZooKeeper has lost it."""
    if not stored:
        lost = host_membership.lost_metadata(cluster)
        if lost:
            raise Exit(coded(f"nothing was started but ZooKeeper: {lost}", LockCode.ANOTHER_CLUSTER), code=1)
        return ()
    metas = (f"{directory}/meta.properties" for directory in cluster.kafka.log_dirs)
    return tuple(Identity(meta, "cluster.id", stored, "the cluster id in ZooKeeper (/cluster/id)") for meta in metas)


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
        _start(c, cluster, Role.BROKER if node_of(c).combined else Role.CONTROLLER, ready)

    return require_success(hosts.run(work, "start", chosen))


def _start_kraft_brokers(hosts: Fleet) -> list[HostProgress]:
    cluster = hosts.cluster
    chosen = [host for host in services.having(hosts, Role.BROKER) if not cluster.nodes[host].combined]
    if chosen and not kraft_quorum.has_leader(cluster, LOOK):
        text = "the controllers have no quorum: start them before the brokers"
        raise Exit(coded(text, RollCode.NO_QUORUM_TO_START), code=1)

    def ready(node: Node, seconds: float) -> bool:
        return _is_in(cluster, node, seconds)

    return require_success(hosts.run(lambda c: _start(c, cluster, Role.BROKER, ready), "start", chosen))


def _is_in(cluster: Cluster, node: Node, seconds: float) -> bool:
    """Return True as soon as a broker is in its own metadata: it is registered and unfenced."""
    assert node.broker
    number = node.broker.id
    return until(lambda: number in _view(cluster, node).brokers, seconds)


def _view(cluster: Cluster, node: Node) -> BrokerView:
    """Return a broker's view; raise HostFailure where a retry cannot help."""
    view = broker_view.view(cluster, node, seconds=LOOK)
    if view.lasting:
        text = f"kafka runs, but the metadata request failed: {view.error}"
        raise HostFailure(coded(text, RollCode.DID_NOT_START))
    return view


def _await_full_metadata(hosts: Fleet) -> list[HostProgress]:
    """Wait until the metadata of each chosen broker has all of them: clients may ask any broker then."""
    cluster, chosen = hosts.cluster, services.having(hosts, Role.BROKER)
    # The metadata of 0.8.0 has only the brokers that hold a partition.
    if not cluster.release.names_all_brokers:
        return []
    ids = {node.broker.id for node in map(cluster.nodes.__getitem__, chosen) if node.broker}

    def work(c: Connection) -> None:
        c.progress.doing = "waiting until the metadata has all brokers"
        node = node_of(c)
        if not until(lambda: ids <= broker_view.view(cluster, node, seconds=LOOK).brokers.keys(), FULL_METADATA):
            text = f"the broker's metadata does not have all brokers after {FULL_METADATA} s: {FAB} validate"
            raise HostFailure(coded(text, RollCode.DID_NOT_START))

    return require_success(hosts.run(work, "start", chosen))


def _start(c: Connection, cluster: Cluster, role: Role, ready: Ready, identities: tuple[Identity, ...] = ()) -> None:
    node = node_of(c)
    service = services.service_of(cluster, node, role)
    c.progress.doing = f"starting {role}"
    preconditions = [*service.module.steps(cluster, node)["preconditions"], *identities]
    services.run(c, [*map(script.call, preconditions), join(("start_unit", service.unit))])
    running.read_on(c, cluster)
    c.progress.doing = f"waiting until {role} is ready"
    deadline = time.monotonic() + SECONDS[role]
    while not ready(node, LOOK):
        state = services.unit_state(c, service.unit)
        late = time.monotonic() > deadline
        if late or not state.startswith("active"):
            reason = f"{role} is not ready after {SECONDS[role]} s" if late else f"{role} exited ({state})"
            text = f"{reason}. Its last log lines:\n{services.last_log_lines(c, service)}"
            raise HostFailure(coded(text, RollCode.DID_NOT_START))
    if role == Role.BROKER:
        # It has started with its file: an override with the same value must not hide the next edit of the file.
        overrides.forget_overrides(cluster, node, c)
