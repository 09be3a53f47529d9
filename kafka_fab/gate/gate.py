"""The gate: may exactly these nodes go away now, is the cluster whole again, what would be down meanwhile?"""

from collections.abc import Iterator

from kafka_fab.gate import node_rules, partition_rules, quorum_rules
from kafka_fab.gate.state import Blocker, Leaving, State, Waivers
from kafka_fab.runbook.codes import RollCode

STRICT = Waivers()
NOBODY_LEAVES = Leaving()


def blockers(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return every reason why these nodes must stay, none if they may go away together now."""
    return (*clusterwide(state, leaving, allowed), *_partitions(state, leaving.brokers, allowed))


def clusterwide(state: State, leaving: Leaving, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return the reasons that lie in no partition: what is unknown, and the rules of nodes and quorums."""
    unknown = (Blocker(RollCode.UNKNOWN, "cluster", f"{text}: what is unknown is not safe") for text in state.unknown)
    return (*unknown, *node_rules.blockers(state, leaving, allowed), *quorum_rules.blockers(state, leaving, allowed))


def whole(state: State, baseline: State, allowed: Waivers = STRICT) -> tuple[Blocker, ...]:
    """Return every reason why the cluster is not as it was when the roll began (baseline), none if it is."""
    return (
        *clusterwide(state, NOBODY_LEAVES, allowed),
        *quorum_rules.left_behind(state, baseline),
        *_not_whole(state, baseline, allowed),
    )


def unavailable(state: State, leaving: Leaving) -> tuple[str, ...]:
    """Return a sentence for every partition that has no leader or takes no writes while these are away."""
    told = (partition_rules.outage(one, leaving.brokers) for one in state.partitions)
    return tuple(sentence for sentence in told if sentence)


def _partitions(state: State, away: frozenset[int], allowed: Waivers) -> Iterator[Blocker]:
    for one in state.partitions:
        found = partition_rules.blocker(one, away, allowed)
        if found:
            yield found


def _not_whole(state: State, baseline: State, allowed: Waivers) -> Iterator[Blocker]:
    before = {one.topic_partition: one.isr for one in baseline.partitions}
    for one in state.partitions:
        found = partition_rules.not_whole(one, before.get(one.topic_partition, frozenset()), allowed)
        if found:
            yield found
