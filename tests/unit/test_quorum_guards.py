"""When a voter may join and leave: pure rules over what the leader says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from tasks.live.quorum import KEEPS_UP_MS, Quorum, Replica
from tasks.operate.quorum import refuse_addition, refuse_removal


def of(*voters: Replica, observers: tuple[Replica, ...] = ()) -> Quorum:
    return Quorum(leader=1, epoch=1, voters=voters, observers=observers)


UP = tuple(Replica(number) for number in (1, 2, 3))
BEHIND = Replica(3, behind_ms=KEEPS_UP_MS)
GONE = Replica(3, seen=False)


def test_a_voter_of_three_that_keep_up_may_leave() -> None:
    refuse_removal(of(*UP), 3, "c", {1, 2, 3})


@pytest.mark.parametrize("third", [BEHIND, GONE])
def test_none_may_leave_where_the_rest_has_no_majority(third: Replica) -> None:
    with pytest.raises(Exit, match="no majority"):
        refuse_removal(of(*UP[:2], third), 2, "b", {1, 2, 3})


def test_a_voter_that_does_not_answer_does_not_count() -> None:
    with pytest.raises(Exit, match="no majority"):
        refuse_removal(of(*UP), 2, "b", {1, 2})


def test_the_only_voter_stays() -> None:
    with pytest.raises(Exit, match="the only voter"):
        refuse_removal(of(UP[0]), 1, "a", {1})


@given(st.lists(st.booleans(), min_size=2, max_size=7), st.data())
def test_what_remains_is_a_majority_that_keeps_up(up: list[bool], data: st.DataObject) -> None:
    voters = [Replica(at, behind_ms=0 if keeps else KEEPS_UP_MS) for at, keeps in enumerate(up, 1)]
    leaving = data.draw(st.sampled_from(voters))
    rest = [keeps or voter.id == 1 for voter, keeps in zip(voters, up, strict=True) if voter is not leaving]
    try:
        refuse_removal(of(*voters), leaving.id, "x", set(range(1, 8)))
    except Exit:
        assert 2 * sum(rest) <= len(rest)
    else:
        assert 2 * sum(rest) > len(rest)


def test_an_observer_that_has_caught_up_may_join() -> None:
    refuse_addition(of(*UP, observers=(Replica(4),)), 4, "d")


def test_an_old_disk_of_an_observer_does_not_count() -> None:
    refuse_addition(of(*UP, observers=(Replica(4, "old", lag=99, behind_ms=KEEPS_UP_MS), Replica(4, "new"))), 4, "d")


@pytest.mark.parametrize(
    ("quorum", "words"),
    [
        (of(*UP[:2], BEHIND, observers=(Replica(4),)), "do not keep up"),
        (of(*UP), "does not follow the quorum yet"),
        (of(*UP, observers=(Replica(4, lag=9, behind_ms=KEEPS_UP_MS),)), "is 9 records behind"),
    ],
)
def test_who_may_not_join(quorum: Quorum, words: str) -> None:
    with pytest.raises(Exit, match=words):
        refuse_addition(quorum, 4, "d")
