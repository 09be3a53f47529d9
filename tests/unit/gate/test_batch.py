"""Batches: the set that is found passes the gate, and whole rolls of it never go under min.insync.replicas."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings

from kafka_fab.gate.batch import next_batch
from kafka_fab.gate.gate import blockers, not_recovered
from kafka_fab.gate.state import Leaving, Partition, State, Waivers
from tests.unit.gate import clusters as cluster
from tests.unit.gate.clusters import away, combined, ids, kraft, part, zk

RACKS = {1: "a", 2: "b", 3: "c", 4: "a", 5: "b", 6: "c"}
SIX = {"brokers": frozenset(RACKS), "up": frozenset(RACKS), "racks": RACKS, "controller": 6}
SPREAD = (part((1, 2, 3)), part((4, 5, 6), number=4), part((1, 5, 6), number=5))


def test_one_by_one_is_in_the_order_of_racks_and_ids() -> None:
    assert next_batch(zk(*SPREAD, **SIX), [5, 4, 3, 2], 1) == {4}
    assert next_batch(zk(*SPREAD, **SIX), [5, 3, 2], 1) == {2}


def test_those_of_a_rack_that_share_nothing_go_together() -> None:
    assert next_batch(zk(*SPREAD, **SIX), [1, 2, 3, 4, 5, 6], 6) == {1, 4}


def test_no_more_than_wanted() -> None:
    assert len(next_batch(zk(**SIX), list(RACKS), 3)) == 3
    assert next_batch(zk(**SIX), list(RACKS), 9) == {1, 2, 3, 4, 5}


def test_shared_partitions_never_go_together_whatever_the_rack() -> None:
    state = zk(part((1, 4, 2)), **SIX)
    assert next_batch(state, [1, 4], 2) == {1}
    assert next_batch(replace(state, racks={}), [1, 4], 2) == {1}


def test_the_largest_of_all_starts() -> None:
    """From rack a only 1 would go with 2; from rack b three do."""
    pairs = [(1, 5, 9), (1, 6, 9), (1, 7, 9)]
    everyone = ids(1, 5, 6, 7, 9)
    state = zk(
        *(part(pair, number=number) for number, pair in enumerate(pairs)),
        brokers=everyone, up=everyone, controller=9, racks={1: "a", 5: "b", 6: "b", 7: "b"},
    )  # fmt: skip
    assert next_batch(state, [1, 5, 6, 7], 4) == {5, 6, 7}


def test_the_controller_is_last_and_alone() -> None:
    state = zk(**SIX)
    assert 6 not in next_batch(state, [6, 5], 2)
    assert next_batch(state, [6], 2) == {6}


def test_the_last_ones_wait_and_go_one_by_one() -> None:
    state = zk(**SIX)
    assert next_batch(state, [4, 5, 6], 3, last=ids(4)) == {5}
    assert next_batch(state, [4, 3, 6], 3, last=ids(3, 4)) == {4}
    assert next_batch(state, [6], 3, last=ids(3, 4)) == {6}


def test_one_that_is_down_goes_first_and_alone() -> None:
    state = zk(**{**SIX, "up": ids(1, 2, 3, 4, 6)})
    assert next_batch(state, [1, 2, 5], 3) == {5}
    assert next_batch(state, [1, 2], 3) == frozenset()


def test_none_if_not_even_one_may() -> None:
    short = zk(part((1, 2, 3), (1, 2)), **SIX)
    assert next_batch(short, [1, 2], 2) == frozenset()
    assert next_batch(short, [1, 4], 2) == {4}
    assert next_batch(short, [], 2) == frozenset()
    assert next_batch(replace(short, unknown=("no second view",)), [4], 2) == frozenset()


def test_a_lost_disk_goes_alone_or_nobody_goes() -> None:
    state = zk(**{**SIX, "offline_dirs": frozenset({(2, "/d")})})
    assert next_batch(state, [1, 3], 2) == frozenset()
    assert 2 in next_batch(state, [1, 2, 3], 2)


def test_what_is_accepted_counts() -> None:
    state = zk(part((1,), topic="one"), part((4, 5), topic="two"), **SIX)
    assert next_batch(state, [1, 4], 2) == frozenset()
    assert next_batch(state, [1, 4], 2, allowed=Waivers(frozenset({"one", "two"}))) == {1, 4}


def test_combined_nodes_one_at_a_time_and_the_active_last() -> None:
    assert next_batch(combined(leader=1), [1, 2, 3], 3) == {2}
    assert next_batch(combined(leader=1), [1], 3) == {1}
    assert next_batch(kraft(), [1, 2, 3], 3) == {1, 2, 3}


def test_a_broker_does_not_go_along_with_a_combined_node() -> None:
    everyone = ids(1, 2, 3, 8)
    state = replace(combined(), brokers=everyone, up=everyone)
    assert next_batch(state, [8, 1], 2) == {1}
    assert next_batch(state, [8], 2) == {8}


@settings(max_examples=1000)
@given(cluster.dice())
def test_a_batch_passes_the_gate_and_leaves_the_last_for_the_end(dice: Random) -> None:
    state, allowed = cluster.any_state(dice), cluster.any_allowed(dice)
    todo, last = sorted(cluster.subset(dice, state.brokers)), cluster.one_or_more(dice, state.brokers)
    cap = dice.randint(1, 4)
    batch = next_batch(state, todo, cap, last, allowed)
    assert batch <= set(todo)
    assert len(batch) <= cap
    assert batch == next_batch(state, todo[::-1], cap, last, allowed)
    if not batch:
        return
    voters = state.quorum.voters if state.quorum else frozenset()
    assert not blockers(state, Leaving(batch, batch & voters), allowed)
    leader = state.quorum.leader if state.quorum else state.controller
    if batch & (last | {leader}):
        assert len(batch) == 1
        assert batch.isdisjoint(state.up) or set(todo) <= last | {leader}


@settings(max_examples=500)
@given(cluster.dice())
def test_one_is_found_whenever_one_may_go(dice: Random) -> None:
    state, allowed = cluster.calm_state(dice), cluster.any_allowed(dice)
    free = [broker for broker in sorted(state.brokers) if not blockers(state, away(broker), allowed)]
    batch = next_batch(state, sorted(state.brokers), 6, allowed=allowed)
    assert bool(batch) == bool(free)
    assert batch <= set(free)


def rounds(state: State, cap: int) -> Iterator[frozenset[int]]:
    """Yield the batches of a roll in which everything comes back."""
    todo = sorted(state.brokers)
    while todo:
        batch = next_batch(state, todo, cap)
        assert batch
        yield batch
        todo = [broker for broker in todo if broker not in batch]


def test_rounds_where_replicas_are_spread_over_three_racks() -> None:
    found = list(rounds(cluster.large(30, 5000, spread=True), 30))
    assert 3 <= len(found) <= 5
    assert found[-1] == {30}


def test_rounds_where_replicas_are_anywhere() -> None:
    assert len(list(rounds(cluster.large(30, 5000, spread=False), 30))) >= 25


def test_rounds_of_a_large_cluster_with_few_partitions() -> None:
    assert len(list(rounds(cluster.large(99, 500, spread=True), 99))) <= 8
    assert len(list(rounds(cluster.large(99, 500, spread=False), 99))) <= 20
    assert len(list(rounds(cluster.large(30, 500, spread=False), 1))) == 30


def test_a_batch_of_a_large_cluster_is_found_at_once() -> None:
    state = cluster.large(99, 5000, spread=False)
    began = time.process_time()
    next_batch(state, sorted(state.brokers), 99)
    # Less than a tenth of that on an idle machine.
    assert time.process_time() - began < 1


class Cluster:
    """A cluster that is rolled while its replicas fall behind and catch up by chance."""

    def __init__(self, dice: Random, start: State, allowed: Waivers) -> None:
        self.dice, self.state, self.allowed = dice, start, allowed
        self.restarts: list[int] = []

    def fall_behind(self) -> None:
        """Take some replicas out of their ISR, and let the controller move."""
        self._change(lambda one: one.isr - {self.dice.choice(one.replicas)} if self.dice.random() < 0.2 else one.isr)
        self.state = replace(self.state, controller=self.dice.choice(sorted(self.state.brokers)))

    def catch_up(self) -> None:
        """Bring every replica that is up back into its ISR."""
        self._change(lambda one: self.state.up.intersection(one.replicas))

    def stop(self, batch: frozenset[int]) -> None:
        """Take brokers away, and see what becomes of each partition."""
        for one in self.state.partitions:
            left = one.isr - batch
            assert left or len(one.replicas) == 1
            if not batch.isdisjoint(one.isr) and one.topic not in self.allowed.downtime:
                assert len(left) >= max(one.min_isr, 1)
                assert len(left) >= min(2, len(one.replicas) - 1) or self.allowed.min_replicas == 1
        self.state = replace(self.state, up=self.state.up - batch)
        self._change(lambda one: one.isr - batch)
        self.restarts += sorted(batch)

    def start(self) -> None:
        self.state = replace(self.state, up=self.state.brokers)
        self.catch_up()

    def _change(self, isr_of: Callable[[Partition], frozenset[int]]) -> None:
        self.state = replace(self.state, partitions=tuple(map(self._changed(isr_of), self.state.partitions)))

    def _changed(self, isr_of: Callable[[Partition], frozenset[int]]) -> Callable[[Partition], Partition]:
        def change(one: Partition) -> Partition:
            # The last one in sync stays in the ISR whatever becomes of it.
            isr = isr_of(one) or one.isr
            alive = sorted(isr & self.state.up)
            leader = one.leader if one.leader in alive else (alive or [-1])[0]
            return replace(one, isr=isr, leader=leader)

        return change


def rollable(dice: Random) -> tuple[State, Waivers]:
    """A healthy cluster of three to twelve brokers; topics that cannot stay up are accepted to be down."""
    brokers = frozenset(range(1, dice.randint(3, 12) + 1))
    made = []
    for number in range(dice.randint(1, 20)):
        replicas = tuple(dice.sample(sorted(brokers), dice.randint(1, 3)))
        minimum = dice.choice([1, 2, 2, 3])
        topic = f"down{number}" if len(replicas) <= minimum else f"up{number}"
        unclean = dice.random() < 0.3
        made.append(Partition(topic, 0, replicas[0], replicas, frozenset(replicas), min_isr=minimum, unclean=unclean))
    state = zk(*made, brokers=brokers, up=brokers, controller=1, racks={b: f"r{b % 3}" for b in brokers})
    accepted = frozenset(one.topic for one in made if one.topic.startswith("down"))
    return state, Waivers(accepted, dice.choice([1, 2]))


@settings(max_examples=100)
@given(cluster.dice())
def test_a_roll_never_goes_under_the_minimum_and_takes_everyone_once(dice: Random) -> None:
    start, allowed = rollable(dice)
    live, cap = Cluster(dice, start, allowed), dice.choice([1, 3, 12])
    for _ in range(40 * len(start.brokers)):
        todo = sorted(start.brokers - set(live.restarts))
        if not todo:
            break
        live.fall_behind()
        batch = next_batch(live.state, todo, cap, allowed=allowed)
        if batch:
            assert live.state.controller not in batch or todo == [live.state.controller]
            live.stop(batch)
            assert not_recovered(live.state, start, allowed)
            live.start()
        elif dice.random() < 0.7:
            live.catch_up()
            assert next_batch(live.state, todo, cap, allowed=allowed)
    live.catch_up()
    assert not not_recovered(live.state, start, allowed)
    assert sorted(live.restarts) == sorted(start.brokers)


@pytest.mark.parametrize("seed", range(5))
def test_a_calm_roll_takes_everyone_exactly_once(seed: int) -> None:
    dice = Random(seed)
    start, allowed = rollable(dice)
    live, left = Cluster(dice, start, allowed), set(start.brokers)
    while left:
        batch = next_batch(live.state, sorted(left), 12, allowed=allowed)
        live.stop(batch)
        left -= batch
        live.start()
        assert not not_recovered(live.state, start, allowed)
    assert sorted(live.restarts) == sorted(start.brokers)
    assert live.restarts[-1] == start.controller
