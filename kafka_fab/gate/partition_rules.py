"""Partition rules: may brokers with a replica of a partition stop? The first rule that applies blocks."""

from collections.abc import Callable

from kafka_fab.gate.id_lists import several, verb
from kafka_fab.gate.partition_case import Case, assigned
from kafka_fab.gate.state import Blocker, Partition, Waivers
from kafka_fab.runbook.codes import RollCode

NEED = "(min.insync.replicas)"


def blocker(partition: Partition, stopped: frozenset[int], allowed: Waivers) -> Blocker | None:
    """Return why these brokers must not stop because of one partition, None if they may."""
    if stopped.isdisjoint(partition.replicas):
        return None
    case = Case(partition, stopped, allowed)
    for code, says in RULES:
        text = says(case)
        if text:
            return about(partition, code, text, lasting=code is RollCode.NO_SPARE_REPLICA and not case.accepted)
    return None


def about(partition: Partition, code: RollCode, text: str, lasting: bool = False) -> Blocker:
    """Return a blocker of a partition, with its ISR and the replicas missing from it."""
    missing = assigned(partition) - partition.isr
    text = f"{partition.name} {text}"
    return Blocker(code, partition.name, text, tuple(sorted(partition.isr)), tuple(sorted(missing)), lasting)


def not_recovered(partition: Partition, isr_before: frozenset[int], allowed: Waivers) -> Blocker | None:
    """Return why a partition has not recovered to what it was when the roll began, None if it has."""
    if partition.leader < 0:
        return about(partition, RollCode.OFFLINE, _offline(partition))
    lost = (isr_before & assigned(partition)) - partition.isr
    if lost:
        was = verb(lost, "was", "were")
        text = (
            f"is under-replicated: {several('broker', lost)} {was} in its ISR when the roll began and "
            f"{verb(lost, 'is', 'are')} not now. {_wait(lost)}"
        )
        return about(partition, RollCode.NOT_IN_SYNC_AGAIN, text)
    if len(partition.isr) < partition.min_isr and not _never_writable(partition):
        return about(partition, RollCode.UNDER_MIN_ISR, _below_min_isr(Case(partition, frozenset(), allowed)))
    return None


def outage(partition: Partition, stopped: frozenset[int]) -> str:
    """Return what a partition cannot do while brokers are stopped, an empty string if it can do all."""
    case = Case(partition, stopped, Waivers())
    if not case.leaving or len(case.left) >= max(partition.min_isr, 1):
        return ""
    if case.left:
        left = f"{len(case.left)} of {partition.min_isr} in-sync replicas"
        return f"{partition.name} is under min ISR, {left}: produce requests with acks=all fail"
    return f"{partition.name} is offline: no reads and no writes"


def _never_writable(partition: Partition) -> bool:
    # It was not writable when the roll began either: no step of a roll has changed that.
    return len(assigned(partition)) < partition.min_isr


def _has_no_leader(case: Case) -> str:
    return _offline(case.partition) if case.partition.leader < 0 else ""


def _offline(partition: Partition) -> str:
    homes = partition.isr or frozenset(partition.replicas)
    return (
        "is offline (it has no leader): clients can neither read nor write it, and another stopped broker can make "
        f"that permanent. Start {several('broker', homes)} first: the last in-sync replicas are there"
    )


def _unclean_election(case: Case) -> str:
    if not case.partition.unclean or case.left or len(case.assigned) == 1:
        return ""
    return (
        f"has no in-sync replica left without {several('broker', case.leaving)}, and "
        "unclean.leader.election.enable is true: an out-of-sync replica would become leader and acknowledged messages "
        "would be lost. "
        f"{_remedy(case)}"
    )


def _being_reassigned(case: Case) -> str:
    adding, removing = case.partition.adding, case.partition.removing
    if not (adding or removing):
        return ""
    moves = [
        *([f"to {several('broker', adding)}"] if adding else []),
        *([f"away from {several('broker', removing)}"] if removing else []),
    ]
    return f"is being reassigned {', '.join(moves)}: its replicas are incomplete. Wait until that ends, or cancel it"


def _no_spare_replica(case: Case) -> str:
    if not case.cannot_lose_a_replica:
        return ""
    if not case.accepted:
        return _not_accepted(case)
    if len(case.assigned) == 1 or (not case.missing and case.left):
        return ""
    before = (
        "may be unavailable (--accept-downtime), but only if all its replicas are in sync before and one keeps running"
    )
    return f"{before}: {_not_all_in_sync(case)}"


def _not_all_in_sync(case: Case) -> str:
    if case.missing:
        return f"{several('broker', case.missing)} {verb(case.missing, 'is', 'are')} out of sync. {_wait(case.missing)}"
    return f"all of them are on {several('broker', case.leaving)}. {_remedy(case)}"


def _not_accepted(case: Case) -> str:
    topic = case.partition.topic
    if len(case.assigned) == 1:
        return (
            f"has its only replica on {several('broker', case.leaving)}: it is offline while that broker is stopped. "
            f"Accept this with --accept-downtime {topic}, or increase its replication factor"
        )
    return (
        f"has {len(case.assigned)} replicas and needs {case.partition.min_isr} in sync {NEED}: it is under min ISR "
        f"while {several('broker', case.leaving)} {verb(case.leaving, 'is', 'are')} stopped, and produce requests with "
        f"acks=all fail. Accept this with --accept-downtime {topic}, or increase its replication factor"
    )


def _under_min_isr(case: Case) -> str:
    # A partition that no order of restarts keeps writable has passed R4 already: its downtime is accepted.
    return (
        "" if case.cannot_lose_a_replica or len(case.partition.isr) >= case.partition.min_isr else _below_min_isr(case)
    )


def _below_min_isr(case: Case) -> str:
    has = f"is under min ISR: {several('in-sync replica', case.partition.isr)} of {case.partition.min_isr} {NEED}"
    if len(case.assigned) < case.partition.min_isr:
        topic = case.partition.topic
        return (
            f"{has}, which is more than its replication factor: produce requests with acks=all always fail. "
            f"Accept this with --accept-downtime {topic}, or increase its replication factor"
        )
    return f"{has}, so produce requests with acks=all fail now. {_wait(case.missing)}"


def _too_few_left(case: Case) -> str:
    need = case.need(case.allowed.min_replicas)
    if case.cannot_lose_a_replica or case.leaving.isdisjoint(case.partition.isr) or len(case.left) >= need:
        return ""
    why = NEED if need <= case.partition.min_isr else "(one to spare if another broker fails)"
    left = f"only {several('broker', case.left)} {verb(case.left, 'is', 'are')}" if case.left else "none is"
    return (
        f"has {several('in-sync replica', case.partition.isr)} and needs {need} {why}; without "
        f"{several('broker', case.leaving)} {left} left. {_remedy(case)}{_single_replica(case)}"
    )


def _single_replica(case: Case) -> str:
    return ", or accept a single in-sync replica with --min-replicas 1" if len(case.left) >= case.need(1) else ""


def _remedy(case: Case) -> str:
    behind = case.missing - case.stopped
    if behind:
        return _wait(behind)
    return "Stop fewer brokers at once" if len(case.leaving) > 1 else "Increase its replication factor"


def _wait(behind: frozenset[int]) -> str:
    return f"Wait for {several('broker', behind)} to catch up"


RULES: tuple[tuple[RollCode, Callable[[Case], str]], ...] = (
    (RollCode.OFFLINE, _has_no_leader),
    (RollCode.UNCLEAN_ELECTION, _unclean_election),
    (RollCode.PARTITION_MOVES, _being_reassigned),
    (RollCode.NO_SPARE_REPLICA, _no_spare_replica),
    (RollCode.UNDER_MIN_ISR, _under_min_isr),
    (RollCode.TOO_FEW_LEFT, _too_few_left),
)
