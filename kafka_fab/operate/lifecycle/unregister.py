"""Unregister: `fab unregister`: the registration of a broker that is gone, taken out of a KRaft cluster."""

from collections.abc import Collection, Iterable
from functools import partial

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.live import kraft_quorum
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.asking import asking
from kafka_fab.live.client import metadata, unregister_broker
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.metadata import Metadata
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import services
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output.counted import counted
from kafka_fab.remote.fleet import Fleet
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

SHOWN = 3
STOPPED = ("inactive", "failed")


@dataclass(frozen=True)
class Traces:
    """What shows of a broker that is to be unregistered.

    `state` is that of its unit on its host, empty where hosts.ini has no such broker, and `error` why the host did not
    answer; `registered` whether a broker's metadata has it; `fetches` whether it still follows the metadata log;
    `replicas` are the partitions that are placed on it.
    """

    host: str = ""
    state: str = ""
    error: str = ""
    registered: bool = False
    fetches: bool = False
    replicas: tuple[str, ...] = ()


def unregister(c: Context, broker: str) -> None:
    """Unregister a broker; end the run where it runs, or where partitions are placed on it."""
    hosts = live_fleet(c)
    if not hosts.cluster.kraft:
        raise Exit("this cluster uses ZooKeeper: a broker that stops is not registered any more", code=1)
    number = _id_of(hosts.cluster, broker)
    with Guard(hosts, "unregister", [str(number)]):
        try:
            refused = refusal(number, _traces(hosts, number))
            if refused:
                raise Exit(coded(refused, RollCode.STILL_IN_USE), code=3)
            was_there = unregister_broker.unregister(AdminClient(hosts.cluster).ask, number)
        except (Unreachable, RequestRejected) as problem:
            raise Exit(str(problem), code=1) from problem
    print(f"broker {number} {'is no longer' if was_there else 'was not'} registered")


def _id_of(cluster: Cluster, broker: str) -> int:
    node = cluster.nodes.get(broker)
    if node and node.broker:
        return node.broker.id
    if broker.isdecimal():
        return int(broker)
    raise Exit(f"{broker} is neither a host in [kafka] of hosts.ini nor a broker's id", code=1)


def _traces(hosts: Fleet, number: int) -> Traces:
    cluster = hosts.cluster
    views = list(_views(cluster))
    led = kraft_quorum.describe(cluster)
    node = next((node for node in cluster.brokers if node.broker and node.broker.id == number), None)
    host, state, error = _unit(hosts, node)
    return Traces(
        host,
        state,
        error,
        registered=any(number in view.brokers for view in views),
        fetches=any(one.id == number and one.keeps_up for one in led.observers),
        replicas=_replicas(views, number),
    )


def _views(cluster: Cluster) -> Iterable[Metadata]:
    """Yield the metadata of each broker that answers; raise Unreachable where none does."""
    reasons: list[str] = []
    for node in cluster.brokers:
        try:
            yield metadata.read(asking(cluster, node))
        except Unreachable as error:
            reasons.append(str(error))
    if len(reasons) == len(cluster.brokers):
        raise Unreachable(f"no broker answers: {'; '.join(reasons)}")


def _unit(hosts: Fleet, node: Node | None) -> tuple[str, str, str]:
    """Return the host of a broker, the state of its unit, and why the host did not answer."""
    if node is None:
        return "", "", ""
    unit = services.service_of(hosts.cluster, node, Role.BROKER).unit
    (done,) = hosts.run(partial(services.unit_state, unit=unit), "unregister", [node.host])
    return node.host, "" if done.error else str(done.value), done.error


def _replicas(views: Collection[Metadata], number: int) -> tuple[str, ...]:
    every = (part for view in views for part in view.partitions() if number in part.replicas)
    return tuple(sorted({str(part.topic_partition) for part in every}))


def refusal(number: int, found: Traces) -> str:
    """Return why a broker must not be unregistered and what to do, or nothing."""
    endless = "unregistered, a broker that runs would be rejected by the controller until it is restarted"
    stop = f"stop it first (`{FAB} -H {found.host} stop`)" if found.host else "stop it first"
    if found.error:
        return (
            f"{found.host} does not answer, so broker {number} may run ({found.error}), and {endless}. If the host is "
            f"gone for good, remove it from hosts.ini, then `{FAB} unregister {number}`"
        )
    if found.state and not found.state.startswith(STOPPED):
        return f"broker {number} runs on {found.host} ({found.state}), and {endless}: {stop}"
    if found.registered or found.fetches:
        what = "is in the cluster's metadata" if found.registered else "follows the metadata log"
        return f"broker {number} {what}, so it runs, and {endless}: {stop}"
    if found.replicas:
        more = f" and {len(found.replicas) - SHOWN} more" if len(found.replicas) > SHOWN else ""
        named = f"{', '.join(found.replicas[:SHOWN])}{more}"
        return (
            f"broker {number} still has {counted(len(found.replicas), 'replica')} ({named}): move them to other "
            f"brokers first (`{FAB} topics.plan`)"
        )
    return ""
