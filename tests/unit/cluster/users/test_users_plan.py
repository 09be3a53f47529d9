"""Plans of SCRAM users: only what differs, deleted only where asked, and nobody else's touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.topics.topic_change import Note, QuotaChange, ValueChange
from kafka_fab.cluster.users.desired_users import Credential, DesiredUser, DesiredUsers
from kafka_fab.cluster.users.scram import LOCKED, Mechanism
from kafka_fab.cluster.users.users_plan import Choices, DeleteCredential, SetCredential, UserStep, plan
from kafka_fab.cluster.users.users_state import Checked, PasswordCheck, UsersState
from kafka_fab.cluster.values.secret_source import SecretSource

BIG, SMALL = Mechanism.SHA_512, Mechanism.SHA_256
A = Credential(BIG, source=SecretSource("env:A"))
RIGHT, WRONG = Checked(PasswordCheck.RIGHT), Checked(PasswordCheck.WRONG)
UNKNOWN = Checked(PasswordCheck.UNKNOWN, "no listener")
KEEP, DELETE = Choices(), Choices(delete=True)


def planned(state: UsersState, *users: DesiredUser, choices: Choices = KEEP, all_: bool = False) -> list[UserStep]:
    return list(plan(DesiredUsers(users, all_), state, choices, ("fab", "")))


def there(checked: Checked, iterations: int = 8192) -> UsersState:
    return UsersState({"a": {BIG: iterations}}, {("a", BIG): checked})


def test_a_new_user() -> None:
    assert planned(UsersState(), DesiredUser("a", (A,))) == [SetCredential("a", A, None, "new")]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (there(RIGHT), ""),
        (there(WRONG), "other password"),
        (there(RIGHT, 4096), "other iterations"),
    ],
)
def test_a_user_that_is_there(state: UsersState, reason: str) -> None:
    expected = [SetCredential("a", A, state.credentials["a"][BIG], reason)] if reason else []
    assert planned(state, DesiredUser("a", (A,))) == expected


def test_a_password_of_which_nothing_is_known_stays_unless_asked_for() -> None:
    [note] = planned(there(UNKNOWN), DesiredUser("a", (A,)))
    assert isinstance(note, Note)
    assert "cannot tell whether its SCRAM-SHA-512 password is that of the file: no listener" in note.text
    [change] = planned(there(UNKNOWN), DesiredUser("a", (A,)), choices=Choices(set_passwords=True))
    assert isinstance(change, SetCredential)
    assert planned(there(RIGHT), DesiredUser("a", (A,)), choices=Choices(set_passwords=True)) == []


def test_a_mechanism_that_is_not_in_the_file_goes_only_with_delete() -> None:
    state = UsersState({"a": {BIG: 8192, SMALL: 4096}}, {("a", BIG): RIGHT})
    [note] = planned(state, DesiredUser("a", (A,)))
    assert isinstance(note, Note)
    assert planned(state, DesiredUser("a", (A,)), choices=DELETE) == [DeleteCredential("a", SMALL)]


def test_an_absent_user_goes_with_its_quotas_only_with_delete() -> None:
    entity = (("user", "a"),)
    state = UsersState({"a": {BIG: 8192}}, quotas={entity: {"producer_byte_rate": 1.0}})
    gone = DesiredUser("a", absent=True)
    assert [type(step) for step in planned(state, gone)] == [Note, Note]
    change = QuotaChange("a", entity, {"producer_byte_rate": ValueChange(1.0, None)}, removes=True)
    assert planned(state, gone, choices=DELETE) == [change, DeleteCredential("a", BIG)]
    assert planned(UsersState(), gone, choices=DELETE) == []


def test_quotas_that_the_file_does_not_name_stay() -> None:
    state = UsersState({"a": {BIG: 8192}}, {("a", BIG): RIGHT}, {(("user", "a"),): {"producer_byte_rate": 1.0}})
    assert planned(state, DesiredUser("a", (A,))) == []
    [change] = planned(state, DesiredUser("a", (A,), {}))
    assert isinstance(change, QuotaChange)
    assert (change.name, change.changes) == ("a", {"producer_byte_rate": ValueChange(1.0, None)})


def test_others_go_only_where_the_file_manages_all_and_never_the_tool_s_own() -> None:
    state = UsersState({"a": {BIG: 8192}, "fab": {BIG: 8192}, "x": {BIG: 8192, SMALL: 8192}}, {("a", BIG): RIGHT})
    mine = DesiredUser("a", (A,))
    assert planned(state, mine, choices=DELETE) == []
    assert [type(step) for step in planned(state, mine, all_=True)] == [Note]
    assert planned(state, mine, choices=DELETE, all_=True) == [DeleteCredential("x", BIG), DeleteCredential("x", SMALL)]


def test_with_kraft_a_user_is_locked_and_counts_as_gone() -> None:
    state = UsersState({"a": {BIG: 8192, SMALL: LOCKED}, "x": {BIG: LOCKED}})
    gone = DesiredUser("a", absent=True)
    choices = Choices(delete=True, locks=True)
    assert planned(state, gone, choices=choices, all_=True) == [DeleteCredential("a", BIG, locks=True)]
    assert planned(state, DesiredUser("x", (A,))) == [SetCredential("x", A, None, "new")]
    assert planned(UsersState({"a": {BIG: LOCKED}, "x": {BIG: LOCKED}}), gone, all_=True) == []


NAMES = st.sampled_from("abc")
MECHANISMS = st.dictionaries(st.sampled_from(list(Mechanism)), st.sampled_from([4096, 8192]), min_size=1)


@given(
    st.dictionaries(NAMES, MECHANISMS),
    st.dictionaries(NAMES, MECHANISMS),
    st.sampled_from([RIGHT, WRONG]),
    st.booleans(),
)
def test_a_plan_with_delete_leads_to_the_file_and_leaves_others(
    found: dict[str, dict[Mechanism, int]], wish: dict[str, dict[Mechanism, int]], checked: Checked, all_: bool
) -> None:
    users = tuple(
        DesiredUser(name, tuple(Credential(*one, SecretSource("env:A")) for one in some.items()))
        for name, some in wish.items()
    )
    checks = {(name, mechanism): checked for name, some in found.items() for mechanism in some}
    after = {name: dict(some) for name, some in found.items()}
    for step in planned(UsersState(found, checks), *users, choices=DELETE, all_=all_):
        if isinstance(step, SetCredential):
            after.setdefault(step.name, {})[step.credential.mechanism] = step.credential.iterations
        elif isinstance(step, DeleteCredential):
            del after[step.name][step.mechanism]
    others = {} if all_ else {name: some for name, some in found.items() if name not in wish}
    assert {name: some for name, some in after.items() if some} == {**others, **wish}
