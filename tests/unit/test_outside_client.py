"""Outside client: against brokers that librdkafka itself plays, it writes at its rate and reads all of it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from kafka_fab.live.client.wait import until
from tests import outside_client, outside_total
from tests.integration.outside_load import client
from tests.outside_client import Stalls
from tests.outside_verdict import Place

ONE, OTHER = Place("orders", 0), Place("orders", 1)


@pytest.fixture(autouse=True)
def _not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep these messages, which no Kafka has seen, out of the run's total."""
    monkeypatch.setattr(outside_total, "note", lambda verdict: None)


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    # They are there as long as the producer is.
    playing = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    found = playing.list_topics(timeout=10).brokers.values()
    yield "bootstrap.servers=" + ",".join(f"{one.host}:{one.port}" for one in found)
    playing.flush()


def test_it_writes_a_thousand_messages_a_second_and_finds_every_one(brokers: str) -> None:
    began = time.monotonic()
    with client(brokers) as said:
        time.sleep(1)
        seconds = time.monotonic() - began
    assert (said["lost"], said["reordered"], said["duplicates"], said["errors"]) == ([], 0, 0, [])
    assert 500 < said["acknowledged"] < 1000 * (seconds + 1)
    assert said["longest_stall"] < seconds


def test_a_second_client_of_one_topic_reads_its_own_messages_alone(brokers: str) -> None:
    verdicts = []
    for _ in range(2):
        with client(brokers, "rate=200", topic="shared") as said:
            pass
        verdicts.append(said)
    assert [(one["lost"], one["duplicates"], one["reordered"]) for one in verdicts] == [([], 0, 0)] * 2
    assert all(one["acknowledged"] >= 4 for one in verdicts)


def test_it_writes_to_all_partitions_of_several_topics(brokers: str) -> None:
    with client(brokers, "rate=400", topic="one,two") as said:
        time.sleep(0.2)
    assert (said["lost"], said["reordered"], said["errors"]) == ([], 0, [])
    consumer = Consumer({"bootstrap.servers": brokers.partition("=")[2], "group.id": "other"})
    ends = {
        (topic, partition): consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)
        for topic in ("one", "two")
        for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions
    }
    consumer.close()
    assert len(ends) > 2
    assert all(marks and marks[1] > 0 for marks in ends.values()), ends


def test_a_mark_is_answered_with_what_has_come_since_the_one_before(brokers: str) -> None:
    with client(brokers, "rate=400", topic="marked") as said:
        first = said.mark()
        time.sleep(0.5)
        second = said.mark()
    assert first["acknowledged"] >= 4
    assert 100 < second["acknowledged"] <= said["acknowledged"] - first["acknowledged"]
    assert 0 < second["longest_stall"] <= said["longest_stall"]
    assert (first["errors"], second["errors"]) == (0, 0)


def test_each_partition_has_stalls_of_its_own() -> None:
    stalls = Stalls()
    for place, now in ((ONE, 0.0), (OTHER, 1.0), (ONE, 2.0), (OTHER, 2.5)):
        stalls.end(place, now)
    assert (len(stalls), stalls.longest) == (2, 2.0)


def test_a_stall_counts_at_each_mark_while_it_lasts() -> None:
    stalls = Stalls()
    assert stalls.mark(1.0) == 0.0
    stalls.end(ONE, 1.0)
    assert (stalls.mark(4.0), stalls.mark(6.0)) == (3.0, 5.0)
    stalls.end(ONE, 7.0)
    assert (stalls.mark(7.5), stalls.mark(8.0), stalls.longest) == (6.0, 1.0, 6.0)


def test_what_is_not_taken_now_is_written_later(brokers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_client, "OUTSTANDING", 5)
    settings = {"bootstrap.servers": brokers.partition("=")[2], "log_level": "0"}
    writer, over = outside_client.Writer(["full"], settings, 1000.0), threading.Event()
    writing, began = threading.Thread(target=writer.write, args=(over,)), time.monotonic()
    writing.start()
    assert until(lambda: sum(map(len, list(writer.acknowledged.values()))) > 20, 30, 0.05)
    over.set()
    writing.join()
    written = sorted(number for those in writer.acknowledged.values() for number in those.numbers)
    assert written == list(range(len(written)))
    assert len(written) < 500 * (time.monotonic() - began)
    assert writer.errors == []


def test_without_brokers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_client, "PATIENCE", 0.1)
    writer = outside_client.Writer(["orders"], {"bootstrap.servers": "127.0.0.1:1", "log_level": "0"}, 10.0)
    writer.write(threading.Event())
    assert writer.begun.is_set()
    assert writer.errors
