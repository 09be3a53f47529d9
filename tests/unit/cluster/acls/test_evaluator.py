"""The evaluator: super users, DENY before ALLOW, what operations imply, and the default of resources without rows."""

from __future__ import annotations

import pytest
from hypothesis import given

from kafka_fab.cluster.acls.acl import ANY, CLUSTER_NAME, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.evaluator import IMPLIED, Request, Rules
from tests.unit.cluster.acls.acls_model import REQUESTS, SETS

TOPIC = ResourceType.TOPIC
ORDERS = Pattern(TOPIC, "orders")
READ, WRITE, DESCRIBE = Operation.READ, Operation.WRITE, Operation.DESCRIBE


def allowed(
    *acls: Acl, who: str = "User:a", operation: Operation = READ, name: str = "orders", host: str = "10.0.0.1",
    open_: bool = False, super_users: tuple[str, ...] = (),
) -> bool:  # fmt: skip
    return Rules(acls, super_users, open_).allows(Request(who, host, operation, TOPIC, name))


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        (Acl(ORDERS, "User:a", READ), True),
        (Acl(ORDERS, "User:a", Operation.ALL), True),
        (Acl(ORDERS, "User:*", READ), True),
        (Acl(ORDERS, "User:a", READ, host="10.0.0.1"), True),
        (Acl(Pattern(TOPIC, ANY), "User:a", READ), True),
        (Acl(Pattern(TOPIC, "ord", PatternType.PREFIXED), "User:a", READ), True),
        (Acl(Pattern(TOPIC, "orders", PatternType.PREFIXED), "User:a", READ), True),
        (Acl(Pattern(TOPIC, "", PatternType.PREFIXED), "User:a", READ), True),
        (Acl(Pattern(TOPIC, "ord"), "User:a", READ), False),
        (Acl(Pattern(TOPIC, "orders.", PatternType.PREFIXED), "User:a", READ), False),
        (Acl(Pattern(ResourceType.GROUP, "orders"), "User:a", READ), False),
        (Acl(ORDERS, "User:b", READ), False),
        (Acl(ORDERS, "Group:a", READ), False),
        (Acl(ORDERS, "User:a", WRITE), False),
        (Acl(ORDERS, "User:a", DESCRIBE), False),
        (Acl(ORDERS, "User:a", READ, host="10.0.0.2"), False),
        (Acl(ORDERS, "User:a", READ, Permission.DENY), False),
    ],
)
def test_one_row(acl: Acl, expected: bool) -> None:
    assert allowed(acl) is expected


def test_deny_wins_and_implies_nothing() -> None:
    rows = (Acl(ORDERS, "User:*", Operation.ALL), Acl(Pattern(TOPIC, ANY), "User:a", READ, Permission.DENY))
    assert not allowed(*rows)
    assert allowed(*rows, operation=DESCRIBE)
    assert allowed(*rows, super_users=("User:a",))


@pytest.mark.parametrize(("asked", "given_"), [(one, other) for one in IMPLIED for other in IMPLIED[one]])
def test_what_an_allowed_operation_implies(asked: Operation, given_: Operation) -> None:
    assert allowed(Acl(ORDERS, "User:a", given_), operation=asked)
    assert not allowed(Acl(ORDERS, "User:a", asked), operation=given_)


def test_the_default_is_for_resources_without_any_row() -> None:
    assert (allowed(), allowed(open_=True)) == (False, True)
    for pattern in (ORDERS, Pattern(TOPIC, ANY), Pattern(TOPIC, "o", PatternType.PREFIXED)):
        assert not allowed(Acl(pattern, "User:b", READ), open_=True)
    assert allowed(Acl(Pattern(TOPIC, "other"), "User:b", READ), open_=True)
    assert allowed(Acl(Pattern(ResourceType.GROUP, "orders"), "User:b", READ), open_=True)


def test_an_operation_on_some_resource_of_a_type() -> None:
    rules = Rules(
        [Acl(ORDERS, "User:a", WRITE), Acl(ORDERS, "User:b", WRITE), Acl(ORDERS, "User:b", WRITE, Permission.DENY)]
    )
    assert rules.allows_some("User:a", "h", WRITE, TOPIC)
    assert not rules.allows_some("User:b", "h", WRITE, TOPIC)
    assert not rules.allows_some("User:a", "h", READ, TOPIC)
    assert Rules([], open_=True).allows_some("User:c", "h", WRITE, TOPIC)


@given(SETS)
def test_it_decides_as_a_plain_reading_of_the_rule_does(acls: frozenset[Acl]) -> None:
    for open_ in (False, True):
        rules = Rules(acls, ("User:y",), open_)
        assert all(rules.allows(one) is plainly(acls, one, open_) for one in REQUESTS)


def plainly(acls: frozenset[Acl], request: Request, open_: bool) -> bool:
    """Decide as the documentation words it, row by row, without an index."""
    if request.principal == "User:y":
        return True
    rows = [acl for acl in acls if acl.pattern.matches(request.type, request.name)]
    mine = [acl for acl in rows if acl.principal in (request.principal, "User:*") and acl.host in (request.host, "*")]
    granted = {acl.operation for acl in mine if acl.permission == Permission.ALLOW}
    denied = {acl.operation for acl in mine if acl.permission == Permission.DENY}
    if denied & {request.operation, Operation.ALL}:
        return False
    if Operation.ALL in granted or request.operation in granted:
        return True
    if request.operation == DESCRIBE and granted & {READ, WRITE, Operation.DELETE, Operation.ALTER}:
        return True
    if request.operation == Operation.DESCRIBE_CONFIGS and Operation.ALTER_CONFIGS in granted:
        return True
    return open_ and not rows


def test_how_a_request_reads() -> None:
    request = Request("User:a", "10.0.0.1", Operation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME)
    assert str(request) == "User:a create on cluster:kafka-cluster from 10.0.0.1"
