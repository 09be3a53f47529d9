"""A single topic: what is said of it when it was created."""

from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.operate.topics import single_topic

NEW = SimpleNamespace(topics={"orders": SimpleNamespace(replicas=((1, 2, 3), (2, 3, 1)))})
NONE = SimpleNamespace(topics={})


def test_the_shape_of_a_new_topic_is_said_when_a_broker_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    work: Any = object()
    answers = iter([NONE, NONE, NEW])
    monkeypatch.setattr(single_topic, "read", lambda *_: next(answers))
    assert single_topic._shape(work, "orders") == ": 2 partitions, 3 replicas"
    monkeypatch.setattr(single_topic, "read", lambda *_: NONE)
    monkeypatch.setattr(single_topic, "SHOWN_WITHIN", 0.0)
    assert single_topic._shape(work, "orders") == ""
