"""Id lists: ids and blockers as text."""

from collections.abc import Collection, Iterable

from kafka_fab.gate.state import Blocker
from kafka_fab.runbook.codes import RollCode, coded

# Each concerns one partition; many partitions of a topic may have the same one.
PARTITION = frozenset(
    {
        RollCode.OFFLINE,
        RollCode.UNCLEAN_ELECTION,
        RollCode.PARTITION_MOVES,
        RollCode.NO_SPARE_REPLICA,
        RollCode.UNDER_MIN_ISR,
        RollCode.TOO_FEW_LEFT,
        RollCode.NOT_IN_SYNC_AGAIN,
    }
)


def summarized(blockers: Iterable[Blocker]) -> tuple[str, ...]:
    """Return blockers as lines: one for all partitions of a topic with the same code, with their number."""
    lines: dict[tuple[RollCode, str], list[Blocker]] = {}
    for one in blockers:
        topic = one.where.rpartition("-")[0] if one.code in PARTITION else one.text
        same = lines.setdefault((one.code, topic), [])
        if all(other.where != one.where for other in same):
            same.append(one)
    return tuple(
        coded(same[0].text + (f" ({len(same) - 1} more of {topic})" if len(same) > 1 else ""), code)
        for (code, topic), same in lines.items()
    )


def several(noun: str, ids: Collection[int]) -> str:
    """Return noun and ids: broker 3, or brokers 1, 3, or no broker."""
    return f"{noun}{'s' if len(ids) > 1 else ''} {listed(ids)}" if ids else f"no {noun}"


def listed(ids: Collection[int]) -> str:
    """Return ids in order: 1, 3."""
    return ", ".join(map(str, sorted(ids)))


def verb(ids: Collection[int], one: str, more: str) -> str:
    """Return the verb that fits as many as these."""
    return more if len(ids) > 1 else one
