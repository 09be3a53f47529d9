"""Outside client: writes numbered messages with librdkafka until it is told to end, and reads them all back.

python -m tests.outside_client TOPIC[,TOPIC...] [rate=MESSAGES-A-SECOND] KEY=VALUE...: settings of librdkafka. Prints a
line when each partition has acknowledged a message. The line `mark` on standard input is answered with what has come
since the mark before, as JSON; any other line ends the writing. Then prints the verdict as JSON.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from tests.outside_verdict import Messages, Place, verdict

# A second, in all partitions together.
RATE = 1000.0
# What is due is written so often, so that a broker gets few batches of several messages each.
TICK = 0.05
PATIENCE = 60.0
# More than can wait for their acknowledgement until they time out.
OUTSTANDING = 1_000_000
BATCH = 10_000
# A broker that stops is no news here: what fails is in the verdict.
QUIET = {"log_level": "0"}
MARK = "mark"


class Stalls:
    """The longest times between two acknowledgements of one partition: of all time, and since the mark before."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._since_mark, self._last = 0.0, dict[Place, float]()

    def __len__(self) -> int:
        """Return how many partitions have acknowledged something."""
        return len(self._last)

    def end(self, place: Place, now: float) -> None:
        """Note an acknowledgement."""
        self._see(now - self._last.get(place, now))
        self._last[place] = now

    def mark(self, now: float) -> float:
        """Return the longest since the mark before; one that still lasts counts, too."""
        self._see(now - min(self._last.values(), default=now))
        longest, self._since_mark = self._since_mark, 0.0
        return longest

    def _see(self, seconds: float) -> None:
        self.longest, self._since_mark = max(self.longest, seconds), max(self._since_mark, seconds)


class Writer:
    """Writes numbered messages to all partitions in turn, each acknowledged by all in-sync replicas."""

    def __init__(self, topics: Iterable[str], settings: Mapping[str, str], rate: float) -> None:
        self.run = secrets.token_hex(4)
        self.acknowledged: dict[Place, Messages] = defaultdict(Messages)
        self.errors: list[str] = []
        self.stalls = Stalls()
        self.begun = threading.Event()
        self._topics, self._rate = tuple(topics), rate
        self._count, self._marked, self._lock = 0, 0, threading.Lock()
        idempotent = {"acks": "all", "enable.idempotence": True}
        self._producer = Producer({**settings, **idempotent, "queue.buffering.max.messages": OUTSTANDING})

    def write(self, over: threading.Event) -> None:
        """Write until it is over, and wait for what is outstanding."""
        try:
            self._write(self._places(), over)
        except KafkaException as error:
            self.errors.append(str(error))
            self.begun.set()
        if left := self._producer.flush(PATIENCE):
            self.errors.append(f"{left} messages were not acknowledged within {PATIENCE:.0f} s")

    def _write(self, places: Sequence[Place], over: threading.Event) -> None:
        number, began = 0, time.monotonic()
        due = began
        while not over.is_set():
            due += TICK
            while number < (due - began) * self._rate and self._is_taken(number, places[number % len(places)]):
                number += 1
            self._answers(due)
            if len(self.stalls) == len(places):
                self.begun.set()

    def _places(self) -> list[Place]:
        return [Place(topic, partition) for topic in self._topics for partition in self._partitions(topic)]

    def _partitions(self, topic: str) -> list[int]:
        found = self._producer.list_topics(topic, timeout=PATIENCE).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return sorted(found.partitions)

    def _is_taken(self, number: int, place: Place) -> bool:
        value, done = f"{self.run} {number}", partial(self._delivered, number)
        try:
            self._producer.produce(place.topic, value, partition=place.partition, on_delivery=done)
        except BufferError:
            # Nobody has answered for minutes: no more is taken until somebody does.
            return False
        return True

    def _answers(self, until: float) -> None:
        """Take acknowledgements as they come."""
        while (left := until - time.monotonic()) > 0:
            self._producer.poll(left)

    def _delivered(self, number: int, error: object, message: Message) -> None:
        with self._lock:
            if error:
                self.errors.append(f"{number}: {error}")
                return
            place, offset = _place(message), message.offset()
            self.stalls.end(place, time.monotonic())
            self.acknowledged[place].add(number, -1 if offset is None else offset)
            self._count += 1

    def mark(self) -> dict[str, float]:
        """Return what has come since the mark before: acknowledgements, the longest stall; and all errors so far."""
        with self._lock:
            came, self._marked = self._count - self._marked, self._count
            stall = round(self.stalls.mark(time.monotonic()), 3)
            return {"acknowledged": came, "longest_stall": stall, "errors": len(self.errors)}


def read(settings: Mapping[str, str], writer: Writer) -> dict[Place, Messages]:
    """Return a writer's messages as each partition holds them, from its first one to its end."""
    earliest = {"auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, **earliest, "group.id": "outside", "enable.auto.commit": False})
    found: dict[Place, Messages] = defaultdict(Messages)
    first = {place: max(0, those.offsets[0]) for place, those in writer.acknowledged.items()}
    left = {place: end for place in first if (end := _end(consumer, place)) > first[place]}
    consumer.assign([TopicPartition(*place, first[place]) for place in left])
    until = time.monotonic() + PATIENCE
    while left and time.monotonic() < until:
        for message in consumer.consume(BATCH, 1.0):
            if message.error():
                continue
            until = time.monotonic() + PATIENCE
            place, offset, words = _place(message), message.offset(), (message.value() or b"").decode().split()
            assert offset is not None
            if words[0] == writer.run:
                found[place].add(int(words[1]), offset)
            if offset + 1 >= left.get(place, 0):
                left.pop(place, None)
    consumer.close()
    return found


def _end(consumer: Consumer, place: Place) -> int:
    marks = consumer.get_watermark_offsets(TopicPartition(*place), PATIENCE)
    assert marks is not None
    return marks[1]


def _place(message: Message) -> Place:
    topic, partition = message.topic(), message.partition()
    assert topic is not None
    assert partition is not None
    return Place(topic, partition)


def main(topics: str, *pairs: str) -> None:
    """Write until a line comes, read back, and print the verdict."""
    settings = QUIET | dict(pair.split("=", 1) for pair in pairs)
    rate = float(settings.pop("rate", RATE))
    writer, over = Writer(topics.split(","), settings, rate), threading.Event()
    writing = threading.Thread(target=writer.write, args=(over,))
    writing.start()
    if not writer.begun.wait(PATIENCE):
        writer.errors.append(f"not every partition acknowledged a message within {PATIENCE:.0f} s")
    print("writing", flush=True)
    while sys.stdin.readline().strip() == MARK:
        print(json.dumps(writer.mark()), flush=True)
    over.set()
    writing.join()
    try:
        found = read(settings, writer)
    except KafkaException as error:
        writer.errors.append(str(error))
        found = {}
    print(json.dumps(verdict(writer.acknowledged, found, writer.errors, writer.stalls.longest)))


if __name__ == "__main__":
    main(*sys.argv[1:])
