"""Outside client: writes numbered messages with librdkafka until it is told to end, and reads them all back.

python -m tests.outside_client TOPIC KEY=VALUE...: settings of librdkafka. A line on standard input ends the writing.
Prints JSON: how many messages were acknowledged, which of them are lost, the errors, the longest stall in seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

PACE = 0.005
PATIENCE = 60.0


class Writer:
    """Writes numbered messages, each acknowledged by all in-sync replicas."""

    def __init__(self, topic: str, settings: dict[str, str]) -> None:
        self.acknowledged: dict[int, tuple[int, int]] = {}
        self.errors: list[str] = []
        self.longest, self._last = 0.0, time.monotonic()
        self._topic = topic
        self._producer = Producer({**settings, "acks": "all", "enable.idempotence": True, "linger.ms": 5})

    def run(self, over: threading.Event) -> None:
        """Write until it is over, and wait for what is outstanding."""
        number = 0
        while not over.is_set():
            self._producer.produce(self._topic, str(number), on_delivery=self._done(number))
            self._producer.poll(0)
            number += 1
            over.wait(PACE)
        self._producer.flush(PATIENCE)

    def _done(self, number: int) -> Any:
        def delivered(error: object, message: Message) -> None:
            now = time.monotonic()
            self.longest, self._last = max(self.longest, now - self._last), now
            if error:
                self.errors.append(f"{number}: {error}")
                return
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            self.acknowledged[number] = partition, offset

        return delivered


def read(topic: str, settings: dict[str, str], writer: Writer) -> set[int]:
    """Return the numbers that are found where they were acknowledged."""
    consumer = Consumer({**settings, "group.id": "outside", "enable.auto.commit": False})
    ends: dict[int, int] = {}
    for partition, offset in writer.acknowledged.values():
        ends[partition] = max(ends.get(partition, -1), offset)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    found: set[int] = set()
    until = time.monotonic() + PATIENCE
    while ends and time.monotonic() < until:
        message = consumer.poll(1.0)
        if message is None or message.error():
            continue
        value, at = message.value(), (message.partition(), message.offset())
        assert value is not None
        number = int(value)
        if writer.acknowledged.get(number) == at:
            found.add(number)
        if at[0] is not None and at[1] is not None and at[1] >= ends.get(at[0], at[1]):
            ends.pop(at[0], None)
    consumer.close()
    return found


def main(topic: str, *pairs: str) -> None:
    """Write until a line comes, read back, and print the verdict."""
    settings = dict(pair.split("=", 1) for pair in pairs)
    writer, over = Writer(topic, settings), threading.Event()
    writing = threading.Thread(target=writer.run, args=(over,))
    writing.start()
    sys.stdin.readline()
    over.set()
    writing.join()
    try:
        found = read(topic, settings, writer)
    except KafkaException as error:
        writer.errors.append(str(error))
        found = set()
    lost = sorted(set(writer.acknowledged) - found)
    verdict = {
        "acknowledged": len(writer.acknowledged),
        "lost": lost[:20],
        "errors": writer.errors[:20],
        "longest_stall": round(writer.longest, 3),
    }
    print(json.dumps(verdict))


if __name__ == "__main__":
    main(*sys.argv[1:])
