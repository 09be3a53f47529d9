"""The order of ACL requests: at no point anybody is denied, or allowed, what is not so both before and after."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.acls.acl import ANY, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.acl_order import AT_ONCE, AclRequest, is_opening, opening, requests
from kafka_fab.cluster.acls.evaluator import Rules
from tests.unit.cluster.acls.acls_model import REQUESTS, SETS

Rows = frozenset[Acl]
RESOURCES = {(one.type, one.name) for one in REQUESTS}
TOPIC = ResourceType.TOPIC


def states(start: Rows, order: Iterable[AclRequest], chance: random.Random) -> Iterator[Rows]:
    """Yield the rows after each single row: brokers apply those of a request one by one, in an order of theirs."""
    rows = start
    for request in order:
        some = list(request.acls)
        chance.shuffle(some)
        for acl in some:
            rows = rows - {acl} if request.deletes else rows | {acl}
            yield rows


@settings(max_examples=60)
@given(start=SETS, wish=SETS, open_=st.booleans(), seed=st.integers(0, 10**6))
def test_nobody_is_locked_out_or_let_in_on_the_way(start: Rows, wish: Rows, open_: bool, seed: int) -> None:
    before, after = Rules(start, open_=open_), Rules(wish, open_=open_)
    always = [one for one in REQUESTS if before.allows(one) and after.allows(one)]
    never = [one for one in REQUESTS if not before.allows(one) and not after.allows(one)]
    order = requests(start, wish - start, start - wish, RESOURCES if open_ else None)
    rows = start
    for rows in states(start, order, random.Random(seed)):
        now = Rules(rows, open_=open_)
        assert [one for one in always if not now.allows(one)] == []
        assert [one for one in never if now.allows(one)] == []
    assert rows == wish


@given(start=SETS, wish=SETS)
def test_without_a_default_that_allows_no_row_is_made_that_is_not_wanted(start: Rows, wish: Rows) -> None:
    order = requests(start, wish - start, start - wish, None)
    assert [one.deletes for one in order] == sorted(one.deletes for one in order)
    assert {acl for one in order for acl in one.acls} == wish ^ start
    for one in order:
        kinds = [acl.pattern.type == ResourceType.CLUSTER for acl in one.acls]
        assert kinds == sorted(kinds, reverse=True)
        assert len({acl.permission for acl in one.acls}) == 1


def row(name: str, principal: str = "User:x", permission: Permission = Permission.ALLOW) -> Acl:
    return Acl(Pattern(TOPIC, name), principal, Operation.READ, permission)


def test_a_topic_stays_open_until_all_its_rows_are_there() -> None:
    everybody, deny = row(ANY, "User:z"), row("a", "User:y", Permission.DENY)
    order = requests((), {row("a"), everybody, deny}, (), [(TOPIC, "a"), (TOPIC, "other")])
    guards = {opening((TOPIC, "a")), opening((TOPIC, "other"))}
    assert [({*one.acls}, one.deletes) for one in order] == [
        (guards, False),
        ({deny}, False),
        ({row("a"), everybody}, False),
        (guards, True),
    ]
    assert all(map(is_opening, guards))


def test_an_open_row_of_the_file_is_not_taken_away() -> None:
    mine = opening((TOPIC, "a"))
    order = requests((), {mine, row("a")}, (), [])
    assert [({*one.acls}, one.deletes) for one in order] == [({mine}, False), ({row("a")}, False)]
    order = requests({mine}, {row("a")}, (), [])
    assert [({*one.acls}, one.deletes) for one in order] == [({row("a")}, False)]


def test_many_rows_are_in_several_requests() -> None:
    order = requests((), {row(f"t{number}") for number in range(2500)}, (), None)
    assert [len(one.acls) for one in order] == [AT_ONCE, AT_ONCE, 500]


def test_what_may_be_left_of_an_interrupted_apply() -> None:
    assert not is_opening(opening((TOPIC, ANY)))
    assert not is_opening(row("a", "User:*"))
    assert not is_opening(Acl(Pattern(TOPIC, "a", PatternType.PREFIXED), "User:*", Operation.ALL))
    assert not is_opening(Acl(Pattern(TOPIC, "a"), "User:*", Operation.ALL, Permission.DENY))
