"""Partition rules: may brokers go away from one partition? The first rule that is hit blocks."""

from collections.abc import Callable

from kafka_fab.gate.id_lists import goes, several
from kafka_fab.gate.partition_case import Case, assigned
from kafka_fab.gate.state import Blocker, Partition, Waivers
from kafka_fab.runbook.codes import RollCode

NEED = "(min.insync.replicas)"


def blocker(partition: Partition, away: frozenset[int], allowed: Waivers) -> Blocker | None:
    """Return why these brokers cannot go away from a partition of theirs, None if they can."""
    if away.isdisjoint(partition.replicas):
        return None
    case = Case(partition, away, allowed)
    for code, says in RULES:
        text = says(case)
        if text:
            return about(partition, code, text, lasting=code is RollCode.NO_SPARE_REPLICA and not case.accepted)
    return None


def about(partition: Partition, code: RollCode, text: str, lasting: bool = False) -> Blocker:
    """Return a blocker of a partition, with its ISR and who is missing from it."""
    missing = assigned(partition) - partition.isr
    text = f"{partition.name} {text}"
    return Blocker(code, partition.name, text, tuple(sorted(partition.isr)), tuple(sorted(missing)), lasting)


def not_whole(partition: Partition, isr_before: frozenset[int], allowed: Waivers) -> Blocker | None:
    """Return why a partition is not yet as it was when the roll began, None if it is."""
    if partition.leader < 0:
        return about(partition, RollCode.OFFLINE, _leaderless(partition))
    lost = (isr_before & assigned(partition)) - partition.isr
    if lost:
        text = f"was in sync on {several('broker', lost)} when the roll began and is not now: wait until it is again"
        return about(partition, RollCode.NOT_IN_SYNC_AGAIN, text)
    if len(partition.isr) < partition.min_isr and not _never_writable(partition):
        return about(partition, RollCode.UNDER_MIN_ISR, _short(Case(partition, frozenset(), allowed)))
    return None


def outage(partition: Partition, away: frozenset[int]) -> str:
    """Return what a partition cannot do while brokers are away, nothing if it can do all."""
    case = Case(partition, away, Waivers())
    if not case.leaving or len(case.left) >= max(partition.min_isr, 1):
        return ""
    if case.left:
        needs = f"{len(case.left)} of {partition.min_isr} in-sync replicas"
        return f"{partition.name} takes no writes with acks=all: {needs} {NEED}"
    return f"{partition.name} has no leader: neither reads nor writes"


def _never_writable(partition: Partition) -> bool:
    # It was not writable when the roll began either: no step of a roll has changed that.
    return len(assigned(partition)) < partition.min_isr


def _no_leader(case: Case) -> str:
    return _leaderless(case.partition) if case.partition.leader < 0 else ""


def _leaderless(partition: Partition) -> str:
    homes = partition.isr or frozenset(partition.replicas)
    return (
        "has no leader: nobody can read or write it, and whoever goes away now may make that last. "
        f"Bring {several('broker', homes)} back first, where its last in-sync copies are"
    )


def _loses_messages(case: Case) -> str:
    if not case.partition.unclean or case.left or len(case.assigned) == 1:
        return ""
    return (
        f"has no in-sync replica left without {several('broker', case.leaving)}, and "
        "unclean.leader.election.enable lets one that is behind lead: acknowledged messages would be lost. "
        f"{_remedy(case)}"
    )


def _moving(case: Case) -> str:
    adding, removing = case.partition.adding, case.partition.removing
    if not (adding or removing):
        return ""
    moves = [
        *([f"to {several('broker', adding)}"] if adding else []),
        *([f"away from {several('broker', removing)}"] if removing else []),
    ]
    return f"is being moved {', '.join(moves)}: its copies cannot be counted on. Wait until that is over, or cancel it"


def _unwritable(case: Case) -> str:
    if not case.doomed:
        return ""
    if not case.accepted:
        return _not_accepted(case)
    if len(case.assigned) == 1 or (not case.missing and case.left):
        return ""
    before = "may be down (--accept-downtime), but only if all its replicas are in sync before and one of them stays"
    return f"{before}: {_not_now(case)}"


def _not_now(case: Case) -> str:
    if case.missing:
        return f"{several('broker', case.missing)} {goes(case.missing, 'is', 'are')} not in sync. {_wait(case.missing)}"
    return f"all of them go with {several('broker', case.leaving)}. {_remedy(case)}"


def _not_accepted(case: Case) -> str:
    topic = case.partition.topic
    if len(case.assigned) == 1:
        return (
            f"has its only replica on {several('broker', case.leaving)}: nobody can read or write it while that is "
            f"away. Accept this with --accept-downtime {topic}, or give it more replicas"
        )
    return (
        f"has {len(case.assigned)} replicas and needs {case.partition.min_isr} in sync {NEED}: while "
        f"{several('broker', case.leaving)} {goes(case.leaving, 'is', 'are')} away it takes no writes with acks=all. "
        f"Accept this with --accept-downtime {topic}, or give it more replicas"
    )


def _under_minimum(case: Case) -> str:
    # One that no order of restarts keeps writable has come past R4: its downtime is accepted.
    return "" if case.doomed or len(case.partition.isr) >= case.partition.min_isr else _short(case)


def _short(case: Case) -> str:
    has = f"has {several('in-sync replica', case.partition.isr)} and needs {case.partition.min_isr} {NEED}"
    if len(case.assigned) < case.partition.min_isr:
        topic = case.partition.topic
        return (
            f"{has}, more than it has replicas: it never takes writes with acks=all. "
            f"Accept this with --accept-downtime {topic}, or give it more replicas"
        )
    return f"{has}: it takes no writes with acks=all even now. {_wait(case.missing)}"


def _too_few_left(case: Case) -> str:
    need = case.need(case.allowed.min_copies)
    if case.doomed or case.leaving.isdisjoint(case.partition.isr) or len(case.left) >= need:
        return ""
    why = NEED if need <= case.partition.min_isr else "(a copy to spare, should another broker fail)"
    left = f"only {several('broker', case.left)} {goes(case.left, 'is', 'are')}" if case.left else "none is"
    return (
        f"has {several('in-sync replica', case.partition.isr)} and needs {need} {why}; without "
        f"{several('broker', case.leaving)} {left} left. {_remedy(case)}{_one_copy(case)}"
    )


def _one_copy(case: Case) -> str:
    return ", or accept a single copy with --min-copies 1" if len(case.left) >= case.need(1) else ""


def _remedy(case: Case) -> str:
    behind = case.missing - case.away
    if behind:
        return _wait(behind)
    return "Take fewer brokers at once" if len(case.leaving) > 1 else "Give it more replicas"


def _wait(behind: frozenset[int]) -> str:
    return f"Wait for {several('broker', behind)} to catch up"


RULES: tuple[tuple[RollCode, Callable[[Case], str]], ...] = (
    (RollCode.OFFLINE, _no_leader),
    (RollCode.UNCLEAN_ELECTION, _loses_messages),
    (RollCode.PARTITION_MOVES, _moving),
    (RollCode.NO_SPARE_REPLICA, _unwritable),
    (RollCode.UNDER_MIN_ISR, _under_minimum),
    (RollCode.TOO_FEW_LEFT, _too_few_left),
)
