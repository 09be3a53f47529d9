"""Outside client: writes numbered messages with librdkafka until it is told to end, and reads them all back.

python -m tests.outside_client TOPIC [rate=MESSAGES-A-SECOND] KEY=VALUE...: settings of librdkafka. Prints a line when
each partition has acknowledged a message; a line on standard input ends the writing. Then prints the verdict as JSON.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections import defaultdict
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.outside_verdict import verdict

# A second, in all partitions together: enough that a slow run of all upgrades writes more than a million.
RATE = 2000.0
# What is due is written so often, so that a broker gets few batches of several messages each.
TICK = 0.05
PATIENCE = 60.0
# More than can wait for their acknowledgement until they time out.
OUTSTANDING = 1_000_000
BATCH = 10_000
# A broker that stops is no news here.
QUIET = {"log_level": "3"}


class Writer:
    """Writes numbered messages to all partitions in turn, each acknowledged by all in-sync replicas."""

    def __init__(self, topic: str, settings: dict[str, str], rate: float) -> None:
        self.run = secrets.token_hex(4)
        self.acknowledged: dict[int, list[int]] = defaultdict(list)
        self.first: dict[int, int] = {}
        self.errors: list[str] = []
        self.longest = 0.0
        self.begun = threading.Event()
        self._topic, self._rate, self._last = topic, rate, dict[int, float]()
        idempotent = {"acks": "all", "enable.idempotence": True}
        self._producer = Producer({**settings, **idempotent, "queue.buffering.max.messages": OUTSTANDING})

    def write(self, over: threading.Event) -> None:
        """Write until it is over, and wait for what is outstanding."""
        try:
            partitions = self._partitions()
        except KafkaException as error:
            self.errors.append(str(error))
            self.begun.set()
            return
        number, began = 0, time.monotonic()
        due = began
        while not over.is_set():
            due += TICK
            while number < (due - began) * self._rate:
                done = partial(self._delivered, number)
                self._producer.produce(self._topic, f"{self.run} {number}", None, number % partitions, done)
                number += 1
            self._answers(due)
            if len(self.first) == partitions:
                self.begun.set()
        if left := self._producer.flush(PATIENCE):
            self.errors.append(f"{left} messages were not acknowledged within {PATIENCE:.0f} s")

    def _partitions(self) -> int:
        found = self._producer.list_topics(self._topic, timeout=PATIENCE).topics[self._topic]
        if found.error:
            raise KafkaException(found.error)
        return len(found.partitions)

    def _answers(self, until: float) -> None:
        """Take acknowledgements as they come."""
        while (left := until - time.monotonic()) > 0:
            self._producer.poll(left)

    def _delivered(self, number: int, error: object, message: Any) -> None:
        if error:
            self.errors.append(f"{number}: {error}")
            return
        now, partition = time.monotonic(), message.partition()
        self.longest = max(self.longest, now - self._last.get(partition, now))
        self._last[partition] = now
        self.first.setdefault(partition, message.offset())
        self.acknowledged[partition].append(number)


def read(topic: str, settings: dict[str, str], writer: Writer) -> dict[int, list[int]]:
    """Return the numbers of a writer's messages as each partition holds them, from its first one to its end."""
    consumer = Consumer({**settings, "group.id": "outside", "enable.auto.commit": False})
    found: dict[int, list[int]] = defaultdict(list)
    left = {at: consumer.get_watermark_offsets(TopicPartition(topic, at), PATIENCE)[1] for at in writer.first}
    consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in writer.first.items()])
    until = time.monotonic() + PATIENCE
    while left and time.monotonic() < until:
        for message in consumer.consume(BATCH, 1.0):
            if message.error():
                continue
            until = time.monotonic() + PATIENCE
            partition, offset, words = message.partition(), message.offset(), (message.value() or b"").decode().split()
            assert partition is not None
            assert offset is not None
            if words[0] == writer.run:
                found[partition].append(int(words[1]))
            if offset + 1 >= left.get(partition, 0):
                left.pop(partition, None)
    consumer.close()
    return found


def main(topic: str, *pairs: str) -> None:
    """Write until a line comes, read back, and print the verdict."""
    settings = QUIET | dict(pair.split("=", 1) for pair in pairs)
    rate = float(settings.pop("rate", RATE))
    writer, over = Writer(topic, settings, rate), threading.Event()
    writing = threading.Thread(target=writer.write, args=(over,))
    writing.start()
    if not writer.begun.wait(PATIENCE):
        writer.errors.append(f"not every partition acknowledged a message within {PATIENCE:.0f} s")
    print("writing", flush=True)
    sys.stdin.readline()
    over.set()
    writing.join()
    try:
        found = read(topic, settings, writer)
    except KafkaException as error:
        writer.errors.append(str(error))
        found = {}
    print(json.dumps(verdict(writer.acknowledged, found, writer.errors, writer.longest)))


if __name__ == "__main__":
    main(*sys.argv[1:])
