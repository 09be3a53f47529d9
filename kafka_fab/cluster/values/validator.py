"""Validator: what a setting's value must be, in words and as a question."""

import re
from collections.abc import Callable
from typing import Any

from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Validator:
    """What a value must be: in words, and as a question that returns why one is not, or nothing."""

    wanted: str
    refuses: Callable[[Any], str]

    def __call__(self, value: Any) -> str:
        """Return why a value is not what is wanted, or nothing."""
        return self.refuses(value)


def matching(pattern: str, what: str) -> Validator:
    """Return a check that a text matches a pattern, said in the words of `what`."""
    return Validator(what, lambda text: "" if re.fullmatch(pattern, text) else f"{what} is wanted, found `{text}`")


def decimal(text: str) -> int:
    """Return the number that a text of digits is, of a size that makes sense; else -1."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else -1


def within(low: int, high: int) -> Validator:
    """Return a check that a number lies within bounds."""
    words = f"{low} to {high}"
    return Validator(words, lambda number: "" if low <= number <= high else f"{words} is wanted, found {number}")


def each(check: Validator) -> Validator:
    """Return a check that every item of a list passes another check, and that there is one."""
    some = "at least one is wanted"
    return Validator(
        f"a list, each {check.wanted}", lambda items: next(filter(None, map(check, items)), "") if items else some
    )
