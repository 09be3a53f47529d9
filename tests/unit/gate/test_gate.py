"""The gate: every rule and override by example, and all of it against what would really happen."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.gate import STRICT, blockers, not_recovered, unavailable
from kafka_fab.gate.state import (
    NOBODY,
    ControllerEpochs,
    Ensemble,
    FalseMetadata,
    Leaving,
    Partition,
    State,
    VoterState,
    Waivers,
)
from kafka_fab.runbook.codes import RollCode
from tests.unit.gate import clusters as cluster
from tests.unit.gate.clusters import QUORUM, away, combined, ids, kraft, part, zk
from tests.unit.gate.oracle import elected, safe

O1 = frozenset({TopicPartition("o", 1)})
ORDERS = Waivers(downtime=frozenset({"orders"}))
OWN = Waivers(own="ord")
ONE_COPY = Waivers(min_replicas=1)
OUTAGE = Waivers(quorum_outage=True)


def rules(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> list[str]:
    return [found.code for found in blockers(state, leaving, allowed)]


def text(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> str:
    (found,) = blockers(state, leaving, allowed)
    return found.text


PARTITIONS = {
    "recovered": (part(), [2], Waivers(), ""),
    "no replica there": (part((1, 3), leader=NOBODY), [2], Waivers(), ""),
    "RF 2 / min ISR 1": (part((1, 2), min_isr=1), [2], Waivers(), ""),
    "RF 3 / min ISR 1 keeps two copies": (part(min_isr=1), [2], Waivers(), ""),
    "one that is behind anyway": (part(isr=(1, 3)), [2], Waivers(), ""),
    "R1": (part(leader=NOBODY), [2], Waivers(), "R1"),
    "R1 before all others": (part((2,), (), unclean=True, removing=ids(2)), [2], ORDERS, "R1"),
    "R1 while a topic is deleted": (part(leader=-2), [2], Waivers(), "R1"),
    "R2": (part(isr=(2,), min_isr=1, unclean=True), [2], Waivers(), "R2"),
    "R2 never accepted": (part(isr=(2,), min_isr=1, unclean=True), [2], ORDERS, "R2"),
    "R2 not with one replica": (part((2,), min_isr=1, unclean=True), [2], ORDERS, ""),
    "R2 before R3": (part(isr=(2,), unclean=True, adding=ids(3)), [2], Waivers(), "R2"),
    "R3 adding": (part((1, 2, 3, 4), adding=ids(4)), [2], Waivers(), "R3"),
    "R3 removing": (part((1, 2, 3, 4), removing=ids(4)), [2], Waivers(reassigning=True), "R3"),
    "R3 before R4": (part((1, 2), adding=ids(2)), [2], ORDERS, "R3"),
    "R4 RF 1": (part((2,), min_isr=1), [2], Waivers(), "R4"),
    "R4 RF 1 accepted": (part((2,), min_isr=1), [2], ORDERS, ""),
    "R4 RF 1 of the tool's own topic": (part((2,), min_isr=1), [2], OWN, ""),
    "R4 the tool's own topic, but short": (part((1, 2), (2,)), [2], OWN, "R4"),
    "R4 RF 1 / min ISR 0": (part((2,), min_isr=0), [2], Waivers(), "R4"),
    "R4 RF 2 / min ISR 2": (part((1, 2)), [2], Waivers(), "R4"),
    "R4 RF 2 / min ISR 2 accepted": (part((1, 2)), [2], ORDERS, ""),
    "R4 RF 2 / min ISR 2, another topic accepted": (part((1, 2)), [2], Waivers(frozenset({"o"})), "R4"),
    "R4 accepted, but short": (part((1, 2), (2,)), [2], ORDERS, "R4"),
    "R4 accepted, but nobody left": (part((1, 2)), [1, 2], ORDERS, "R4"),
    "R4 accepted, RF below min ISR": (part((1, 2), min_isr=3), [2], ORDERS, ""),
    "R4 RF 3 / min ISR 3": (part(min_isr=3), [2], Waivers(), "R4"),
    "R5": (part(isr=(1,)), [2], Waivers(), "R5"),
    "R5 never accepted": (part(isr=(1,)), [2], Waivers(frozenset({"orders"}), 1), "R5"),
    "R6": (part(isr=(1, 2)), [2], Waivers(), "R6"),
    "R6 two of three": (part(), [1, 2], Waivers(), "R6"),
    "R6 above min ISR": (part(isr=(1, 2), min_isr=1), [2], Waivers(), "R6"),
    "R6 above min ISR, one copy accepted": (part(isr=(1, 2), min_isr=1), [2], ONE_COPY, ""),
    "R6 at min ISR, one copy accepted": (part(isr=(1, 2)), [2], ONE_COPY, "R6"),
    "R6 the last copy, one accepted": (part(isr=(2,), min_isr=1), [2], ONE_COPY, "R6"),
    "RF 1 with unclean on, as up to 0.10": (part((2,), min_isr=1, unclean=True), [2], ORDERS, ""),
    "RF 3, ISR 1, unclean on, accepted": (part(isr=(2,), min_isr=1, unclean=True), [2], ORDERS, "R2"),
    "a removed replica that lingers in the ISR": (part((1, 2, 4), (1, 2, 3)), [2], Waivers(), "R6"),
}


@pytest.mark.parametrize(("one", "gone", "allowed", "rule"), PARTITIONS.values(), ids=PARTITIONS)
def test_partition_rules(one: Partition, gone: list[int], allowed: Waivers, rule: str) -> None:
    everyone = ids(1, 2, 3, 4)
    expected = [rule] if rule else []
    assert rules(zk(one, brokers=everyone, up=everyone), away(*gone), allowed) == expected
    assert rules(kraft(one, brokers=everyone, up=everyone), away(*gone), allowed) == expected


def server(*numbers: int) -> Leaving:
    return Leaving(servers=frozenset(numbers))


def voter(*numbers: int) -> Leaving:
    return Leaving(voters=frozenset(numbers))


def node(*numbers: int) -> Leaving:
    return Leaving(brokers=frozenset(numbers), voters=frozenset(numbers))


def keepers(*serving: int, size: int = 3, leader: int = 11, **said: Any) -> State:
    return zk(ensemble=Ensemble(frozenset(range(11, 11 + size)), frozenset(serving), leader, **said))


def voters(*caught_up: int, size: int = 3, leader: int = 101) -> State:
    return kraft(quorum=VoterState(frozenset(range(101, 101 + size)), frozenset(caught_up), leader))


def epochs(current: int, written: int) -> State:
    return zk(controller_epochs=ControllerEpochs(current, written))


def false(code: str, *brokers: int) -> State:
    return zk(false_metadata=tuple(FalseMetadata(one, RollCode(code), f"broker {one} is wrong") for one in brokers))


def idle() -> State:
    return kraft(quorum=replace(QUORUM, idle=7.5))


CLUSTER = {
    "broker down": (zk(up=ids(1, 3)), away(1), Waivers(), "R8"),
    "broker down not for one that leaves": (zk(up=ids(1, 3)), away(2), Waivers(), ""),
    "broker down for a server that leaves": (zk(up=ids(1, 3)), server(11), Waivers(), "R8"),
    "log dir offline": (zk(offline_dirs=frozenset({(2, "/d")})), away(1), Waivers(), "R9"),
    "log dir offline not for one that leaves": (zk(offline_dirs=frozenset({(2, "/d")})), away(2), Waivers(), ""),
    "reassignment": (zk(reassigning=O1), away(1), Waivers(), "R10"),
    "reassignment accepted": (
        zk(reassigning=O1),
        away(1),
        Waivers(reassigning=True),
        "",
    ),
    "quorum: voter": (kraft(), voter(101), Waivers(), ""),
    "quorum: a leader without a majority, a broker leaves": (voters(101), away(1), OUTAGE, "R14"),
    "quorum: a leader of two without the other": (voters(101, size=2), voter(102), OUTAGE, "R14"),
    "quorum: two voters": (kraft(), voter(101, 102), OUTAGE, "R16 R15"),
    "quorum: two of five voters": (voters(*range(101, 106), size=5, leader=105), voter(101, 102), Waivers(), "R16"),
    "quorum: three voters, one behind": (voters(101, 102), voter(102), Waivers(), "R15"),
    "quorum: the one that is behind": (voters(101, 102), voter(103), Waivers(), ""),
    "quorum: five voters, one behind": (voters(101, 102, 103, 104, size=5), voter(102), Waivers(), ""),
    "quorum: observers have no vote": (voters(1, 2, 101, 102), voter(102), Waivers(), "R15"),
    "quorum: four voters, one behind": (voters(101, 102, 103, size=4), voter(102), Waivers(), "R15"),
    "quorum: three voters are not waived": (voters(101, 102), voter(102), OUTAGE, "R15"),
    "quorum: two voters in all": (voters(101, 102, size=2), voter(102), Waivers(), "R15"),
    "quorum: two voters in all, accepted": (voters(101, 102, size=2), voter(102), OUTAGE, ""),
    "quorum: one voter in all": (voters(101, size=1), voter(101), Waivers(), "R15"),
    "quorum: one voter in all, accepted": (voters(101, size=1), voter(101), OUTAGE, ""),
    "quorum: no leader": (voters(101, 102, 103, leader=NOBODY), voter(102), OUTAGE, "R13"),
    "quorum: no leader, a broker leaves": (voters(101, 102, 103, leader=NOBODY), away(1), Waivers(), "R13"),
    "quorum: quorum silent": (kraft(quorum=None), voter(101), OUTAGE, "R23"),
    "quorum: quorum silent, a broker leaves": (kraft(quorum=None), away(1), Waivers(), "R23"),
    "quorum: no voters known": (zk(), voter(101), Waivers(), "R23"),
    "quorum: no servers known": (kraft(), server(11), Waivers(), "R23"),
    "quorum: combined": (combined(), node(1), Waivers(), ""),
    "quorum: combined, by its broker's id alone": (combined(), away(1, 2), Waivers(), "R16 R15"),
    "quorum: server": (zk(), server(11), Waivers(), ""),
    "quorum: server without mntr": (keepers(11, 12, 13), server(12), Waivers(), ""),
    "quorum: the ensemble's leader": (zk(), server(13), Waivers(), ""),
    "quorum: two servers": (zk(), server(11, 12), OUTAGE, "R22"),
    "quorum: server and broker of a host": (zk(), Leaving(brokers=ids(1), servers=ids(11)), OUTAGE, "R22"),
    "quorum: server and voter of a host": (zk(quorum=QUORUM), Leaving(voters=ids(101), servers=ids(11)), OUTAGE, "R22"),
    "quorum: one of three does not serve": (keepers(11, 12), server(11), OUTAGE, "R19"),
    "quorum: one of five does not serve": (keepers(11, 12, 13, 14, size=5), server(12), Waivers(), "R19"),
    "quorum: no leading server": (keepers(11, 12, 13, leader=NOBODY), server(12), OUTAGE, "R18"),
    "quorum: a follower not in sync": (keepers(11, 12, 13, synced=1, pending=0), server(12), OUTAGE, "R21"),
    "quorum: mntr says nothing": (
        keepers(11, 12, 13, unknown="z:2181 timed out"),
        server(12),
        OUTAGE,
        "R21",
    ),
    "quorum: a sync pending": (keepers(11, 12, 13, synced=2, pending=1), server(12), OUTAGE, "R21"),
    "quorum: two servers in all": (keepers(11, 12, size=2), server(12), Waivers(), "R20"),
    "quorum: two servers in all, accepted": (keepers(11, 12, size=2, synced=1), server(12), OUTAGE, ""),
    "quorum: one server in all": (keepers(11, size=1, leader=NOBODY), server(11), Waivers(), "R20"),
    "quorum: one server in all, accepted": (keepers(11, size=1, leader=NOBODY), server(11), OUTAGE, ""),
    "quorum: one server, a broker leaves": (keepers(11, size=1, leader=NOBODY), away(1), Waivers(), ""),
    "quorum: one of three does not serve, a broker leaves": (keepers(11, 12), away(1), Waivers(), "R19"),
    "quorum: no leading server, a broker leaves": (keepers(11, 12, 13, leader=NOBODY), away(1), Waivers(), "R18"),
    "controller": (zk(), away(1, 3), Waivers(), "R11"),
    "controller alone": (zk(), away(3), Waivers(), ""),
    "controller nobody is the controller": (zk(controller=NOBODY), away(1), Waivers(), "R12"),
    "controller the active voter alone": (kraft(), voter(103), Waivers(), ""),
    "controller the active voter and a broker": (kraft(), Leaving(ids(1), ids(103)), Waivers(), "R11"),
    "controller the active combined node": (combined(), node(3), Waivers(), ""),
    "controller what a broker says of a KRaft controller": (kraft(controller=1), away(1, 2), Waivers(), ""),
    "controller while migrating": (zk(quorum=QUORUM, controller=1), away(1, 2), Waivers(), "R11"),
    "controller that is no broker": (zk(controller=3001), away(1), Waivers(), "R12"),
    "controller of KRaft while migrating": (zk(quorum=QUORUM, controller=103), away(1), Waivers(), ""),
    "controller with an epoch that partitions refuse": (epochs(7, 10), away(1), Waivers(), "R56"),
    "controller with a newer epoch": (epochs(11, 10), away(1), Waivers(), ""),
    "controller with the epoch of the partitions": (epochs(10, 10), away(1), Waivers(), ""),
    "metadata empty": (false("R53", 2), away(1), Waivers(), "R53"),
    "metadata other": (false("R54", 2), away(1), Waivers(), "R54"),
    "metadata stale": (false("R55", 2), away(1), Waivers(), "R55"),
    "metadata stale on the one that leaves": (false("R55", 2), away(2), Waivers(), ""),
    "metadata stale for a server that leaves": (false("R55", 2), server(11), Waivers(), "R55"),
    "metadata empty on two": (false("R53", 2, 3), away(2), Waivers(), "R53"),
    "quorum: idle": (idle(), away(1), Waivers(), "R57"),
    "quorum: idle, another voter": (idle(), voter(101), Waivers(), "R57"),
    "quorum: idle, its leader alone": (idle(), voter(103), Waivers(), ""),
    "unknown": (zk(unknown=("the second view is missing",)), away(1), Waivers(), "R24"),
}


@pytest.mark.parametrize(("state", "leaving", "allowed", "expected"), CLUSTER.values(), ids=CLUSTER)
def test_cluster_rules(state: State, leaving: Leaving, allowed: Waivers, expected: str) -> None:
    found = blockers(state, leaving, allowed)
    assert " ".join(one.code for one in found) == expected
    assert all(one.where and one.text[0] != " " for one in found)


def test_every_blocker_is_told_not_the_first_alone() -> None:
    state = zk(part(isr=(1, 2)), part((2,), topic="logs", min_isr=1), up=ids(1, 2), unknown=("x", "y"))
    assert rules(state, away(2)) == ["R24", "R24", "R8", "R6", "R4"]


def test_what_an_operator_reads() -> None:
    (found,) = blockers(zk(part(isr=(1, 2))), away(2))
    assert found.text == (
        "orders-3 has in-sync replicas 1, 2 and needs 2 (min.insync.replicas); without broker 2 only broker 1 is left. "
        "Wait for broker 3 to catch up"
    )
    assert (found.where, found.isr, found.missing) == ("orders-3", (1, 2), (3,))


READ = {
    "--accept-downtime orders": (zk(part((1, 2))), away(2)),
    "only replica on broker 2": (zk(part((2,))), away(2)),
    "or accept a single in-sync replica with --min-replicas 1": (zk(part(isr=(1, 2), min_isr=1)), away(2)),
    "Stop fewer brokers at once": (zk(part()), away(1, 2)),
    "being reassigned to broker 3, away from broker 2": (zk(part(adding=ids(3), removing=ids(2))), away(2)),
    "acknowledged messages would be lost. Wait for brokers 1, 3": (zk(part(isr=(2,), unclean=True)), away(2)),
    "Start brokers 1, 2 first: the last in-sync": (zk(part(isr=(1, 2), leader=NOBODY)), away(2)),
    "acks=all fail now. Wait for brokers 2, 3": (zk(part(isr=(1,))), away(2)),
    "--allow-reassign": (zk(reassigning=frozenset(TopicPartition("t", n) for n in range(9))), away(1)),
    "and 4 more": (zk(reassigning=frozenset(TopicPartition("t", n) for n in range(9))), away(1)),
    "--accept-quorum-outage": (voters(101, size=1), voter(101)),
    "only voter 101 would": (voters(101, 102), voter(102)),
    "Wait for voter 103 to catch up": (voters(101, 102), voter(102)),
    "4lw.commands.whitelist": (keepers(11, 12), server(11)),
    "Accept this with --accept-quorum-outage": (keepers(11, 12, size=2), server(12)),
    "/data": (zk(offline_dirs=frozenset({(2, "/data")})), away(1)),
    "Start broker 2 first": (zk(up=ids(1, 3)), away(1)),
    "Set /controller_epoch to 11, then delete /controller": (epochs(7, 10), away(1)),
    "names 3001, which is not a broker: no leader is elected": (zk(controller=3001), away(1)),
    "has not advanced for 8 s, although controller 103 leads": (idle(), away(1)),
}


@pytest.mark.parametrize(("words", "state", "leaving"), [(words, *case) for words, case in READ.items()], ids=READ)
def test_the_remedy_is_named(words: str, state: State, leaving: Leaving) -> None:
    assert words in text(state, leaving)


def test_one_copy_is_not_offered_where_it_does_not_help() -> None:
    assert "--min-replicas" not in text(zk(part(isr=(1, 2))), away(2))


BEFORE = zk(part())
WHOLE = {
    "as before": (BEFORE, BEFORE, Waivers(), ""),
    "no leader": (zk(part(leader=NOBODY)), BEFORE, Waivers(), "R1"),
    "no leader while it is deleted": (zk(part(leader=-2)), BEFORE, Waivers(), "R1"),
    "short of one": (zk(part(isr=(1, 2))), BEFORE, Waivers(), "R7"),
    "short as before": (zk(part(isr=(1, 2))), zk(part(isr=(1, 2))), Waivers(), ""),
    "more than before": (BEFORE, zk(part(isr=(1, 2))), Waivers(), ""),
    "another one short": (zk(part(isr=(1, 2))), zk(part(isr=(1, 3))), Waivers(), "R7"),
    "moved elsewhere": (zk(part((1, 2, 4))), BEFORE, Waivers(), ""),
    "being removed": (zk(part((1, 2, 3, 4), (1, 2, 4), removing=ids(3))), BEFORE, Waivers(), ""),
    "under the minimum as before": (zk(part(isr=(1,))), zk(part(isr=(1,))), Waivers(), "R5"),
    "a new topic": (zk(part(), part((1,), topic="new", min_isr=1)), BEFORE, Waivers(), ""),
    "a new topic short": (zk(part(), part(isr=(1,), topic="new")), BEFORE, Waivers(), "R5"),
    "a topic deleted": (zk(), BEFORE, Waivers(), ""),
    "never writable": (zk(part((1,))), zk(part((1,))), Waivers(), ""),
    "accepted, still short": (zk(part((1, 2), (1,))), zk(part((1, 2))), ORDERS, "R7"),
    "accepted, short as before": (zk(part((1, 2), (1,))), zk(part((1, 2), (1,))), ORDERS, "R5"),
    "accepted, no leader": (zk(part((1,), leader=NOBODY)), zk(part((1,))), ORDERS, "R1"),
    "broker down": (zk(part(), up=ids(1, 2)), BEFORE, Waivers(), "R8"),
    "log dir offline": (zk(part(), offline_dirs=frozenset({(1, "/d")})), BEFORE, Waivers(), "R9"),
    "reassignment": (zk(part(), reassigning=O1), BEFORE, Waivers(), "R10"),
    "reassignment accepted": (
        zk(part(), reassigning=O1),
        BEFORE,
        Waivers(reassigning=True),
        "",
    ),
    "a server not back": (keepers(11, 12), keepers(11, 12, 13), Waivers(), "R19"),
    "a server down as before": (keepers(11, 12), keepers(11, 12), Waivers(), "R19"),
    "no server leads": (keepers(11, 12, 13, leader=NOBODY), keepers(11, 12, 13), Waivers(), "R18"),
    "a voter not back": (voters(101, 102), voters(101, 102, 103), Waivers(), "R17"),
    "a voter behind as before": (voters(101, 102), voters(101, 102), Waivers(), ""),
    "a voter no longer one": (voters(101, 102, size=2), voters(101, 102, 103), Waivers(), ""),
    "a server no longer one": (keepers(11, 12, size=2), keepers(11, 12, 13), Waivers(), ""),
    "no voter leads": (voters(101, 102, 103, leader=NOBODY), voters(101, 102, 103), Waivers(), "R13"),
    "no controller": (zk(controller=NOBODY), zk(), Waivers(), "R12"),
    "a controller that is gone": (zk(controller=3001), zk(), Waivers(), "R12"),
    "a controller whose elections are aborted": (epochs(7, 10), zk(), Waivers(), "R56"),
    "metadata empty after its start": (false("R53", 2), zk(), Waivers(), "R53"),
    "the quorum idle": (idle(), kraft(), Waivers(), "R57"),
    "the controller moved": (zk(controller=1), zk(controller=3), Waivers(), ""),
    "unknown": (zk(unknown=("no answer",)), zk(), Waivers(), "R24"),
}


@pytest.mark.parametrize(("state", "before", "allowed", "rule"), WHOLE.values(), ids=WHOLE)
def test_whole_again(state: State, before: State, allowed: Waivers, rule: str) -> None:
    assert [found.code for found in not_recovered(state, before, allowed)] == ([rule] if rule else [])


def test_what_is_unavailable() -> None:
    spare = part(topic="spare")
    state = zk(part((2,), topic="one", min_isr=1), part((1, 2)), spare, part((1, 3), topic="far"))
    assert unavailable(state, away(2)) == (
        "one-3 is offline: no reads and no writes",
        "orders-3 is under min ISR, 1 of 2 in-sync replicas: produce requests with acks=all fail",
    )
    assert unavailable(state, Leaving(servers=ids(11))) == ()


@settings(max_examples=1500)
@given(cluster.dice())
def test_the_gate_passes_what_is_harmless_and_nothing_else(dice: Random) -> None:
    state, allowed = cluster.any_state(dice), cluster.any_allowed(dice)
    leaving = cluster.any_leaving(dice, state)
    assert (not blockers(state, leaving, allowed)) == safe(state, leaving, allowed)


@settings(max_examples=1000)
@given(cluster.dice())
def test_what_passes_stays_up_and_loses_nothing(dice: Random) -> None:
    state, allowed = cluster.calm_state(dice), cluster.any_allowed(dice)
    gone = cluster.one_or_more(dice, state.brokers)
    passes = not blockers(state, Leaving(gone), allowed)
    for one in state.partitions if passes else ():
        after, accepted = elected(one, gone), one.topic in allowed.downtime
        if gone.isdisjoint(one.replicas):
            continue
        assert not after.lost
        assert after.leader in one.isr or (accepted and len(one.replicas) == 1)
        assert len(after.isr) >= one.min_isr or accepted
        few = accepted or allowed.min_replicas == 1 or gone.isdisjoint(one.isr)
        assert few or len(after.isr) >= 2 or len(one.replicas) < 3


@settings(max_examples=500)
@given(cluster.dice())
def test_more_brokers_are_never_easier(dice: Random) -> None:
    state, allowed = cluster.calm_state(dice, smallest=2), cluster.any_allowed(dice)
    fewer = cluster.one_or_more(dice, state.brokers)
    more = fewer | cluster.subset(dice, state.brokers)
    assert blocked(state, fewer, allowed) <= blocked(state, more, allowed)


@settings(max_examples=500)
@given(cluster.dice())
def test_one_more_in_sync_never_closes_it(dice: Random) -> None:
    """One more of those that stay: one that leaves and has just caught up is a copy less."""
    state, allowed = cluster.calm_state(dice), cluster.any_allowed(dice)
    gone = cluster.one_or_more(dice, state.brokers)
    more = cluster.subset(dice, state.brokers - gone)
    grown = tuple(replace(one, isr=one.isr | more.intersection(one.replicas)) for one in state.partitions)
    assert blocked(replace(state, partitions=grown), gone, allowed) <= blocked(state, gone, allowed)


def blocked(state: State, gone: frozenset[int], allowed: Waivers) -> set[str]:
    return {found.where for found in blockers(state, Leaving(gone), allowed)}


@settings(max_examples=200)
@given(cluster.dice(), st.integers(1, 3))
def test_what_is_unknown_always_blocks(dice: Random, count: int) -> None:
    state, allowed = cluster.any_state(dice), cluster.any_allowed(dice)
    shut = replace(state, unknown=("min.insync.replicas of a",) * count)
    assert rules(shut, cluster.any_leaving(dice, state), allowed).count("R24") == count
    assert [found.code for found in not_recovered(shut, state, allowed)].count(RollCode.UNKNOWN) == count


@settings(max_examples=500)
@given(cluster.dice())
def test_nobody_is_missed_where_nothing_has_changed(dice: Random) -> None:
    state, allowed = cluster.any_state(dice), cluster.any_allowed(dice)
    found = not_recovered(state, state, allowed)
    assert "R7" not in {one.code for one in found}
    assert not_recovered(state, replace(state, partitions=()), allowed) == found


@settings(max_examples=500)
@given(cluster.dice())
def test_unavailable_is_what_would_be_down(dice: Random) -> None:
    state, gone = cluster.calm_state(dice), frozenset({1})
    still = tuple(replace(one, unclean=False, removing=frozenset()) for one in state.partitions)
    touched = [one for one in still if 1 in one.replicas]
    down = [one.name for one in touched if not elected(one, gone).writable(one.min_isr)]
    told = unavailable(replace(state, partitions=still), Leaving(gone))
    assert [sentence.split()[0] for sentence in told] == down
