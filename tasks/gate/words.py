"""Words: ids as an operator reads them in a blocker's sentence."""

from collections.abc import Collection


def several(noun: str, ids: Collection[int]) -> str:
    """Return noun and ids: broker 3, or brokers 1, 3, or no broker."""
    return f"{noun}{'s' if len(ids) > 1 else ''} {listed(ids)}" if ids else f"no {noun}"


def listed(ids: Collection[int]) -> str:
    """Return ids in order: 1, 3."""
    return ", ".join(map(str, sorted(ids)))


def goes(ids: Collection[int], one: str, more: str) -> str:
    """Return the verb that fits as many as these."""
    return more if len(ids) > 1 else one
