"""Batches: which brokers may go away together? Racks only order them; the gate on the whole set decides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kafka_fab.gate import partition_rules
from kafka_fab.gate.gate import STRICT, clusterwide
from kafka_fab.gate.node_rules import leads
from kafka_fab.gate.state import Leaving, Partition, State, Waivers

NONE: frozenset[int] = frozenset()


def next_batch(
    state: State, todo: Sequence[int], cap: int, last: frozenset[int] = NONE, allowed: Waivers = STRICT
) -> frozenset[int]:
    """Return the largest set found of brokers that may go away together, empty if not even one may.

    A broker that is down goes first and alone; those of `last`, and whoever leads, go one at a time when no other is
    left. Combined nodes go one at a time.
    """
    walk = Walk(state, allowed, _by_broker(state.partitions))
    candidates, most = _candidates(state, todo, cap, last)
    found = NONE
    for order in _orders(candidates, state.racks):
        found = max(found, walk.batch(order, most), key=len)
        if len(found) == min(most, len(candidates)):
            break
    return found


@dataclass(frozen=True)
class Walk:
    """The gate for a set that grows broker by broker: only the partitions of the one that joins are asked."""

    state: State
    allowed: Waivers
    partitions: Mapping[int, Sequence[Partition]]

    def batch(self, order: Iterable[int], most: int) -> frozenset[int]:
        """Return as many brokers, at most `most`, as the gate lets go together, in this order."""
        batch = NONE
        for broker in order:
            if len(batch) == most:
                break
            if self._passes(batch | {broker}, broker):
                batch |= {broker}
        return batch

    def _passes(self, batch: frozenset[int], joins: int) -> bool:
        # A partition rule looks at nobody but the partition's own replicas: for all others the answer stands.
        asked = self.partitions.get(joins, ())
        if any(partition_rules.blocker(one, batch, self.allowed) for one in asked):
            return False
        return not clusterwide(self.state, Leaving(batch, batch & _voters(self.state)), self.allowed)


def _candidates(state: State, todo: Sequence[int], cap: int, last: frozenset[int]) -> tuple[frozenset[int], int]:
    wanted, active = frozenset(todo), leads(state)
    most = 1 if wanted & _voters(state) else cap
    choices = ((wanted - state.up, 1), (wanted - last - active, most), (wanted - active, 1))
    return next(((those, count) for those, count in choices if those), (wanted, 1))


def _orders(candidates: frozenset[int], racks: Mapping[int, str]) -> Iterator[list[int]]:
    """Yield the candidates rack by rack, once from every rack on."""
    shelves: dict[str, list[int]] = defaultdict(list)
    for broker in sorted(candidates):
        shelves[racks.get(broker, "")].append(broker)
    names = sorted(shelves)
    for start in range(len(names)):
        yield [broker for name in names[start:] + names[:start] for broker in shelves[name]]


def _by_broker(partitions: Iterable[Partition]) -> dict[int, list[Partition]]:
    found: dict[int, list[Partition]] = defaultdict(list)
    for one in partitions:
        for broker in one.replicas:
            found[broker].append(one)
    return found


def _voters(state: State) -> frozenset[int]:
    return state.quorum.voters if state.quorum else NONE
