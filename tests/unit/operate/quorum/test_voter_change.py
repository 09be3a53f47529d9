"""When a voter may be added and removed: pure rules over the leader's description."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster.identity.voters import MetadataDir, MetadataDirProblem
from kafka_fab.live.client.describe_quorum import KEEPS_UP_MS, QuorumDescription, QuorumReplica
from kafka_fab.live.kraft_quorum import leaderless
from kafka_fab.operate.quorum.voter_change import as_dict, refuse_addition, refuse_removal, tool_error
from tests import json_schemas
from tests.unit.folders import written


def of(*voters: QuorumReplica, observers: tuple[QuorumReplica, ...] = ()) -> QuorumDescription:
    return QuorumDescription(leader=1, epoch=1, voters=voters, observers=observers)


UP = tuple(QuorumReplica(number) for number in (1, 2, 3))
BEHIND = QuorumReplica(3, behind_ms=KEEPS_UP_MS)
GONE = QuorumReplica(3, seen=False)


def test_a_voter_of_three_that_are_caught_up_may_be_removed() -> None:
    refuse_removal(of(*UP), 3, "c", {1, 2, 3})


@pytest.mark.parametrize("third", [BEHIND, GONE])
def test_no_voter_is_removed_where_the_rest_has_no_majority(third: QuorumReplica) -> None:
    with pytest.raises(Exit, match="no majority"):
        refuse_removal(of(*UP[:2], third), 2, "b", {1, 2, 3})


def test_a_voter_that_does_not_answer_does_not_count() -> None:
    with pytest.raises(Exit, match="no majority"):
        refuse_removal(of(*UP), 2, "b", {1, 2})


def test_the_only_voter_is_not_removed() -> None:
    with pytest.raises(Exit, match="the only voter"):
        refuse_removal(of(UP[0]), 1, "a", {1})


@given(st.lists(st.booleans(), min_size=2, max_size=7), st.data())
def test_what_remains_is_a_majority_that_is_caught_up(up: list[bool], data: st.DataObject) -> None:
    voters = [QuorumReplica(at, behind_ms=0 if keeps else KEEPS_UP_MS) for at, keeps in enumerate(up, 1)]
    leaving = data.draw(st.sampled_from(voters))
    rest = [keeps or voter.id == 1 for voter, keeps in zip(voters, up, strict=True) if voter is not leaving]
    try:
        refuse_removal(of(*voters), leaving.id, "x", set(range(1, 8)))
    except Exit:
        assert 2 * sum(rest) <= len(rest)
    else:
        assert 2 * sum(rest) > len(rest)


def test_an_observer_that_has_caught_up_may_be_added() -> None:
    refuse_addition(of(*UP, observers=(QuorumReplica(4),)), 4, "d")


def test_an_old_disk_of_an_observer_does_not_count() -> None:
    refuse_addition(
        of(*UP, observers=(QuorumReplica(4, "old", lag=99, behind_ms=KEEPS_UP_MS), QuorumReplica(4, "new"))), 4, "d"
    )


@pytest.mark.parametrize(
    ("quorum", "words"),
    [
        (of(*UP[:2], BEHIND, observers=(QuorumReplica(4),)), "voters that are not caught up: 3"),
        (of(*UP), "is not an observer of the quorum"),
        (of(*UP, observers=(QuorumReplica(4, lag=9, behind_ms=KEEPS_UP_MS),)), "its lag is 9 records"),
    ],
)
def test_who_may_not_be_added(quorum: QuorumDescription, words: str) -> None:
    with pytest.raises(Exit, match=words):
        refuse_addition(quorum, 4, "d")


def test_a_lost_quorum_is_never_called_an_election() -> None:
    words = leaderless(3, ["b does not answer", "c does not answer"])
    assert "1 of 3 answer, and 2 are needed" in words
    assert "fab start" in words
    assert "election" not in words
    assert "no controller leads the quorum, although 2 of 3 answer (c is silent)" in leaderless(3, ["c is silent"])
    assert "disks of voters are missing" in leaderless(3, [])


def test_after_a_timeout_the_change_may_have_been_applied() -> None:
    words = ["--bootstrap-controller", "a:9093", "remove-controller", "--controller-id", "3"]
    text = tool_error(words, "org.apache.kafka.common.errors.TimeoutException: Timed out\n\tat x\n")
    assert text.startswith("remove-controller timed out")
    assert "fab quorum.show" in text
    assert tool_error(words, "\tat x\nNo such voter\n") == "remove-controller: No such voter"


def test_a_replica_that_has_never_fetched_is_said_to_be_so() -> None:
    assert QuorumReplica(3, lag=-1, behind_ms=-1, seen=False).behind == "has never fetched"
    assert not QuorumReplica(3, behind_ms=-1, seen=False).keeps_up
    assert QuorumReplica(3, lag=2, behind_ms=40).behind == "2 records, 40 ms behind"


def test_the_quorum_in_json(tmp_path: Path) -> None:
    cluster = written(tmp_path, "[kafka]\na id=1\n[controller]\nd id=4\ne id=5\n", "version: 4.3.1\n")
    voters = (QuorumReplica(4, "D4"), QuorumReplica(5, "D5", lag=-1, behind_ms=-1, seen=False))
    led = QuorumDescription(4, 7, voters, (QuorumReplica(1, lag=2, behind_ms=40), QuorumReplica(9)))
    disks = [MetadataDir("d", 4, "/m", True, "D4"), MetadataDir("e", 5, "/m", error="no route")]
    shown = as_dict(cluster, led, disks, {"e": MetadataDirProblem("was replaced", "Remove it")})
    json_schemas.check("quorum.show", {"task": "quorum.show", "cluster": "orders", **shown})
    assert (shown["leader"], shown["epoch"]) == (4, 7)
    assert shown["voters"] == [
        {"id": 4, "host": "d", "directory_id": "D4", "lag": 0, "lag_ms": 0},
        {"id": 5, "host": "e", "directory_id": "D5", "lag": None, "lag_ms": None},
    ]
    assert [(one["id"], one["host"], one["lag_ms"]) for one in shown["observers"]] == [(1, "a", 40), (9, None, 0)]
    assert shown["disks"][0] == {
        "host": "d", "id": 4, "path": "/m", "formatted": True, "error": "", "directory_id": "D4"
    }  # fmt: skip
    assert shown["problems"] == {"e": "was replaced. Remove it"}
