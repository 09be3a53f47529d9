"""When a voter may be added and removed: pure rules over the leader's description."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster.identity.voters import MetadataDir, MetadataDirProblem
from kafka_fab.cluster.roles import endpoint, kraft
from kafka_fab.gate.state import Partition, State
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client.describe_quorum import KEEPS_UP_MS, QuorumDescription, QuorumReplica
from kafka_fab.live.kraft_quorum import leaderless
from kafka_fab.operate.quorum import voter_change
from kafka_fab.operate.quorum.voter_change import (
    as_dict,
    refuse_addition,
    refuse_removal,
    removal,
    tool_error,
    tool_script,
)
from tests import json_schemas
from tests.unit.folders import COMBINED, written


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


@pytest.mark.parametrize(
    ("left", "kept", "words"),
    [
        (1, "", "remove voter c: 1 voter remains, which tolerates no failure"),
        (2, "", "remove voter c: 2 voters remain, which tolerate no failure"),
        (3, "", "remove voter c: 3 voters remain, which tolerate 1 failure"),
        (4, "its broker has 2 replicas", "4 voters remain, which tolerate 1 failure; its broker has 2 replicas"),
        (5, "", "5 voters remain, which tolerate 2 failures"),
    ],
)
def test_what_a_removal_leaves_is_said_before(left: int, kept: str, words: str) -> None:
    assert removal("c", left, kept).endswith(words)


def test_a_removal_is_asked_for_and_says_what_a_combined_node_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    monkeypatch.setattr(voter_change, "live_fleet", lambda _: SimpleNamespace(cluster=cluster))
    monkeypatch.setattr(kraft_quorum, "describe", lambda _: of(*UP))
    monkeypatch.setattr(kraft_quorum, "answers", lambda *_: True)
    parts = (Partition("t", 0, 1, (1, 3), frozenset({1, 3})), Partition("t", 1, 1, (1, 2), frozenset({1, 2})))
    monkeypatch.setattr(voter_change, "look", lambda _: State(frozenset(), frozenset(), parts))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    kept = "2 voters remain, which tolerate no failure; its broker has 1 replica: move them away before you stop it"
    with pytest.raises(Exit, match=f"{kept}: quorum.remove asks for confirmation, .* use --yes"):
        voter_change.remove(object(), "c")  # type: ignore[arg-type]
    monkeypatch.setattr(kraft_quorum, "answers", lambda *_: False)
    with pytest.raises(Exit, match="no majority"):
        voter_change.remove(object(), "c")  # type: ignore[arg-type]


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


def test_a_quorum_that_may_be_electing_is_waited_for_first() -> None:
    first, _, last = leaderless(3, ["c is silent"]).partition("Only if that lasts for minutes")
    assert "Wait: an election takes seconds, longer while a controller starts" in first
    assert "disks" not in first
    assert "disks" in last


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


# Kafka's tool on a host

SECURED = "version: 4.3.1\nsecurity:\n  internal: mtls\n  listeners: {clients: {port: 9094, login: scram}}\n"


def run_tool(tmp_path: Path, settings: str) -> list[str]:
    """Run the tool's commands with stubs on the PATH; return what the tool was called with and what its file said."""
    hosts = "[kafka]\na id=1\n[controller]\nb id=2\n"
    cluster = written(tmp_path, hosts, settings)
    node = cluster.nodes["b"]
    file = tmp_path / "controller.properties"
    file.write_text("node.id=2")
    stubs = tmp_path / "bin"
    stubs.mkdir()
    called = tmp_path / "called"
    shown = f'echo "$*" >{called}\nfor one; do [ -f "$one" ] && stat -c %a "$one" && cat "$one"; done\ntrue'
    for name, body in {"runuser": shown, "chown": "true"}.items():
        (stubs / name).write_text(f"#!/bin/sh\n{body}\n")
        (stubs / name).chmod(0o755)
    tool = tool_script(cluster, node, endpoint.of_controller(cluster, node), ["add-controller"])
    environment = {"PATH": f"{stubs}:/usr/bin:/bin", "TMPDIR": str(stubs)}
    script = f"main() {{\n{tool}\n}}\n(main)\n".replace(kraft.config_file(cluster, node), str(file))
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True, env=environment)
    assert {one.name for one in stubs.iterdir()} == {"runuser", "chown"}
    return [called.read_text().strip(), *done.stdout.splitlines()]


def test_the_tool_reads_the_node_s_own_file(tmp_path: Path) -> None:
    call, _, *content = run_tool(tmp_path, "version: 4.3.1\n")
    assert call.endswith("controller.properties --bootstrap-controller b:9093 add-controller")
    assert content == ["node.id=2"]


def test_with_tls_the_tool_reads_a_copy_that_says_so_and_is_gone_afterwards(tmp_path: Path) -> None:
    call, mode, *content = run_tool(tmp_path, SECURED)
    assert f"--command-config {tmp_path}/bin/tmp." in call
    assert mode == "600"
    assert content == ["node.id=2", "security.protocol=SSL"]
