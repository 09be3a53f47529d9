"""JSON of topics: each change as docs/topics.md describes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kafka_fab.cluster.topics.topic_change import (
    AddPartitions,
    Change,
    Configure,
    Create,
    Delete,
    MoveReplicas,
    QuotaChange,
    ValueChange,
)
from kafka_fab.cluster.topics.topics_state import TopicState
from kafka_fab.operate.topics import plan_text, show_topics

ALICE = (("user", "alice"),)
CHANGES: dict[str, tuple[Change, dict[str, Any]]] = {
    "create": (
        Create("t", 2, 1, {"retention.ms": "1"}, ((1,), (2,))),
        {"partitions": 2, "replication_factor": 1, "config": {"retention.ms": "1"}, "replicas": [[1], [2]]},
    ),
    "configure": (
        Configure("t", {"retention.ms": ValueChange("1", None)}),
        {"config": {"retention.ms": {"before": "1", "after": None}}},
    ),
    "reassign": (
        MoveReplicas("t", {0: ValueChange((1,), (1, 2))}),
        {"partitions": {"0": {"before": [1], "after": [1, 2]}}},
    ),
    "add_partitions": (AddPartitions("t", 1, 2, ((3,),)), {"before": 1, "after": 2, "replicas": [[3]]}),
    "delete": (Delete("t"), {}),
    "change_quota": (
        QuotaChange("t", ALICE, {"producer_byte_rate": ValueChange(None, 5.0)}),
        {"entity": {"user": "alice"}, "rates": {"producer_byte_rate": {"before": None, "after": 5.0}}},
    ),
}


@pytest.mark.parametrize("action", CHANGES)
def test_a_change(action: str) -> None:
    change, details = CHANGES[action]
    assert json.loads(json.dumps(plan_text.as_dict(change))) == {"action": action, "name": "t", **details}


def test_a_topic_that_is_partly_offline_and_under_replicated() -> None:
    topic = TopicState(
        "t", ((1, 2), (2,), (3, 1)), (frozenset({1}), frozenset(), frozenset({3, 1})), (1, -1, 3), moving=frozenset({2})
    )
    assert show_topics._summary(topic) == {
        "topic": "t", "partitions": 3, "replication_factors": [1, 2], "offline": 1, "under_replicated": 2,
        "reassigning": 1,
    }  # fmt: skip
    assert show_topics._row(topic) == ("t", 3, "1-2", 1, 2, 1)
    assert show_topics._as_dict(topic)["partitions"][1] == {"partition": 1, "leader": None, "replicas": [2], "isr": []}
