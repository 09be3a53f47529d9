"""Recovery: the state of the cluster when a roll began, and whether it is back to that state."""

from dataclasses import dataclass, replace

from kafka_fab.gate import gate
from kafka_fab.gate.state import NOBODY, Blocker, State, Waivers
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.watch import Watch
from kafka_fab.runbook.codes import RollCode


@dataclass(frozen=True)
class Baseline:
    """The cluster's state when a roll began, to which it must recover after each step."""

    state: State
    allowed: Waivers
    watch: Watch

    def full(self) -> "Baseline":
        """Return it with every replica in sync, for a resumed roll that has not seen the beginning."""
        brokers = self.state.brokers
        partitions = tuple(replace(p, isr=frozenset(p.replicas) & brokers) for p in self.state.partitions)
        return replace(self, state=replace(self.state, partitions=partitions))

    def not_recovered(self, state: State) -> tuple[Blocker, ...]:
        """Return why the cluster has not recovered to the baseline."""
        # A reassignment blocks the next step, not the recovery from this one.
        return gate.not_recovered(state, self.state, replace(self.allowed, reassigning=True))

    def recovered_for(self, seconds: float, since: float, voter: bool) -> bool:
        """Return whether the cluster has been recovered for some seconds; after a voter, with the same leader."""
        quorum = self.watch.state().quorum
        leader = quorum.leader if quorum and voter else NOBODY

        def judge(state: State) -> tuple[Blocker, ...]:
            if voter and state.quorum and state.quorum.leader != leader:
                return (Blocker(RollCode.LEADER_CHANGED, "voters", "the quorum elected another leader a moment ago"),)
            return self.not_recovered(state)

        return self.watch.clean(judge, ("recovered", leader), seconds, since)


def baseline(context: RollContext) -> Baseline:
    """Wait until the cluster has been read, for a while also until nothing is unknown, and return the state."""
    watch = context.watch
    context.board.until(lambda: watch.last is not None, 30)
    context.board.until(lambda: not watch.state().unknown, 15)
    return Baseline(watch.state(), context.options.allowed, watch)
