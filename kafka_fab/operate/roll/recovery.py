"""Recovery: what the cluster was when a roll began, and whether it is that again."""

from dataclasses import dataclass, replace

from kafka_fab.gate import gate
from kafka_fab.gate.state import NOBODY, Blocker, State, Waivers
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.watch import Watch
from kafka_fab.runbook.codes import RollCode


@dataclass(frozen=True)
class Baseline:
    """The cluster's state when a roll began, to which it is to come back after each step."""

    state: State
    allowed: Waivers
    watch: Watch

    def full(self) -> "Baseline":
        """Return it with each replica of a broker in sync, for one who has not seen the very beginning."""
        brokers = self.state.brokers
        partitions = tuple(replace(p, isr=frozenset(p.replicas) & brokers) for p in self.state.partitions)
        return replace(self, state=replace(self.state, partitions=partitions))

    def whole(self, state: State) -> tuple[Blocker, ...]:
        """Return why the cluster is not what it was when the roll began."""
        # A reassignment that someone has begun keeps the next gate shut; this service is back all the same.
        return gate.whole(state, self.state, replace(self.allowed, reassigning=True))

    def whole_for(self, seconds: float, since: float, voter: bool) -> bool:
        """Return whether the cluster has been whole for some seconds; after a voter also led by the same one."""
        quorum = self.watch.state().quorum
        leader = quorum.leader if quorum and voter else NOBODY

        def judge(state: State) -> tuple[Blocker, ...]:
            if voter and state.quorum and state.quorum.leader != leader:
                return (Blocker(RollCode.LEADER_CHANGED, "voters", "the quorum has just elected another leader"),)
            return self.whole(state)

        return self.watch.clean(judge, ("whole", leader), seconds, since)


def baseline(context: RollContext) -> Baseline:
    """Wait until the cluster has been read, for a while also until all of it is known, and return what it is now."""
    watch = context.watch
    context.board.until(lambda: watch.last is not None, 30)
    context.board.until(lambda: not watch.state().unknown, 15)
    return Baseline(watch.state(), context.options.allowed, watch)
