"""Requests of Kafka's protocol: kafka-python can send each in the versions that are used, and the answer is read."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.topics.topic_change import AddPartitions, Create, QuotaChange, ValueChange
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import Partition
from kafka_fab.live.client import (
    alter_configs,
    api_versions,
    client_quotas,
    create_partitions,
    create_topics,
    delete_topics,
    describe_configs,
    describe_log_dirs,
    describe_quorum,
    election,
    metadata,
    reassignment,
)
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.describe_configs import TYPES
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.rejection import Rejection, RequestRejected

ORDERS = TopicPartition("orders", 1)
POLICY_VIOLATION = 44
NO_RIGHTS = "the tool has no rights on the {}; it must be in super.users [A14]"


def values(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"error_code": 0, "error_message": None, **fields})


class Server:
    """Takes what can be sent, and gives the answer that it was told to give."""

    def __init__(self, **answer: Any) -> None:
        self.answer, self.requests = values(**answer), list[Any]()

    def ask(self, request: Any) -> Any:
        parser = kafka_python().protocol.parser.KafkaProtocol(client_id="test")
        parser.send_request(request)
        assert parser.send_bytes()
        self.requests.append(request)
        return self.answer


@pytest.mark.parametrize(("version", "topics"), [(0, []), (0, ["orders"]), (1, ["orders"]), (9, None), (9, ["orders"])])
def test_metadata(version: int, topics: list[str] | None) -> None:
    parts = [values(partition_index=number, leader_id=2, replica_nodes=[2, 1], isr_nodes=[2]) for number in (1, 0)]
    broker = values(node_id=2, host="K2", port=9092, rack=None)
    server = Server(brokers=[broker], controller_id=2, topics=[values(name="orders", partitions=parts)])
    found = metadata.read(server.ask, version, topics)
    assert list(found.partitions()) == [Partition("orders", number, 2, (2, 1), frozenset({2})) for number in (0, 1)]
    assert (found.controller, found.racks) == ((2, {2: ""}) if version else (None, {}))


def config(name: str, value: str, source: int = 1) -> SimpleNamespace:
    return SimpleNamespace(name=name, value=value, config_source=source)


@pytest.mark.parametrize("version", [describe_configs.SYNONYMS, TYPES])
@pytest.mark.parametrize("keys", [None, ("a",)])
def test_configs(version: int, keys: tuple[str, ...] | None) -> None:
    results = [
        values(resource_name="t", configs=[config("a", "1")]),
        values(resource_name="gone", configs=[], error_code=3),
        values(resource_name="secret", configs=[], error_code=29, error_message="not allowed"),
    ]
    server = Server(results=results)
    found, gone, secret = describe_configs.describe(server.ask, ConfigResource.TOPIC, ["t"], keys, version)
    assert [(one.name, one.value) for one in found.configs] == [("a", "1")]
    assert (gone.unknown, secret.unknown, secret.error) == (True, False, f"not allowed: {NO_RIGHTS.format('topic')}")


def test_configs_are_set_and_deleted() -> None:
    rejected = values(resource_name="t", error_code=POLICY_VIOLATION, error_message="no")
    server = Server(responses=[rejected, values(resource_name="u")])
    changes: dict[str, dict[str, str | None]] = {"t": {"a": "1", "b": None}, "u": {"a": "2"}}
    found = alter_configs.alter(server.ask, ConfigResource.TOPIC, changes)
    assert found == {"t": Rejection(POLICY_VIOLATION, "no")}
    [topic, _] = server.requests[0].resources
    assert [(one.name, one.config_operation, one.value) for one in topic.configs] == [("a", 0, "1"), ("b", 1, None)]


@pytest.mark.parametrize("version", [2, create_topics.DEFAULTS])
def test_topics_are_created(version: int) -> None:
    server = Server(topics=[values(name="t"), values(name="u", error_code=36)])
    topics = [Create("t", config={"a": "1"}, replicas=((1, 2), (2, 1))), Create("u", 3, 2)]
    found = create_topics.create(server.ask, topics, 1000, version)
    assert [*found] == ["u"]
    assert found["u"].code == create_topics.ALREADY_EXISTS
    placed, counted = server.requests[0].topics
    assert [one.broker_ids for one in placed.assignments] == [[1, 2], [2, 1]]
    assert (placed.num_partitions, counted.num_partitions, counted.replication_factor) == (-1, 3, 2)


def test_topics_are_deleted_and_get_partitions() -> None:
    server = Server(responses=[values(name="t", error_code=3)], results=[values(name="t")])
    assert [*delete_topics.delete(server.ask, ["t"], 1000)] == ["t"]
    assert (
        create_partitions.create(server.ask, [AddPartitions("t", 1, 3, ((1,), (2,))), AddPartitions("u", 1, 2)], 1000)
        == {}
    )
    first, second = server.requests[1].topics
    assert ([one.broker_ids for one in first.assignments], second.assignments) == ([[1], [2]], None)


def test_reassignments() -> None:
    part = values(partition_index=1, replicas=[1, 2, 3], adding_replicas=[3], removing_replicas=[1])
    server = Server(topics=[values(name="orders", partitions=[part])], responses=[])
    assert reassignment.in_progress(server.ask)[ORDERS].target == (2, 3)
    assert reassignment.begin(server.ask, {ORDERS: (2, 3), TopicPartition("orders", 2): None}) == {}
    [topic] = server.requests[1].topics
    assert [(one.partition_index, one.replicas) for one in topic.partitions] == [(1, [2, 3]), (2, None)]


def test_what_is_rejected_as_a_whole() -> None:
    server = Server(error_code=31, error_message="denied")
    with pytest.raises(RequestRejected, match=rf"^denied: {re.escape(NO_RIGHTS.format('cluster'))}$"):
        reassignment.in_progress(server.ask)
    with pytest.raises(
        RequestRejected, match=r"^no leaders were elected: denied: the tool has no rights on the cluster"
    ):
        election.elect(server.ask, [ORDERS], 1000)


def test_leaders_are_elected() -> None:
    parts = [values(partition_id=number, error_code=code) for number, code in ((0, 0), (1, 80), (2, 84))]
    server = Server(replica_election_results=[values(topic="orders", partition_result=parts)])
    assert [*election.elect(server.ask, [ORDERS], 1000)] == [ORDERS]


@pytest.mark.parametrize("version", [1, 4])
def test_log_dirs(version: int) -> None:
    part = values(partition_index=1, partition_size=7, offset_lag=2, is_future_key=False)
    good = values(log_dir="/d1", topics=[values(name="orders", partitions=[part])], total_bytes=9, usable_bytes=8)
    bad = values(log_dir="/d2", topics=[], error_code=56)
    found = describe_log_dirs.describe(Server(results=[good, bad]).ask, version)
    assert found[0].replicas[0].topic_partition == ORDERS
    assert [(one.usable_bytes, one.error) for one in found] == [(8, ""), (-1, "KafkaStorageError")]


def test_quotas() -> None:
    alice = (("user", "alice"),)
    entity = [values(entity_type="user", entity_name="alice")]
    entry = values(entity=entity, values=[values(key="producer_byte_rate", value=5.0)])
    server = Server(entries=[entry])
    assert client_quotas.describe(server.ask) == {alice: {"producer_byte_rate": 5.0}}
    changes = [QuotaChange("user alice", alice, {"producer_byte_rate": ValueChange(5.0, None)})]
    assert client_quotas.alter(server.ask, changes) == {}
    assert server.requests[1].entries[0].ops[0].remove


@pytest.mark.parametrize("version", [describe_quorum.STATIC, describe_quorum.DYNAMIC])
def test_a_quorum_and_features(version: int) -> None:
    server = Server(topics=[values(partitions=[values(error_code=6)])], finalized_features=[])
    assert describe_quorum.describe(server.ask, version) is None
    assert api_versions.finalized_features(server.ask) == {}
