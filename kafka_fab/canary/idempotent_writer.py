"""Idempotent writer: the canary's producer for Kafka 0.11 and later."""

import atexit
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from kafka_fab.canary.canary_message import DELIVERY_SECONDS, RateLimiter, content, period
from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.canary.ledger import Ledger
from kafka_fab.live.client import library_client
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client_access import ClientAccess


class IdempotentWriter:
    """A writer with kafka-python's idempotent producer: brokers write no duplicates."""

    def __init__(self, producer: Any, run: bytes, partitions: list[int], ledger: Ledger) -> None:
        self._run, self._partitions, self._ledger, self._limiter = (
            run,
            partitions,
            ledger,
            RateLimiter(period(len(partitions))),
        )
        self._producer = producer
        # Before the producer's own handler, which prints a traceback where brokers do not answer.
        atexit.register(self._close, 0)
        threading.Thread(target=self._write, name="canary-writer", daemon=True).start()

    def _write(self) -> None:
        # All partitions at once: the producer wakes up only once.
        while self._limiter.next():
            for partition in self._partitions:
                self._send(partition)

    def _send(self, partition: int) -> None:
        sequence, sent = self._ledger.send(partition)
        try:
            future = self._producer.send(TOPIC, content(self._run, sequence), partition=partition)
        except (kafka_python().errors.KafkaError, ValueError) as error:
            # ValueError: the partition is not in the metadata, as after a deletion of the topic.
            self._fail(partition, error)
            return
        future.add_callback(partial(self._acknowledge, partition, sequence, sent))
        future.add_errback(partial(self._fail, partition))

    def _acknowledge(self, partition: int, sequence: int, sent: float, answer: Any) -> None:
        self._ledger.acknowledge(partition, sequence, sent, answer.offset)

    def _fail(self, partition: int, error: Exception) -> None:
        self._ledger.fail(partition, type(error).__name__)

    def stop(self) -> None:
        """Stop sending; outstanding messages are still delivered."""
        self._limiter.stop()

    def close(self) -> None:
        """Close the producer in the background."""
        self.stop()
        # close() waits for outstanding messages, up to the delivery timeout.
        threading.Thread(target=self._close, args=[DELIVERY_SECONDS], name="canary-close", daemon=True).start()

    def _close(self, seconds: float) -> None:
        close_producer(self._producer, seconds)
        atexit.unregister(self._close)


def close_producer(producer: Any, seconds: float = 0) -> None:
    """Close a producer; outstanding messages have so many seconds left."""
    with suppress(kafka_python().errors.KafkaError):
        producer.close(timeout=seconds)


def connected(access: ClientAccess) -> Any:
    """Return a connected producer; raise Unreachable."""
    kafka = kafka_python()
    try:
        return kafka.KafkaProducer(
            **library_client.config(map(access.endpoint, access.cluster.brokers)),
            client_id="kafka-fab-canary",
            acks="all",
            enable_idempotence=True,
            delivery_timeout_ms=DELIVERY_SECONDS * 1000,
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=15000,
            # The default of 30 s would count as a stall of the cluster after a broker's restart.
            reconnect_backoff_max_ms=500,
            max_block_ms=10000,
            metrics_enabled=False,
        )
    except (kafka.errors.KafkaError, OSError) as error:
        raise Unreachable(f"no broker accepted the producer: {error}") from error
