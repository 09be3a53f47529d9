"""Typed options: the options of a task as a value, from the task's arguments."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def typed(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return the options among a task's arguments; an iterable one that was not typed is None there."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in known and value is not None})
