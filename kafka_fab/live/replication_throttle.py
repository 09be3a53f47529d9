"""Replication throttle: the rate limit of throttled replicas, set on each broker for the time of a move."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kafka_fab.cluster.dynamic.override_decision import EVERYONE, OWN, OverrideStep, Setting
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live import broker_configs
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until

SECONDS = 15.0
NAMES = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")
T = TypeVar("T")


def found(cluster: Cluster, nodes: Iterable[Node]) -> dict[Node, str]:
    """Return the brokers that have a rate, their own or one of all brokers, in bytes/s; raise Unreachable or
    RequestRejected.
    """
    nodes = list(nodes)
    rates = _each(lambda node: _rate(broker_configs.settings(cluster, node, NAMES).values()), nodes)
    return {node: rate for node, rate in zip(nodes, rates, strict=True) if rate}


def found_and_unknown(cluster: Cluster, nodes: Iterable[Node]) -> tuple[dict[Node, str], dict[Node, str]]:
    """Return the brokers that have a rate, in bytes/s, and why others did not answer."""
    rates: dict[Node, str] = {}

    def look(node: Node) -> None:
        rates.update(found(cluster, [node]))

    return rates, _where_possible(look, nodes)


def set_rate(cluster: Cluster, nodes: Iterable[Node], rate: int) -> None:
    """Limit brokers to a rate in bytes/s; raise Unreachable or RequestRejected.

    It returns when each broker reports the rate: with ZooKeeper a broker learns of it a moment later.
    """
    _apply(cluster, nodes, [OverrideStep(name, str(rate), None) for name in NAMES])


def remove(cluster: Cluster, nodes: Iterable[Node]) -> None:
    """Remove brokers' own rates; return when each reports none; raise Unreachable or RequestRejected."""
    _apply(cluster, nodes, [OverrideStep(name, None, None) for name in NAMES])


def remove_rate(cluster: Cluster, nodes: Iterable[Node], rate: int) -> dict[Node, str]:
    """Remove the given rate from brokers, no other; return the brokers where that failed, and why."""

    def end(node: Node) -> None:
        owns = {one.own for one in broker_configs.settings(cluster, node, NAMES).values()}
        remove(cluster, [node] if str(rate) in owns else [])

    return _where_possible(end, nodes)


def _where_possible(work: Callable[[Node], None], nodes: Iterable[Node]) -> dict[Node, str]:
    """Do something on each broker; return the brokers where it failed, and why."""

    def tried(node: Node) -> str:
        try:
            work(node)
        except (Unreachable, RequestRejected) as problem:
            return str(problem)
        return ""

    nodes = list(nodes)
    return {node: why for node, why in zip(nodes, _each(tried, nodes), strict=True) if why}


def _apply(cluster: Cluster, nodes: Iterable[Node], steps: Sequence[OverrideStep]) -> None:
    def apply(node: Node) -> None:
        broker_configs.override(cluster, node, steps)
        if not until(lambda: _holds(cluster, node, steps), SECONDS):
            raise RequestRejected(
                f"{node.host} accepted its replication throttle, but does not report it after {SECONDS:.0f} s"
            )

    _each(apply, nodes)


def _holds(cluster: Cluster, node: Node, steps: Sequence[OverrideStep]) -> bool:
    # A broker may leave out a rate that is not set.
    found = {name: Setting(name) for name in NAMES} | broker_configs.settings(cluster, node, NAMES)
    return all(found[step.name].own == step.value for step in steps)


def _rate(settings: Iterable[Setting]) -> str:
    layers = [dict(setting.layers) for setting in settings]
    return next(filter(None, (one.get(OWN) or one.get(EVERYONE) for one in layers)), "")


def _each(work: Callable[[Node], T], nodes: Iterable[Node]) -> list[T]:
    with ThreadPoolExecutor(max_workers=50) as pool:
        return list(pool.map(work, nodes))
