"""Counted: a number with its noun, as sentences and tables have it."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 partition, 2 partitions."""
    return f"{number} {noun}{'s' * (number != 1)}"
