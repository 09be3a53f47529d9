"""Outside verdict: what became of an outside client's messages, and of those of all clients of a test run. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# So many of the lost and of the reordered messages, and of the errors, are named.
NAMED = 20
COUNTS = ("acknowledged", "lost_messages", "reordered", "duplicates")


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Messages:
    """Numbered messages of one partition and their offsets, in the order in which they came.

    An offset below 0 is unknown: the broker had acknowledged the message before, and says only that.
    """

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        # Plain integers: there are millions of them.
        self.numbers, self.offsets = array("q"), array("q")
        for number, offset in pairs:
            self.add(number, offset)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.numbers, self.offsets, strict=True)

    def add(self, number: int, offset: int) -> None:
        """Append a message."""
        self.numbers.append(number)
        self.offsets.append(offset)


def verdict(
    acknowledged: Mapping[Place, Messages], found: Mapping[Place, Messages], errors: Sequence[str], stall: float
) -> dict[str, Any]:
    """Return what became of the messages that each partition acknowledged, by those that were found in it, in order.

    - lost: acknowledged, and not found in its partition at its offset, or nowhere there where the offset is unknown.
    - duplicates: found once more.
    - reordered: first found after a later one of its partition; late: some of them.
    - longest_stall: the longest time between two acknowledgements of one partition, in seconds.
    """
    lost = sorted(number for at, those in acknowledged.items() for number in _lost(those, found.get(at, Messages())))
    late = sorted(number for those in found.values() for number in _late(those.numbers))
    return {
        "acknowledged": sum(map(len, acknowledged.values())),
        "lost": lost[:NAMED],
        "lost_messages": len(lost),
        "late": late[:NAMED],
        "reordered": len(late),
        "duplicates": sum(len(those) - len(set(those.numbers)) for those in found.values()),
        "errors": list(errors[:NAMED]),
        "all_errors": len(errors),
        "longest_stall": round(stall, 3),
    }


def _lost(acknowledged: Messages, found: Messages) -> Iterator[int]:
    there, anywhere = dict(zip(found.offsets, found.numbers, strict=True)), set(found.numbers)
    for number, offset in acknowledged:
        if there.get(offset) != number if offset >= 0 else number not in anywhere:
            yield number


def _late(numbers: Iterable[int]) -> Iterator[int]:
    highest = -1
    for number in dict.fromkeys(numbers):
        if number < highest:
            yield number
        highest = max(highest, number)


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
