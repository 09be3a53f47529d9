"""Outside client: against brokers that librdkafka itself plays, it writes at its rate and reads all of it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from tests import outside_client, outside_total
from tests.integration.outside_load import client


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


def test_it_writes_fast_enough_for_a_million_in_a_slow_run_and_finds_every_message(brokers: str) -> None:
    began = time.monotonic()
    with client(brokers) as said:
        time.sleep(0.5)
        seconds = time.monotonic() - began
    assert (said["lost"], said["reordered"], said["duplicates"], said["errors"]) == ([], 0, 0, [])
    assert said["acknowledged"] > 500
    assert said["longest_stall"] < seconds


def test_a_second_client_of_one_topic_reads_its_own_messages_alone(brokers: str) -> None:
    verdicts = []
    for _ in range(2):
        with client(brokers, "rate=200", topic="shared") as said:
            pass
        verdicts.append(said)
    assert [(one["lost"], one["duplicates"], one["reordered"]) for one in verdicts] == [([], 0, 0)] * 2
    assert all(one["acknowledged"] >= 4 for one in verdicts)


def test_without_brokers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_client, "PATIENCE", 0.1)
    writer = outside_client.Writer("orders", {"bootstrap.servers": "127.0.0.1:1", "log_level": "0"}, 10.0)
    writer.write(threading.Event())
    assert writer.begun.is_set()
    assert writer.errors
