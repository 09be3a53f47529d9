"""Outside verdict: what became of an outside client's messages, and of those of all clients of a test run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

# So many of the lost messages, and of the errors, are named.
NAMED = 20
COUNTS = ("acknowledged", "lost_messages", "reordered", "duplicates")


def verdict(
    acknowledged: Mapping[int, Collection[int]], found: Mapping[int, Sequence[int]], errors: Sequence[str], stall: float
) -> dict[str, Any]:
    """Return what became of the messages that each partition acknowledged, by those that were found in it, in order.

    - lost: acknowledged, and not found.
    - duplicates: found once more.
    - reordered: first found after a later one of its partition.
    - longest_stall: the longest time between two acknowledgements of one partition, in seconds.
    """
    lost = sorted(number for at, numbers in acknowledged.items() for number in set(numbers) - set(found.get(at, ())))
    return {
        "acknowledged": sum(map(len, acknowledged.values())),
        "lost": lost[:NAMED],
        "lost_messages": len(lost),
        "reordered": sum(_reordered(numbers) for numbers in found.values()),
        "duplicates": sum(len(numbers) - len(set(numbers)) for numbers in found.values()),
        "errors": list(errors[:NAMED]),
        "longest_stall": round(stall, 3),
    }


def _reordered(numbers: Sequence[int]) -> int:
    count, highest = 0, -1
    for number in dict.fromkeys(numbers):
        count += number < highest
        highest = max(highest, number)
    return count


def total(verdicts: Iterable[Mapping[str, Any]]) -> str:
    """Return the verdicts of several clients in one line; nothing where there was none."""
    every = list(verdicts)
    if not every:
        return ""
    acknowledged, lost, reordered, duplicates = (sum(one.get(name, 0) for one in every) for name in COUNTS)
    stall = max(one.get("longest_stall", 0.0) for one in every)
    return (
        f"{acknowledged:,} messages of {len(every)} outside clients acknowledged, {lost} lost, {reordered} reordered, "
        f"{duplicates} duplicates, longest stall {stall:.2f} s"
    )
