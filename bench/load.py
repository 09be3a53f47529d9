"""Load: writes numbered messages with acks=all at a steady rate until its input ends, then tells how they fared.

python -m bench.load HOST:PORT,... TOPIC PARTITIONS MESSAGES-A-SECOND
"""

import json
import sys
import threading
import time
from collections import defaultdict
from typing import Any

PATIENCE = 120


class Load:
    """An idempotent producer at work, and the longest time in which a partition acknowledged nothing."""

    def __init__(self, servers: list[str], topic: str, partitions: int, rate: float) -> None:
        from kafka import KafkaProducer

        self._topic, self._partitions, self._period = topic, partitions, 1 / rate
        self._producer = KafkaProducer(
            bootstrap_servers=servers, acks="all", enable_idempotence=True, delivery_timeout_ms=PATIENCE * 1000,
            reconnect_backoff_max_ms=500, metrics_enabled=False,
        )  # fmt: skip
        self.acknowledged: dict[int, set[int]] = defaultdict(set)
        self.errors = 0
        self.stall = 0.0
        self._last: dict[int, float] = {}

    def run(self, over: threading.Event) -> None:
        """Write until it is over."""
        due, number = time.monotonic(), 0
        while not over.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._period, time.monotonic() - 1.0)
            partition = number % self._partitions
            future = self._producer.send(self._topic, str(number).encode(), partition=partition)
            future.add_callback(self._acknowledge, number)
            future.add_errback(self._refuse)
            number += 1
        self._producer.close(timeout=PATIENCE)

    def _acknowledge(self, number: int, answer: Any) -> None:
        now, partition = time.monotonic(), answer.partition
        self.acknowledged[partition].add(number)
        self.stall = max(self.stall, now - self._last.get(partition, now))
        self._last[partition] = now

    def _refuse(self, _error: Exception) -> None:
        self.errors += 1

    def lost(self, servers: list[str]) -> int:
        """Return how many acknowledged messages are not in the topic, read from its start to its end."""
        from kafka import KafkaConsumer, TopicPartition

        consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
        every = [TopicPartition(self._topic, number) for number in range(self._partitions)]
        consumer.assign(every)
        consumer.seek_to_beginning(*every)
        ends, read = consumer.end_offsets(every), set()
        deadline = time.monotonic() + PATIENCE
        while any(consumer.position(each) < ends[each] for each in every) and time.monotonic() < deadline:
            for batch in consumer.poll(timeout_ms=1000).values():
                read |= {int(record.value) for record in batch}
        consumer.close()
        return len(set().union(*self.acknowledged.values()) - read)


def main(addresses: str, topic: str, partitions: str, rate: str) -> None:
    """Write until the input ends, and print what became of the messages as JSON."""
    servers, over = addresses.split(","), threading.Event()
    load = Load(servers, topic, int(partitions), float(rate))
    writing = threading.Thread(target=load.run, args=[over])
    writing.start()
    print("writing", flush=True)
    sys.stdin.read()
    over.set()
    writing.join()
    acknowledged = sum(map(len, load.acknowledged.values()))
    result = {"acknowledged": acknowledged, "errors": load.errors, "lost": load.lost(servers), "stall": load.stall}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
