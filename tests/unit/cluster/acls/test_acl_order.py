"""The order of ACL requests: at no point anybody is denied, or allowed, what is not so both before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.acls.acl import ANY, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.acl_order import AT_ONCE, AclRequest, requests, wider
from kafka_fab.cluster.acls.evaluator import Rules
from tests.unit.cluster.acls.acls_model import PATTERNS, REQUESTS, SETS

Rows = frozenset[Acl]


def states(start: Rows, order: Iterable[AclRequest], by_pattern: bool) -> Iterator[Rows]:
    """Yield the rows after each thing that changes at once: a request, or the rows of one pattern of it."""
    rows = start
    for request in order:
        patterns = list(dict.fromkeys(acl.pattern for acl in request.acls))
        for some in [[one] for one in patterns] if by_pattern else [patterns]:
            changed = {acl for acl in request.acls if acl.pattern in some}
            rows = rows - changed if request.deletes else rows | changed
            yield rows


@pytest.mark.parametrize("by_pattern", [False, True])
@given(start=SETS, wish=SETS, open_=st.booleans())
def test_nobody_is_locked_out_or_let_in_on_the_way(start: Rows, wish: Rows, open_: bool, by_pattern: bool) -> None:
    before, after = Rules(start, open_=open_), Rules(wish, open_=open_)
    always = [one for one in REQUESTS if before.allows(one) and after.allows(one)]
    never = [one for one in REQUESTS if not before.allows(one) and not after.allows(one)]
    order = requests(wish - start, start - wish, by_pattern)
    rows = start
    for rows in states(start, order, by_pattern):
        now = Rules(rows, open_=open_)
        assert [one for one in always if not now.allows(one)] == []
        assert [one for one in never if now.allows(one)] == []
    assert rows == wish


@given(start=SETS, wish=SETS)
def test_the_cluster_is_first_and_deletions_are_last(start: Rows, wish: Rows) -> None:
    order = requests(wish - start, start - wish)
    assert [one.deletes for one in order] == sorted(one.deletes for one in order)
    kinds = [any(acl.pattern.type == ResourceType.CLUSTER for acl in one.acls) for one in order if not one.deletes]
    assert True not in kinds[1:]
    for one in order:
        assert [acl.permission for acl in one.acls] == sorted((acl.permission for acl in one.acls), reverse=True)


def row(name: str, pattern: PatternType = PatternType.LITERAL, principal: str = "User:x") -> Acl:
    return Acl(Pattern(ResourceType.TOPIC, name, pattern), principal, Operation.READ)


def test_many_resources_are_in_few_requests_and_none_is_in_two() -> None:
    many = [row(f"t{number}.", PatternType.PREFIXED) for number in range(2500)]
    many += [row(f"t{number}.x", principal="User:y") for number in range(2500)]
    order = requests(many, ())
    assert len(order) == 5
    assert all(len(one.acls) <= AT_ONCE for one in order)
    whole = [{acl.pattern.name.removesuffix("x") for acl in one.acls} for one in order]
    assert sum(map(len, whole)) == len(set().union(*whole)) == 2500


def test_rows_that_all_topics_share_bring_all_topics_into_one_request() -> None:
    many = [row(f"t{number}") for number in range(1500)]
    assert [len(one.acls) for one in requests([*many, row("*", principal="User:y")], ())] == [1501]


def test_with_zookeeper_a_topic_gets_the_rows_of_wider_patterns_until_these_are_there() -> None:
    narrow, prefix, wide = row("ab"), row("a", PatternType.PREFIXED, "User:y"), row(ANY, principal="User:z")
    first, second, third, last, *rest = requests([wide, prefix, narrow], (), by_pattern=True)
    copies = {row("ab", principal="User:y"), row("ab", principal="User:z")}
    assert set(first.acls) == {narrow, *copies}
    assert set(second.acls) == {prefix, row("a", PatternType.PREFIXED, "User:z")}
    assert third.acls == (wide,)
    assert (last.deletes, [one.deletes for one in rest]) == (True, [True])
    assert {acl for one in (last, *rest) for acl in one.acls} == {*copies, row("a", PatternType.PREFIXED, "User:z")}


@given(PATTERNS, PATTERNS)
def test_a_wider_pattern_is_about_all_that_a_narrower_one_is_about(one: Pattern, other: Pattern) -> None:
    names = ("a", "ab", "abc", "abcd", "b", "z", "kafka-cluster")
    mine, others = ({name for name in names if p.matches(p.type, name)} for p in (one, other))
    if wider(one, other):
        assert others <= mine
        assert not wider(other, one)
    elif one.type == other.type and not wider(other, one) and one != other:
        assert not mine & others


def test_a_deny_row_is_in_the_request_of_its_resource() -> None:
    deny = Acl(Pattern(ResourceType.TOPIC, "a"), "User:x", Operation.READ, Permission.DENY, "10.0.0.1")
    [one] = requests([deny, row("a")], ())
    assert one.acls == (row("a"), deny)
