"""Plans of ACLs: only what differs, deleted only where asked, nobody else's touched, and the cluster closed first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, ResourceType
from kafka_fab.cluster.acls.acl_order import is_opening, opening
from kafka_fab.cluster.acls.acls_plan import CLUSTER, AclsPlan, LiveAcls, plan
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from tests.unit.cluster.acls.acls_model import SETS

TOOL = "User:CN=fab"
CLOSED, OPEN = Authorizer(), Authorizer(open=True)
MINE = Acl(Pattern(ResourceType.TOPIC, "t"), "User:a", Operation.READ)
MORE = Acl(Pattern(ResourceType.TOPIC, "u"), "User:a", Operation.READ)
OTHER = Acl(Pattern(ResourceType.TOPIC, "t"), "User:b", Operation.READ)
CLOSING = Acl(CLUSTER, TOOL, Operation.ALL)


def wanted(*rows: Acl, all_: bool = False) -> DesiredAcls:
    return DesiredAcls(dict.fromkeys(rows, 1), frozenset(acl.principal for acl in (*rows, MINE)), all_)


def planned(desired: DesiredAcls, *found: Acl, authorizer: Authorizer = CLOSED, delete: bool = False) -> AclsPlan:
    return plan(desired, LiveAcls(frozenset(found)), authorizer, TOOL, delete)


def test_rows_are_created_and_deleted_only_where_asked() -> None:
    found = planned(wanted(MINE), MORE, OTHER)
    assert (found.creates, found.deletes, found.after) == ((MINE,), (), frozenset({MINE, MORE, OTHER}))
    assert found.notes == ("User:a allow read on topic:literal:u is not in the file: only --delete deletes it",)
    found = planned(wanted(MINE), MORE, OTHER, delete=True)
    assert (found.creates, found.deletes, found.notes) == ((MINE,), (MORE,), ())
    assert [(one.acls, one.deletes) for one in found.requests] == [((MINE,), False), ((MORE,), True)]


def test_rows_of_a_super_user_are_told_to_be_without_effect() -> None:
    [note] = planned(wanted(MINE), MINE, authorizer=Authorizer(super_users=frozenset({"User:a", "User:z"}))).notes
    assert note.startswith("User:a is a super user")


def test_a_row_that_an_interrupted_apply_may_have_left_is_told_and_deleted_only_where_asked() -> None:
    left = opening((ResourceType.TOPIC, "t"))
    assert "may be left of an interrupted apply: only --delete" in planned(wanted(MINE), MINE, left).notes[0]
    assert planned(wanted(MINE), MINE, left, delete=True).deletes == (left,)


def test_others_go_only_where_the_file_manages_all_and_never_the_tool_s_own() -> None:
    assert planned(wanted(MINE, all_=True), OTHER, CLOSING, delete=True).deletes == (OTHER,)
    assert planned(wanted(MINE), OTHER, delete=True).deletes == ()


def test_the_cluster_is_closed_first_where_the_default_allows_everybody() -> None:
    found = planned(wanted(MINE), authorizer=OPEN)
    assert set(found.creates) == {MINE, CLOSING}
    assert [one.deletes for one in found.requests] == [False, False, True]
    assert found.requests[1].acls[0] == CLOSING
    assert f"a row for {TOOL} closes it" in found.notes[0]
    assert "idempotent" not in found.notes[1]
    assert planned(wanted(), authorizer=OPEN).creates == (CLOSING,)
    old = planned(wanted(MINE), authorizer=Authorizer(open=True, idempotent_by_topic=False))
    assert "User:*: [{cluster: true, may: [idempotent_write]}]" in old.notes[1]


def test_a_row_of_the_cluster_is_enough_whosever_it_is() -> None:
    ops = Acl(CLUSTER, "User:a", Operation.DESCRIBE)
    assert planned(wanted(ops), authorizer=OPEN).creates == (ops,)
    assert planned(wanted(MINE), MINE, ops, authorizer=OPEN).creates == ()
    # The last one goes: the cluster must not be open afterwards.
    assert planned(wanted(MINE), MINE, ops, authorizer=OPEN, delete=True).creates == (CLOSING,)


@given(SETS, SETS, st.booleans())
def test_the_requests_lead_to_what_the_plan_says_and_a_second_plan_is_empty(
    found: frozenset[Acl], rows: frozenset[Acl], open_: bool
) -> None:
    desired = DesiredAcls(dict.fromkeys(rows, 1), frozenset(acl.principal for acl in rows))
    authorizer = Authorizer(open=open_)
    first = plan(desired, LiveAcls(found), authorizer, TOOL, delete=True)
    after = found
    for request in first.requests:
        after = after - {*request.acls} if request.deletes else after | {*request.acls}
    assert after == first.after
    again = plan(desired, LiveAcls(after), authorizer, TOOL, delete=True)
    assert (again.creates, again.deletes, again.requests) == ((), (), ())
    untouched = {acl for acl in found if acl.principal not in desired.principals and not is_opening(acl)}
    assert untouched <= after
