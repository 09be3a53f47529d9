"""Smoke: one message through every broker as leader, written with acks=all and read back."""

import json as json_text
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live import broker_view, leader_election, message, topic
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic import RequestRejected
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report

TOPIC = f"{topic.OURS}smoke"
SECONDS = 30


@dataclass(frozen=True)
class SmokeResult:
    """How one broker passed a message on."""

    host: str
    id: int
    result: str
    written_ms: float = 0.0
    read_ms: float = 0.0


def smoke(c: Context, json: bool = False) -> None:
    """Send one message through every broker as leader, acks=all, and read it back."""
    passes = through_all(live_fleet(c).cluster)
    failed = [one for one in passes if one.result != "ok"]
    if json:
        print(json_text.dumps({"ok": not failed, "brokers": [asdict(one) for one in passes]}, indent=2))
    else:
        rows = [(one.host, one.id, one.result, one.written_ms, one.read_ms) for one in passes]
        print(report.table([("host", "id", "message", "written ms", "read ms"), *rows]))
        print(f"{len(passes) - len(failed)} of {len(passes)} brokers pass a message on")
    if failed:
        raise Exit(code=1)


def through_all(cluster: Cluster) -> list[SmokeResult]:
    """Send a message through every broker and return how each did."""
    nodes = [node for node in cluster.brokers if node.broker]
    try:
        with _topic(cluster, nodes) as name, ThreadPoolExecutor(max_workers=50) as pool:
            _await_leaders(cluster, nodes, name)
            return list(pool.map(lambda at: _through(cluster, at[1], name, at[0]), enumerate(nodes)))
    except (Unreachable, RequestRejected) as error:
        raise Exit(f"no message can be sent: {error}", code=1) from error


@contextmanager
def _topic(cluster: Cluster, nodes: Sequence[Node]) -> Iterator[str]:
    # A topic of its own each time, so that two runs do not meet; where none can be deleted, one for all.
    disposable = cluster.release.create_topics_version is not None
    name = f"{TOPIC}_{secrets.token_hex(4)}" if disposable else TOPIC
    controller = _controller(cluster, nodes)
    try:
        topic.create(cluster, controller, name, _assignment(nodes))
        yield name
    finally:
        topic.delete(cluster, controller, name)


def _assignment(nodes: Sequence[Node]) -> dict[int, list[int]]:
    """Return one partition per broker, led by it, with copies on the next two."""
    ids = [node.broker.id for node in nodes if node.broker]
    copies = min(3, len(ids))
    return {at: [ids[(at + step) % len(ids)] for step in range(copies)] for at in range(len(ids))}


def _controller(cluster: Cluster, nodes: Sequence[Node]) -> Node:
    views = (broker_view.view(cluster, node) for node in nodes)
    answering = next((view for view in views if not view.error), None)
    if answering is None:
        raise Unreachable("no broker answers: start them first (fab start)")
    named = (node for node in nodes if node.broker and node.broker.id == answering.controller)
    return next(named, nodes[0])


def _await_leaders(cluster: Cluster, nodes: Sequence[Node], name: str) -> None:
    wanted = {(name, at): node.broker.id for at, node in enumerate(nodes) if node.broker}

    def elected() -> bool:
        return all(broker_view.view(cluster, node, [name]).leaders == wanted for node in nodes)

    if cluster.release.create_topics_version is None and not until(elected, 2):
        # The topic is an old one, and its leaders are where the last restarts have left them.
        leader_election.elect(cluster, list(wanted))
    if not until(elected, SECONDS):
        found = broker_view.view(cluster, nodes[0], [name])
        raise RequestRejected(
            f"topic {name}: leaders are {found.leaders or 'not elected'} after {SECONDS} s, not {wanted}"
        )


def _through(cluster: Cluster, node: Node, name: str, partition: int) -> SmokeResult:
    assert node.broker
    value = secrets.token_bytes(16)
    try:
        began = time.monotonic()
        offset = message.write(cluster, node, name, partition, value)
        written = time.monotonic()
        same = message.read(cluster, node, name, partition, offset) == value
        took = (written - began) * 1000, (time.monotonic() - written) * 1000
        return SmokeResult(node.host, node.broker.id, "ok" if same else "came back changed", *took)
    except (Unreachable, RequestRejected) as error:
        return SmokeResult(node.host, node.broker.id, str(error))
