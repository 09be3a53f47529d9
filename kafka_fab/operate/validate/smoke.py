"""Smoke: a message produced to every broker as leader with acks=all, and consumed again."""

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.security import principals
from kafka_fab.cluster.topics.replica_assignment import one_per_leader
from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live import broker_view, client_access, leader_election, message, topic
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.runbook.codes import ValidateCode, coded

TOPIC = f"{topic.OURS}smoke"
SECONDS = 30
OK = "ok"
REPLICAS = 3


@dataclass(frozen=True)
class SmokeResult:
    """The test of one broker: `result` is ok or the error."""

    host: str
    id: int
    result: str
    produce_ms: float = 0.0
    consume_ms: float = 0.0
    code: ValidateCode = ValidateCode.NOT_PRODUCED

    @property
    def shown(self) -> str:
        """Return the result for the screen: an error with its code."""
        return self.result if self.result == OK else coded(self.result, self.code)


def smoke(c: Context, json: bool = False) -> None:
    """Produce a message to every broker as leader with acks=all, and consume it; exit with 1 where that fails."""
    cluster = live_fleet(c).cluster
    tested = test_all(cluster)
    failed = [one for one in tested if one.result != OK]
    if json:
        brokers = {"ok": not failed, "brokers": [asdict(one) for one in tested]}
        print(document("smoke", cluster.name, brokers))
    else:
        rows = [(one.host, one.id, one.shown, one.produce_ms, one.consume_ms) for one in tested]
        print(report.table([("host", "id", "result", "produce ms", "consume ms"), *rows]))
        print(f"{len(tested) - len(failed)} of {len(tested)} brokers: produced and consumed a message")
    if failed:
        raise Exit(code=1)


def test_all(cluster: Cluster) -> list[SmokeResult]:
    """Return the result of each broker; raise Exit where no message can be produced at all."""
    nodes = [node for node in cluster.brokers if node.broker]
    try:
        with (
            client_access.opened(cluster, principals.SMOKE_USER) as access,
            _topic(cluster, nodes) as name,
            ThreadPoolExecutor(max_workers=50) as pool,
        ):
            _await_leaders(cluster, nodes, name)
            return list(pool.map(lambda at: _test(access, at[1], name, at[0]), enumerate(nodes)))
    except (Unreachable, RequestRejected) as error:
        raise Exit(coded(f"cannot produce a message: {error}", ValidateCode.NOT_PRODUCED), code=1) from error


@contextmanager
def _topic(cluster: Cluster, nodes: Sequence[Node]) -> Iterator[str]:
    # A new topic for each run, so that two runs do not share it; where topics cannot be deleted, one for all.
    disposable = cluster.release.create_topics_version is not None
    name = f"{TOPIC}_{secrets.token_hex(4)}" if disposable else TOPIC
    controller = _controller(cluster, nodes)
    try:
        topic.create(cluster, controller, name, _assignment(nodes))
        yield name
    finally:
        topic.delete(cluster, controller, name)


def _assignment(nodes: Sequence[Node]) -> dict[int, Replicas]:
    """Return one partition per broker, led by it, in the order of the brokers."""
    brokers = [node.broker for node in nodes if node.broker]
    racks = {broker.id: broker.rack for broker in brokers}
    led = {replicas[0]: replicas for replicas in one_per_leader(racks, REPLICAS, most=len(racks))}
    return {number: led[broker.id] for number, broker in enumerate(brokers)}


def _controller(cluster: Cluster, nodes: Sequence[Node]) -> Node:
    answering = broker_view.first(cluster, nodes)
    named = (node for node in nodes if node.broker and node.broker.id == answering.controller)
    return next(named, nodes[0])


def _await_leaders(cluster: Cluster, nodes: Sequence[Node], name: str) -> None:
    expected = {TopicPartition(name, at): node.broker.id for at, node in enumerate(nodes) if node.broker}

    def elected() -> bool:
        return all(broker_view.view(cluster, node, [name]).leaders == expected for node in nodes)

    if cluster.release.create_topics_version is None and not until(elected, 2):
        # The topic is an old one: the last restarts have moved its leaders.
        leader_election.elect(cluster, list(expected))
    if not until(elected, SECONDS):
        found = broker_view.view(cluster, nodes[0], [name]).leaders
        wrong = [f"{one} is led by broker {found.get(one, 'none')}, not {leader}" for one, leader in expected.items()]
        raise RequestRejected(f"no preferred leaders after {SECONDS} s: {'; '.join(wrong)}")


def _test(access: ClientAccess, node: Node, name: str, partition: int) -> SmokeResult:
    assert node.broker
    value = secrets.token_bytes(16)
    try:
        began = time.monotonic()
        offset = message.write(access, node, name, partition, value)
        produced = time.monotonic()
        same = message.read(access, node, name, partition, offset) == value
        took = (produced - began) * 1000, (time.monotonic() - produced) * 1000
        return SmokeResult(node.host, node.broker.id, OK if same else "consumed another value", *took)
    except (Unreachable, RequestRejected) as error:
        return SmokeResult(node.host, node.broker.id, str(error))
