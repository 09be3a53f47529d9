"""Gate: the safety check before a stop, the check that the cluster has recovered, and what would be unavailable."""

from collections.abc import Iterator

from kafka_fab.gate import node_rules, partition_rules, quorum_rules
from kafka_fab.gate.state import Blocker, Leaving, State, Waivers
from kafka_fab.runbook.codes import RollCode

STRICT = Waivers()
NOBODY_LEAVES = Leaving()


def blockers(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return every reason why these services must not stop together now; empty if they may."""
    return (*clusterwide(state, leaving, allowed), *_partitions(state, leaving.brokers, allowed))


def clusterwide(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return the blockers that concern no partition: unknown state, and the rules of nodes and quorums."""
    unknown = (
        Blocker(RollCode.UNKNOWN, "cluster", f"{text}; a state that cannot be read is not safe")
        for text in state.unknown
    )
    return (*unknown, *node_rules.blockers(state, leaving, allowed), *quorum_rules.blockers(state, leaving, allowed))


def not_recovered(state: State, baseline: State, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return every reason why the cluster has not recovered to the baseline of the roll; empty if it has."""
    return (
        *clusterwide(state, NOBODY_LEAVES, allowed),
        *quorum_rules.voters_behind(state, baseline),
        *_partitions_not_recovered(state, baseline, allowed),
    )


def unavailable(state: State, leaving: Leaving) -> tuple[str, ...]:
    """Return a sentence for every partition that is offline or under min ISR while these are stopped."""
    outages = (partition_rules.outage(one, leaving.brokers) for one in state.partitions)
    return tuple(outage for outage in outages if outage)


def _partitions(state: State, stopped: frozenset[int], allowed: Waivers) -> Iterator[Blocker]:
    for one in state.partitions:
        found = partition_rules.blocker(one, stopped, allowed)
        if found:
            yield found


def _partitions_not_recovered(state: State, baseline: State, allowed: Waivers) -> Iterator[Blocker]:
    before = {one.topic_partition: one.isr for one in baseline.partitions}
    for one in state.partitions:
        found = partition_rules.not_recovered(one, before.get(one.topic_partition, frozenset()), allowed)
        if found:
            yield found
