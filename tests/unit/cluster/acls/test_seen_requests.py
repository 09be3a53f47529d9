"""Requests that authorizers have logged: read from both authorizers' lines, kept in a file, and judged."""

from __future__ import annotations

import pytest

from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, Permission, ResourceType
from kafka_fab.cluster.acls.evaluator import Request, Rules
from kafka_fab.cluster.acls.seen_requests import Seen, denials, dumped, loaded, merged, parsed, unused

TOPIC, CLUSTER = ResourceType.TOPIC, ResourceType.CLUSTER
READ = Operation.READ
STANDARD = "Principal = User:alice is {} operation = {} from host = 10.0.0.7 on resource = {} for request = Metadata"
OLD = "Principal = User:CN=a b,O=c is Allowed Operation = DescribeConfigs from host = 10.0.0.7 on resource = {}"


def seen(operation: Operation, type_: ResourceType, name: str, who: str = "User:alice", **more: object) -> Seen:
    return Seen(Request(who, "10.0.0.7", operation, type_, name), **more)  # type: ignore[arg-type]


def test_lines_of_kraft() -> None:
    assert parsed(STANDARD.format("Allowed", "DESCRIBE", "Topic:LITERAL:orders"), 3) == seen(
        Operation.DESCRIBE, TOPIC, "orders", api="Metadata", count=3
    )
    assert parsed(STANDARD.format("Denied", "IDEMPOTENT_WRITE", "Cluster:LITERAL:kafka-cluster")) == seen(
        Operation.IDEMPOTENT_WRITE, CLUSTER, "kafka-cluster", api="Metadata", denied=True
    )


def test_lines_of_the_authorizer_of_zookeeper() -> None:
    found = parsed(OLD.format("TransactionalId:LITERAL:a b:c") + " for request = InitProducerId")
    expected = seen(
        Operation.DESCRIBE_CONFIGS, ResourceType.TRANSACTIONAL_ID, "a b:c", "User:CN=a b,O=c", api="InitProducerId"
    )
    assert found == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Principal = User:a is Allowed",
        STANDARD.format("Allowed", "FROBNICATE", "Topic:LITERAL:x"),
        STANDARD.format("Allowed", "READ", "Thing:LITERAL:x"),
        STANDARD.format("Allowed", "READ", "Topic:PREFIXED:x"),
    ],
)
def test_lines_that_are_none(line: str) -> None:
    assert parsed(line) is None


def test_a_file_of_requests() -> None:
    some = merged([seen(READ, TOPIC, "b"), seen(READ, TOPIC, "a", count=2), seen(READ, TOPIC, "b", count=4)])
    assert [(one.request.name, one.count) for one in some] == [("a", 2), ("b", 5)]
    assert loaded(dumped(some)) == some


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"requests": [{}]}', '{"requests": 1}', "nonsense"])
def test_what_is_no_such_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a file that acls\.audit"):
        loaded(text)


def test_who_would_be_denied() -> None:
    rules = Rules([Acl(Pattern(TOPIC, "a"), "User:alice", Operation.WRITE)])
    allowed, denied = seen(Operation.WRITE, TOPIC, "a"), seen(READ, TOPIC, "a")
    before = seen(READ, TOPIC, "z", denied=True)
    assert [one.seen for one in denials([allowed, denied, before], rules)] == [denied]


def test_a_producer_is_idempotent_by_the_right_to_write_to_a_topic() -> None:
    asked = [seen(Operation.IDEMPOTENT_WRITE, CLUSTER, "kafka-cluster", who) for who in ("User:alice", "User:bob")]
    rules = Rules([Acl(Pattern(TOPIC, "a"), "User:alice", Operation.WRITE)])
    [found] = denials(asked, rules)
    assert (found.seen.request.principal, found.hint) == ("User:bob", "`write` on a topic is enough from Kafka 3.0 on")
    [create] = denials([seen(Operation.CREATE, CLUSTER, "kafka-cluster")], rules)
    assert create.hint == "`create` on the topics that it creates is enough"


def test_rows_that_nobody_uses() -> None:
    used = Acl(Pattern(TOPIC, "a"), "User:*", Operation.WRITE)
    rows = [
        used,
        Acl(Pattern(TOPIC, "a"), "User:alice", READ),
        Acl(Pattern(TOPIC, "a"), "User:x", READ, Permission.DENY),
    ]
    assert unused(rows, [seen(Operation.DESCRIBE, TOPIC, "a")]) == ()
    assert unused(rows, [seen(Operation.WRITE, TOPIC, "a")]) == (rows[1],)
    assert unused(rows, [seen(Operation.WRITE, TOPIC, "b")]) == unused(rows, []) == (used, rows[1])
