"""Plain writer: the canary's writer for Kafka before 0.11: a retry may write a duplicate."""

import threading
from functools import partial

from kafka_fab.canary.canary_message import DELIVERY_SECONDS, RateLimiter, content, period
from kafka_fab.canary.canary_topic import TOPIC, placements
from kafka_fab.canary.ledger import Ledger
from kafka_fab.cluster.model import Node
from kafka_fab.live import message
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess

RETRY_SECONDS = 0.1


class PlainWriter:
    """A writer for brokers without idempotence: one message at a time, retried until it is acknowledged."""

    def __init__(self, access: ClientAccess, run: bytes, partitions: list[int], ledger: Ledger) -> None:
        self._access, self._run, self._ledger = access, run, ledger
        self._nodes = {node.broker.id: node for node in access.cluster.brokers if node.broker}
        self._limiters = [RateLimiter(period(len(partitions))) for _ in partitions]
        self._closed = threading.Event()
        for partition, limiter in zip(partitions, self._limiters, strict=True):
            work = partial(self._write, partition, limiter)
            threading.Thread(target=work, name=f"canary-writer-{partition}", daemon=True).start()

    def _write(self, partition: int, limiter: RateLimiter) -> None:
        leader = None
        while limiter.next():
            leader = self._deliver(partition, leader)

    def _deliver(self, partition: int, leader: Node | None) -> Node | None:
        """Write one message until it is acknowledged, and return the leader."""
        sequence, sent = self._ledger.send(partition)
        why = "closed"
        while self._ledger.now() < sent + DELIVERY_SECONDS and not self._closed.is_set():
            try:
                leader = leader or self._leader(partition)
                offset = message.write(self._access, leader, TOPIC, partition, content(self._run, sequence))
            except (Unreachable, RequestRejected) as error:
                leader, why = None, type(error).__name__
                self._closed.wait(RETRY_SECONDS)
            else:
                self._ledger.acknowledge(partition, sequence, sent, offset)
                return leader
        self._ledger.fail(partition, why)
        return None

    def _leader(self, partition: int) -> Node:
        placed = placements(self._access.cluster, partition % len(self._nodes)).get(partition)
        if placed is None or placed.leader not in self._nodes:
            raise RequestRejected(f"{TOPIC}-{partition} has no leader")
        return self._nodes[placed.leader]

    def stop(self) -> None:
        """Stop writing; the current messages are still retried."""
        for limiter in self._limiters:
            limiter.stop()

    def close(self) -> None:
        """Stop retrying, too."""
        self.stop()
        self._closed.set()
