"""What happens to a cluster when nodes go away, played through: the gate's tests hold its rules against this.

Nothing here comes from the gate's code. Logs are sets of messages: an in-sync replica has all that was acknowledged,
one that is behind has not; leaders are elected as Kafka's controller does it.
"""

from dataclasses import dataclass
from itertools import chain, combinations

from kafka_fab.gate.state import Ensemble, Leaving, Partition, State, VoterState, Waivers

ACKNOWLEDGED = frozenset({"first", "second"})
STALE = frozenset({"first"})


@dataclass(frozen=True)
class Outcome:
    """A partition after somebody went away: its leader if any, its ISR, and what a reader finds."""

    leader: int | None
    isr: frozenset[int]
    log: frozenset[str]

    @property
    def lost(self) -> bool:
        return self.leader is not None and not self.log >= ACKNOWLEDGED

    def writable(self, minimum: int) -> bool:
        return self.leader is not None and len(self.isr) >= minimum


def elected(partition: Partition, gone: frozenset[int]) -> Outcome:
    """Elect among those that stay, in the order of the replicas: in sync first, else whoever, where that is on."""
    logs = {replica: ACKNOWLEDGED if replica in partition.isr else STALE for replica in partition.replicas}
    stay = [replica for replica in partition.replicas if replica not in gone]
    in_sync = [replica for replica in stay if replica in partition.isr]
    if in_sync:
        return Outcome(in_sync[0], frozenset(in_sync), logs[in_sync[0]])
    if stay and partition.unclean:
        return Outcome(stay[0], frozenset(stay[:1]), logs[stay[0]])
    return Outcome(None, frozenset(), frozenset())


def now(partition: Partition) -> Outcome:
    """Return the partition as it is, whoever its leader is."""
    return elected(partition, frozenset())


def in_full(partition: Partition) -> Partition:
    """Return the partition on its best day: every replica in sync."""
    everyone = frozenset(partition.replicas)
    return Partition(partition.topic, partition.number, partition.replicas[0], partition.replicas, everyone)


def ever_writable(partition: Partition) -> bool:
    """Tell whether on its best day it can spare any one replica and still takes writes."""
    best = in_full(partition)
    return all(elected(best, frozenset({one})).writable(partition.min_isr) for one in partition.replicas)


def survives_one_more(partition: Partition, gone: frozenset[int]) -> bool:
    """Tell whether, with these away, any one of the rest may fail without taking the last good copy along."""
    rest = frozenset(partition.replicas) - gone
    after = (elected(partition, gone | {failing}) for failing in rest)
    return all(outcome.leader is not None and not outcome.lost and outcome.isr <= partition.isr for outcome in after)


def harmless(partition: Partition, gone: frozenset[int], allowed: Waivers) -> bool:
    """Tell whether a partition of theirs comes through, or is down only as was accepted."""
    if partition.leader < 0 or partition.adding or partition.removing:
        return False
    if not gone & frozenset(partition.replicas):
        return True
    outcome = elected(partition, gone)
    if not ever_writable(partition):
        return partition.topic in allowed.downtime and _goes_down_unharmed(partition, outcome)
    if not now(partition).writable(partition.min_isr):
        return False
    if not gone & partition.isr:
        return True
    spare = allowed.min_replicas == 1 or len(partition.replicas) < 3 or survives_one_more(partition, gone)
    return outcome.writable(partition.min_isr) and not outcome.lost and spare


def _goes_down_unharmed(partition: Partition, outcome: Outcome) -> bool:
    alone = len(partition.replicas) == 1
    everyone = partition.isr == frozenset(partition.replicas)
    return alone or (everyone and outcome.leader in partition.isr and not outcome.lost)


def elects(quorum: VoterState, gone: frozenset[int]) -> bool:
    """Tell whether some majority of all voters is made of those that stay and have the whole log."""
    voters = sorted(quorum.voters)
    sets = chain.from_iterable(combinations(voters, size) for size in range(len(voters) + 1))
    majorities = (frozenset(some) for some in sets if len(some) > len(voters) - len(some))
    return any(some <= quorum.caught_up - gone for some in majorities)


def voters_come_through(quorum: VoterState, gone: frozenset[int], allowed: Waivers) -> bool:
    if quorum.idle and quorum.leader not in gone:
        return False
    accepted = allowed.quorum_outage and len(quorum.voters) in {1, 2}
    # Without a majority that keeps up nothing is committed, whoever leads.
    calm = quorum.leader >= 0 and elects(quorum, frozenset())
    return calm and (not gone or (len(gone) == 1 and (accepted or elects(quorum, gone))))


def servers_come_through(ensemble: Ensemble, leaving: Leaving, allowed: Waivers) -> bool:
    size, up = len(ensemble.servers), len(ensemble.serving)
    led = size == 1 or ensemble.leader in ensemble.serving
    if not leaving.servers:
        return led and up == size
    calm = up == size and ensemble.synced in {None, size - 1} and ensemble.pending in {None, 0} and not ensemble.unknown
    alone = len(leaving.servers) == 1 and not leaving.brokers and not leaving.voters
    # One of three or more leaves a majority behind; one of two or of one does not.
    return led and calm and alone and (size - 1 > size / 2 or allowed.quorum_outage)


def safe(state: State, leaving: Leaving, allowed: Waivers) -> bool:
    """Tell whether these may go away now."""
    return (
        not state.unknown
        and all(broker in state.up for broker in state.brokers if broker not in leaving.brokers)
        and all(broker in leaving.brokers for broker, _ in state.offline_dirs)
        and (allowed.reassigning or not state.reassigning)
        and _quorums(state, leaving, allowed)
        and _controller_stays_or_goes_alone(state, leaving)
        and _elects_partition_leaders(state)
        and all(one.broker in leaving.brokers for one in state.false_metadata)
        and all(harmless(one, leaving.brokers, allowed) for one in state.partitions if _touched(one, leaving))
    )


def _touched(partition: Partition, leaving: Leaving) -> bool:
    return any(replica in leaving.brokers for replica in partition.replicas)


def _quorums(state: State, leaving: Leaving, allowed: Waivers) -> bool:
    fine = [voters_come_through(state.quorum, leaving.voters, allowed)] if state.quorum else []
    fine += [servers_come_through(state.ensemble, leaving, allowed)] if state.ensemble else []
    return bool(fine) and all(fine)


def _controller_stays_or_goes_alone(state: State, leaving: Leaving) -> bool:
    active = state.quorum.leader if state.quorum else state.controller
    gone = sorted(leaving.brokers | leaving.voters)
    known = active >= 0 or not state.brokers
    return known and (active not in gone or gone == [active])


def _elects_partition_leaders(state: State) -> bool:
    """Tell whether somebody who is there elects leaders, with an epoch that the partitions accept."""
    epochs = state.controller_epochs
    accepted = epochs is None or epochs.written <= epochs.current
    there = state.ensemble is None or state.quorum is not None or state.controller in state.up | state.brokers
    return accepted and there
