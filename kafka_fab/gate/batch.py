"""Batches: which brokers may stop together? Racks only order them; the safety check of the set decides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kafka_fab.gate import partition_rules
from kafka_fab.gate.gate import STRICT, clusterwide
from kafka_fab.gate.node_rules import active_controllers
from kafka_fab.gate.state import Leaving, Partition, State, Waivers

NONE: frozenset[int] = frozenset()


def next_batch(
    state: State, todo: Sequence[int], cap: int, last: frozenset[int] = NONE, allowed: Waivers = STRICT
) -> frozenset[int]:
    """Return the largest set found of brokers that may stop together, empty if not even one may.

    A broker that is down comes first and alone; those of `last`, and the active controller, come one at a time when
    no other is left. Combined nodes come one at a time.
    """
    builder = BatchBuilder(state, allowed, _by_broker(state.partitions))
    candidates, most = _candidates(state, todo, cap, last)
    found = NONE
    for order in _orders(candidates, state.racks):
        found = max(found, builder.batch(order, most), key=len)
        if len(found) == min(most, len(candidates)):
            break
    return found


@dataclass(frozen=True)
class BatchBuilder:
    """The safety check of a set that grows broker by broker: only the added broker's partitions are checked."""

    state: State
    allowed: Waivers
    partitions: Mapping[int, Sequence[Partition]]

    def batch(self, order: Iterable[int], most: int) -> frozenset[int]:
        """Return as many brokers, at most `most`, as may stop together, in this order."""
        batch = NONE
        for broker in order:
            if len(batch) == most:
                break
            if self._passes(batch | {broker}, broker):
                batch |= {broker}
        return batch

    def _passes(self, batch: frozenset[int], added: int) -> bool:
        # A partition rule depends on the partition's own replicas only: the other partitions have passed already.
        partitions = self.partitions.get(added, ())
        if any(partition_rules.blocker(one, batch, self.allowed) for one in partitions):
            return False
        return not clusterwide(self.state, Leaving(batch, batch & _voters(self.state)), self.allowed)


def _candidates(state: State, todo: Sequence[int], cap: int, last: frozenset[int]) -> tuple[frozenset[int], int]:
    remaining, active = frozenset(todo), active_controllers(state)
    most = 1 if remaining & _voters(state) else cap
    choices = ((remaining - state.up, 1), (remaining - last - active, most), (remaining - active, 1))
    return next(((those, count) for those, count in choices if those), (remaining, 1))


def _orders(candidates: frozenset[int], racks: Mapping[int, str]) -> Iterator[list[int]]:
    """Yield the candidates rack by rack, starting once from each rack."""
    by_rack: dict[str, list[int]] = defaultdict(list)
    for broker in sorted(candidates):
        by_rack[racks.get(broker, "")].append(broker)
    names = sorted(by_rack)
    for start in range(len(names)):
        yield [broker for name in names[start:] + names[:start] for broker in by_rack[name]]


def _by_broker(partitions: Iterable[Partition]) -> dict[int, list[Partition]]:
    found: dict[int, list[Partition]] = defaultdict(list)
    for one in partitions:
        for broker in one.replicas:
            found[broker].append(one)
    return found


def _voters(state: State) -> frozenset[int]:
    return state.quorum.voters if state.quorum else NONE
