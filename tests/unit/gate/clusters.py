"""Clusters for the gate's tests: small ones by hand, any by hypothesis, large ones by a seed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from kafka_fab.cluster.values.topic_partition import TopicPartition
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

ENSEMBLE = Ensemble(frozenset({11, 12, 13}), frozenset({11, 12, 13}), 13, 2, 0)
QUORUM = VoterState(frozenset({101, 102, 103}), frozenset({101, 102, 103}), 103)


def ids(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def part(replicas: tuple[int, ...] = (1, 2, 3), isr: tuple[int, ...] | None = None, **changed: Any) -> Partition:
    """orders-3 with all its replicas in sync, and min.insync.replicas 2."""
    in_sync = replicas if isr is None else isr
    leader = in_sync[0] if in_sync else NOBODY
    values: Mapping[str, Any] = {"topic": "orders", "number": 3, "leader": leader, "min_isr": 2, **changed}
    return Partition(replicas=replicas, isr=frozenset(in_sync), **values)


def zk(*partitions: Partition, **changed: Any) -> State:
    """Brokers 1 to 3, 3 being the controller, and ZooKeeper servers 11 to 13."""
    values = {"brokers": ids(1, 2, 3), "up": ids(1, 2, 3), "controller": 3, "ensemble": ENSEMBLE, **changed}
    return State(partitions=partitions, **values)


def kraft(*partitions: Partition, **changed: Any) -> State:
    """Brokers 1 to 3 and controllers 101 to 103, 103 leading."""
    return zk(*partitions, **{"controller": NOBODY, "ensemble": None, "quorum": QUORUM, **changed})


def combined(*partitions: Partition, leader: int = 3) -> State:
    """Combined nodes 1 to 3."""
    return kraft(*partitions, quorum=VoterState(ids(1, 2, 3), ids(1, 2, 3), leader))


def away(*brokers: int) -> Leaving:
    return Leaving(brokers=frozenset(brokers))


def dice() -> st.SearchStrategy[Random]:
    """One number that all of a cluster comes from: many times faster than a draw for each of its values."""
    return st.randoms(use_true_random=True)


def subset(dice: Random, numbers: Iterable[int]) -> frozenset[int]:
    return frozenset(number for number in sorted(numbers) if dice.random() < 0.5)


def most(dice: Random, numbers: frozenset[int]) -> frozenset[int]:
    """Most often all of them, else any of them."""
    return numbers if dice.random() < 0.85 else subset(dice, numbers)


def one_or_more(dice: Random, numbers: Iterable[int], at_most: int = 3) -> frozenset[int]:
    those = sorted(numbers)
    count = dice.choice([1, 1, dice.randint(1, at_most)])
    return frozenset(dice.sample(those, min(count, len(those))))


def rarely(dice: Random) -> bool:
    return dice.random() < 0.05


def any_partition(dice: Random, brokers: frozenset[int], number: int) -> Partition:
    """A partition as it may be found: short of replicas, without a leader, on its way to other brokers."""
    replicas = tuple(dice.sample(sorted(brokers), min(len(brokers), dice.randint(1, 4))))
    isr = dice.choice([frozenset(replicas), subset(dice, replicas)]) or frozenset(replicas[:1])
    leader = NOBODY if rarely(dice) else dice.choice(sorted(isr))
    return Partition(
        dice.choice("abc"), number, leader, replicas, isr,
        adding=frozenset(replicas[-1:]) if rarely(dice) else frozenset(),
        removing=frozenset(replicas[1:2]) if rarely(dice) else frozenset(),
        min_isr=dice.choice([0, 1, 1, 2, 2, 2, 3]), unclean=dice.random() < 0.5,
    )  # fmt: skip


def any_ensemble(dice: Random) -> Ensemble:
    servers = frozenset(range(11, 11 + dice.choice([1, 2, 3, 3, 3, 5])))
    leader = NOBODY if rarely(dice) else max(servers)
    synced, pending = dice.choice([None, *[len(servers) - 1] * 4, 1]), dice.choice([None, 0, 0, 0, 1])
    unknown = dice.choice([""] * 9 + ["zk:2181 timed out"])
    return Ensemble(servers, most(dice, servers), leader, synced, pending, unknown)


def any_quorum(dice: Random, brokers: frozenset[int]) -> VoterState:
    isolated = frozenset(range(101, 101 + dice.choice([1, 2, 3, 3, 3, 4, 5])))
    voters = dice.choice([isolated, frozenset(sorted(brokers)[:3])])
    leader = NOBODY if rarely(dice) else max(voters)
    return VoterState(voters, most(dice, voters), leader, idle=dice.choice([0.0] * 9 + [7.5]))


def any_state(dice: Random, smallest: int = 1) -> State:
    """Any cluster of up to six brokers and five partitions, more often healthy than not."""
    brokers = frozenset(range(1, dice.randint(smallest, 6) + 1))
    old = dice.random() < 0.5
    return State(
        brokers=brokers, up=most(dice, brokers),
        partitions=tuple(any_partition(dice, brokers, number) for number in range(dice.randint(0, 5))),
        controller=dice.choice(sorted(brokers)) if old and not rarely(dice) else NOBODY,
        ensemble=any_ensemble(dice) if old else None, quorum=None if old else any_quorum(dice, brokers),
        offline_dirs=frozenset({(dice.choice(sorted(brokers)), "/data")}) if rarely(dice) else frozenset(),
        reassigning=frozenset({TopicPartition("a", 0)}) if rarely(dice) else frozenset(),
        racks={broker: f"r{broker % 3}" for broker in brokers} if dice.random() < 0.5 else {},
        controller_epochs=ControllerEpochs(3, dice.choice([-1, 2, 3, 3, 3, 4])) if old else None,
        false_metadata=(any_false_metadata(dice, brokers),) if rarely(dice) else (),
    )  # fmt: skip


def any_false_metadata(dice: Random, brokers: frozenset[int]) -> FalseMetadata:
    code = dice.choice([RollCode.EMPTY_METADATA, RollCode.OTHER_METADATA, RollCode.STALE_METADATA])
    return FalseMetadata(dice.choice(sorted(brokers)), code, "its metadata is false")


def calm_state(dice: Random, smallest: int = 1) -> State:
    """The same where nothing is wrong but in the partitions, so that they alone decide."""
    state = any_state(dice, smallest)
    return replace(
        state, up=state.brokers | {99}, ensemble=ENSEMBLE, quorum=None, controller=99,
        offline_dirs=frozenset(), reassigning=frozenset(), controller_epochs=None, false_metadata=(),
    )  # fmt: skip


def any_leaving(dice: Random, state: State) -> Leaving:
    """Nodes of this cluster, more often one than several; a combined node takes its vote along."""
    servers = state.ensemble.servers if state.ensemble else frozenset()
    voters = state.quorum.voters if state.quorum else frozenset()
    gone = one_or_more(dice, dice.choice([state.brokers, state.brokers, servers | voters, state.brokers | servers]))
    return Leaving(gone & state.brokers, gone & voters, gone & servers)


def any_allowed(dice: Random) -> Waivers:
    accepted = frozenset(topic for topic in "abc" if dice.random() < 0.4)
    return Waivers(accepted, dice.choice([1, 2]), dice.random() < 0.5, dice.random() < 0.5)


def large(brokers: int, count: int, spread: bool, seed: int = 1, copies: int = 3) -> State:
    """RF 3 and min.insync.replicas 2 on three racks, each replica in a rack of its own (spread) or anywhere."""
    dice, everyone = Random(seed), range(1, brokers + 1)
    racks = {broker: f"r{broker % 3}" for broker in everyone}
    shelves = [[broker for broker in everyone if broker % 3 == rack] for rack in range(3)]
    made = []
    for number in range(count):
        homes = [dice.choice(shelf) for shelf in dice.sample(shelves, 3)] if spread else dice.sample(everyone, copies)
        made.append(Partition(f"t{number // 50}", number % 50, homes[0], tuple(homes), frozenset(homes), min_isr=2))
    all_of_them = frozenset(everyone)
    return State(all_of_them, all_of_them, tuple(made), controller=brokers, ensemble=ENSEMBLE, racks=racks)
