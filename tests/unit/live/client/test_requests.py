"""Requests of Kafka's protocol: kafka-python can send each in the versions that are used, and the answer is read."""

from __future__ import annotations

import base64
import hmac
import re
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.topics.topic_change import AddPartitions, Create, QuotaChange, ValueChange
from kafka_fab.cluster.users.scram import Deletion, Mechanism, salted, upsertion
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import Partition
from kafka_fab.live import live_acls
from kafka_fab.live.client import (
    acls,
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
    scram_credentials,
    unregister_broker,
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
    server = Server(results=[good, bad])
    found = describe_log_dirs.of_answer(server.ask(describe_log_dirs.request(version)))
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


def test_observers_that_are_behind_for_long() -> None:
    def replica(number: int, end: int, caught_up: int) -> SimpleNamespace:
        return SimpleNamespace(replica_id=number, log_end_offset=end, last_caught_up_timestamp=caught_up)

    # An id is there twice where a disk was replaced: its old directory no longer fetches.
    observers = [
        replica(1, 90, 5000),
        replica(2, 88, 4999),
        replica(3, 70, 1),
        replica(3, 90, 9999),
        replica(4, -1, -1),
    ]
    part = values(
        leader_id=9, leader_epoch=3, high_watermark=89, current_voters=[replica(9, 90, 10000)], observers=observers
    )
    found = describe_quorum.describe(Server(topics=[values(partitions=[part])]).ask)
    assert found
    assert (found.high_watermark, found.stale()) == (
        89,
        {1: "0 records, 5000 ms behind", 2: "2 records, 5001 ms behind"},
    )


def test_scram_users_are_read() -> None:
    infos = [values(mechanism=1, iterations=4096), values(mechanism=2, iterations=8192)]
    results = [values(user="alice", credential_infos=infos), values(user="bob", error_code=91, credential_infos=[])]
    server = Server(results=results)
    found = {"alice": {Mechanism.SHA_256: 4096, Mechanism.SHA_512: 8192}}
    assert scram_credentials.describe(server.ask) == scram_credentials.describe(server.ask, ["bob", "alice"]) == found
    assert (server.requests[0].users, [one.name for one in server.requests[1].users]) == (None, ["alice", "bob"])
    with pytest.raises(RequestRejected, match=r"^cannot read SCRAM user carol: no"):
        scram_credentials.describe(
            Server(results=[values(user="carol", error_code=-1, error_message="no", credential_infos=[])]).ask
        )


def test_scram_users_are_set_and_deleted_without_their_password() -> None:
    server = Server(results=[values(user="alice"), values(user="bob", error_code=92)])
    one = upsertion("alice", Secret("marker"), iterations=4096)
    found = scram_credentials.alter(server.ask, [one], [Deletion("bob", Mechanism.SHA_256)])
    assert {name: one.code for name, one in found.items()} == {"bob": 92}
    [sent], [deleted] = server.requests[0].upsertions, server.requests[0].deletions
    assert (sent.name, sent.mechanism, sent.iterations, deleted.mechanism) == ("alice", 2, 4096, 1)
    assert sent.salted_password == salted(Secret("marker"), sent.salt, Mechanism.SHA_512, 4096)
    assert one.salt != upsertion("alice", Secret("marker")).salt
    assert "marker" not in repr(one)
    assert sent.salted_password.hex() not in repr(one)


def test_a_salted_password_is_that_of_rfc_7677() -> None:
    # Its example: user, pencil, with the server key that its signature is made of.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    found = salted(Secret("pencil"), salt, Mechanism.SHA_256, 4096)
    first = "n=user,r=rOprNGfwEbeRWgbNEkqO"
    server = f"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s={base64.b64encode(salt).decode()},i=4096"
    message = f"{first},{server},c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    signature = hmac.digest(hmac.digest(found, b"Server Key", "sha256"), message.encode(), "sha256")
    assert base64.b64encode(signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


READ = Acl(Pattern(ResourceType.TOPIC, "orders"), "User:a", Operation.READ)
DENY = Acl(Pattern(ResourceType.GROUP, "x", PatternType.PREFIXED), "User:b", Operation.ALL, Permission.DENY, "10.0.0.1")


def test_acls_are_read() -> None:
    def resource(kind: int, name: str, pattern: int, *rows: SimpleNamespace) -> SimpleNamespace:
        return values(resource_type=kind, resource_name=name, pattern_type=pattern, acls=rows)

    def row(principal: str, host: str, operation: int, permission: int) -> SimpleNamespace:
        return values(principal=principal, host=host, operation=operation, permission_type=permission)

    newer = resource(77, "n", 3, row("User:c", "*", 99, 3))
    server = Server(
        resources=[
            resource(2, "orders", 3, row("User:a", "*", 3, 3)),
            resource(3, "x", 4, row("User:b", "10.0.0.1", 2, 2)),
            newer,
        ]
    )
    found = acls.describe(server.ask)
    assert {READ, DENY} < found
    assert [str(one) for one in found - {READ, DENY}] == ["User:c allow code_99 on code_77:literal:n"]


def test_acls_without_an_authorizer() -> None:
    disabled = {"error_code": 54, "error_message": "No Authorizer is configured on the broker"}
    with pytest.raises(acls.NoAuthorizer, match=r"^cannot read the ACLs: the brokers have no authorizer: set `sec"):
        acls.describe(Server(**disabled, resources=[]).ask)
    with pytest.raises(acls.NoAuthorizer, match=r"^the brokers have no authorizer"):
        acls.create(Server(results=[values(**disabled)]).ask, [READ])
    with pytest.raises(acls.NoAuthorizer):
        acls.delete(Server(filter_results=[values(**disabled, matching_acls=[])]).ask, [READ])


def test_acls_are_created_together_and_deleted_exactly() -> None:
    server = Server(results=[values(error_code=-1), values(error_code=42, error_message="bad host")])
    assert acls.create(server.ask, [READ, DENY]) == {DENY: "bad host"}
    sent = server.requests[0].creations[1]
    assert (sent.resource_type, sent.resource_name, sent.resource_pattern_type) == (3, "x", 4)
    assert (sent.principal, sent.host, sent.operation, sent.permission_type) == ("User:b", "10.0.0.1", 2, 2)
    failed = values(matching_acls=[values(), values(error_code=41, error_message="not now")])
    server = Server(filter_results=[values(matching_acls=[values()]), failed])
    assert acls.delete(server.ask, [READ, DENY]) == {DENY: "not now"}
    sent = server.requests[0].filters[0]
    assert (sent.resource_type_filter, sent.resource_name_filter, sent.pattern_type_filter) == (2, "orders", 3)
    assert (sent.principal_filter, sent.host_filter, sent.operation, sent.permission_type) == ("User:a", "*", 3, 3)


def test_acls_that_are_all_rejected_without_a_reason() -> None:
    assert acls.create(Server(results=[values(error_code=-1, error_message="x")]).ask, [READ]) == {READ: "x"}


def test_consumer_groups_are_listed() -> None:
    server = Server(groups=[values(group_id="g1"), values(group_id="g2")])
    assert live_acls._groups(server.ask) == ["g1", "g2"]


def test_a_registration_is_taken_out() -> None:
    server = Server()
    assert unregister_broker.unregister(server.ask, 3)
    assert server.requests[0].broker_id == 3
    assert (server.requests[0].API_KEY, server.requests[0].API_VERSION) == (64, 0)
    assert not unregister_broker.unregister(Server(error_code=unregister_broker.NOT_REGISTERED).ask, 3)
    with pytest.raises(RequestRejected, match=r"broker 3: .*rights on the cluster"):
        unregister_broker.unregister(Server(error_code=31).ask, 3)


def test_the_answer_to_an_unregistration_is_decoded() -> None:
    request, response = unregister_broker._shapes()
    parser = kafka_python().protocol.parser.KafkaProtocol(client_id="test")
    sent = parser.send_request(request(version=0, broker_id=3))
    parser.send_bytes()
    # No tags; no throttle, error 102 with a message, no tags.
    answer = sent.to_bytes(4, "big") + bytes.fromhex("00" + "00000000" + "0066" + "03" + "6e6f" + "00")
    [(_, found)] = parser.receive_bytes(len(answer).to_bytes(4, "big") + answer)
    assert isinstance(found, response)
    assert (found.error_code, found.error_message) == (102, "no")
