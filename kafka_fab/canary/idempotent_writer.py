"""The canary's writer for brokers that write nothing of a producer twice (0.11 and later)."""

import atexit
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from kafka_fab.canary.canary_message import DELIVERY_SECONDS, Pace, content, period
from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.canary.ledger import Ledger
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.protocol import kafka_python


class IdempotentWriter:
    """kafka-python's idempotent producer, of which a broker writes nothing twice."""

    def __init__(self, producer: Any, run: bytes, partitions: list[int], ledger: Ledger) -> None:
        self._run, self._partitions, self._ledger, self._pace = run, partitions, ledger, Pace(period(len(partitions)))
        self._producer = producer
        # Before its own, which prints a traceback where brokers do not answer while the process ends.
        atexit.register(self._let_go, 0)
        threading.Thread(target=self._write, name="canary-writer", daemon=True).start()

    def _write(self) -> None:
        # All partitions at one beat: the producer then wakes up once for them all.
        while self._pace.beats():
            for partition in self._partitions:
                self._send(partition)

    def _send(self, partition: int) -> None:
        sequence, sent = self._ledger.send(partition)
        try:
            future = self._producer.send(TOPIC, content(self._run, sequence), partition=partition)
        except (kafka_python().errors.KafkaError, ValueError) as error:
            # ValueError: the partition is not in the metadata, as when the topic is gone.
            self._give_up(partition, error)
            return
        future.add_callback(partial(self._acknowledge, partition, sequence, sent))
        future.add_errback(partial(self._give_up, partition))

    def _acknowledge(self, partition: int, sequence: int, sent: float, answer: Any) -> None:
        self._ledger.acknowledge(partition, sequence, sent, answer.offset)

    def _give_up(self, partition: int, error: Exception) -> None:
        self._ledger.give_up(partition, type(error).__name__)

    def stop(self) -> None:
        """Send nothing more; what is under way goes on."""
        self._pace.stop()

    def close(self) -> None:
        """Let go of everything without waiting for it."""
        self.stop()
        # It first waits for what is outstanding, up to the delivery timeout, and nobody waits for that here.
        threading.Thread(target=self._let_go, args=[DELIVERY_SECONDS], name="canary-close", daemon=True).start()

    def _let_go(self, seconds: float) -> None:
        let_go(self._producer, seconds)
        atexit.unregister(self._let_go)


def let_go(producer: Any, seconds: float = 0) -> None:
    """Close a producer; what is outstanding has so many seconds left."""
    with suppress(kafka_python().errors.KafkaError):
        producer.close(timeout=seconds)


def connected(cluster: Cluster) -> Any:
    """Return a producer that finds its brokers and gets its id from now on; raise Unreachable."""
    kafka = kafka_python()
    try:
        return kafka.KafkaProducer(
            bootstrap_servers=[endpoint.place(endpoint.of_broker(cluster, node)) for node in cluster.brokers],
            client_id="kafka-fab-canary",
            acks="all",
            enable_idempotence=True,
            delivery_timeout_ms=DELIVERY_SECONDS * 1000,
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=15000,
            # The default of 30 s would be counted as the cluster's stall after a broker is back.
            reconnect_backoff_max_ms=500,
            max_block_ms=10000,
            metrics_enabled=False,
        )
    except kafka.errors.KafkaError as error:
        raise Unreachable(f"no broker takes a producer: {error}") from error
