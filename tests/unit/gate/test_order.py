"""Order: who goes first, who last, in every kind of cluster, and after leaders have moved."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings

from kafka_fab.gate.order import Candidate, next_up, order, together
from kafka_fab.gate.state import NOBODY, Ensemble, State, VoterState
from tests.unit.gate import clusters as cluster
from tests.unit.gate.clusters import ENSEMBLE, QUORUM, combined, ids, kraft, zk

KEEPERS = [Candidate("zookeeper", number, f"z{number}") for number in (13, 12, 11)]
VOTERS = [Candidate("controller", number, f"c{number}") for number in (103, 102, 101)]
BROKERS = [Candidate("kafka", number, f"b{number}") for number in (3, 2, 1)]
BOTH = [Candidate("combined", number, f"n{number}") for number in (3, 2, 1)]


def shown(todo: list[Candidate], state: State) -> list[int]:
    return [one.id for one in order(todo, state)]


def stopped(*todo: Candidate) -> list[Candidate]:
    return [replace(one, ready=False) for one in todo]


def test_zookeeper_first_its_leader_last_then_brokers_the_controller_last() -> None:
    state = zk(controller=1, ensemble=replace(ENSEMBLE, leader=12))
    assert shown(BROKERS + KEEPERS, state) == [11, 13, 12, 2, 3, 1]


def test_controllers_first_the_active_last_then_brokers() -> None:
    state = kraft(controller=1, quorum=replace(QUORUM, leader=101))
    assert shown(BROKERS + VOTERS, state) == [102, 103, 101, 1, 2, 3]


def test_combined_nodes_the_active_last() -> None:
    assert shown(BOTH, combined(leader=1)) == [2, 3, 1]


def test_the_active_one_is_the_last_of_controllers_and_combined_nodes() -> None:
    state = kraft(quorum=VoterState(ids(1, 2, 101), ids(1, 2, 101), 1))
    todo = [Candidate("combined", 1, "n1"), Candidate("combined", 2, "n2"), VOTERS[2], BROKERS[0]]
    assert shown(todo, state) == [2, 101, 1, 3]


def test_an_id_that_two_roles_share_ends_only_its_own_group() -> None:
    state = zk(controller=1, ensemble=Ensemble(ids(1, 2, 3), ids(1, 2, 3), 2, 2, 0))
    todo = [Candidate("zookeeper", number, f"z{number}") for number in (1, 2, 3)] + BROKERS
    assert shown(todo, state) == [1, 3, 2, 2, 3, 1]


def test_what_is_not_ready_comes_first_even_if_it_led() -> None:
    state = zk(controller=3)
    assert shown([*KEEPERS, *BROKERS[1:], *stopped(BROKERS[0])], state) == [3, 11, 12, 13, 1, 2]
    assert shown([*stopped(*VOTERS[:1]), *VOTERS[1:]], kraft()) == [103, 101, 102]


def test_nobody_leads() -> None:
    state = zk(controller=NOBODY, ensemble=replace(ENSEMBLE, leader=NOBODY))
    assert shown(BROKERS + KEEPERS, state) == [11, 12, 13, 1, 2, 3]
    assert shown(VOTERS, kraft(quorum=None)) == [101, 102, 103]


def test_while_migrating_both_controllers_are_last() -> None:
    assert shown(BROKERS + VOTERS, zk(controller=1, quorum=QUORUM)) == [101, 102, 103, 2, 3, 1]


def test_none_left() -> None:
    assert next_up([], zk()) is None


def test_one_that_comes_to_lead_in_the_middle_is_still_last() -> None:
    gone, left, leaders = [], list(BROKERS), iter([1, 1, 3])
    while left:
        one = next_up(left, zk(controller=next(leaders)))
        assert one
        gone.append(one.id)
        left.remove(one)
    assert gone == [2, 3, 1]


@settings(max_examples=300)
@given(cluster.dice())
def test_the_plan_is_what_is_done_and_can_be_taken_up_anywhere(dice: Random) -> None:
    state = cluster.any_state(dice)
    todo = [replace(one, ready=dice.random() < 0.8) for one in KEEPERS + VOTERS + BROKERS]
    plan = order(dice.sample(todo, len(todo)), state)
    assert sorted(plan, key=str) == sorted(todo, key=str)
    for done in range(len(plan)):
        left = list(plan[done:])
        assert next_up(dice.sample(left, len(left)), state) == plan[done]


def test_all_combined_nodes_down_start_together() -> None:
    down = stopped(*BOTH)
    assert [one.id for one in together(down, kraft(quorum=None))] == [1, 2, 3]
    assert [one.id for one in together(down, kraft(quorum=VoterState(ids(1, 2, 3), ids())))] == [1, 2, 3]


def test_two_of_three_down_start_together() -> None:
    state = kraft(quorum=VoterState(ids(101, 102, 103), ids(101)))
    assert [one.id for one in together([VOTERS[2], *stopped(*VOTERS[:2])], state)] == [102, 103]


def test_half_of_them_are_no_majority() -> None:
    state = kraft(quorum=VoterState(ids(101, 102, 103, 104), ids(101, 104)))
    assert [one.id for one in together(stopped(*VOTERS[:2]), state)] == [102, 103]


def test_one_of_three_down_starts_as_any_other() -> None:
    state = kraft(quorum=replace(QUORUM, caught_up=ids(101, 102)))
    assert together([*VOTERS[1:], *stopped(VOTERS[0])], state) == ()
    assert together(stopped(*BROKERS), kraft()) == ()
    assert together([], zk()) == ()


def test_zookeeper_servers_all_down_start_together_and_before_the_voters() -> None:
    down = zk(ensemble=Ensemble(ids(11, 12, 13), ids()), quorum=None)
    assert [one.id for one in together(stopped(*KEEPERS, *VOTERS, *BROKERS), down)] == [11, 12, 13]
