"""Our dataclasses are the standard library's in all that a value does; they are only quicker to define."""

from __future__ import annotations

import dataclasses
import time
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError, asdict, field, replace
from functools import cached_property
from typing import Any

import pytest

from kafka_fab.frozen_value import dataclass


class Plain:
    name: str
    size: int = 1
    words: tuple[str, ...] = ()
    seen: list[int] = field(default_factory=list, compare=False)
    hidden: str = field(default="", repr=False)

    @cached_property
    def length(self) -> int:
        return len(self.name)


def made(decorated: Any) -> Any:
    return decorated(type("Value", (Plain,), dict(vars(Plain)) | {"__annotations__": Plain.__annotations__}))


OURS, THEIRS = made(dataclass(frozen=True)), made(dataclasses.dataclass(frozen=True))
ARGUMENTS = [("a",), ("a", 1), ("a", 2), ("b", 1, ("x",)), ("a", 1, (), [3]), ("a", 1, (), [], "z")]


@pytest.mark.parametrize("first", ARGUMENTS)
@pytest.mark.parametrize("second", ARGUMENTS)
def test_values_are_equal_where_the_library_s_are(first: Any, second: Any) -> None:
    assert (OURS(*first) == OURS(*second)) == (THEIRS(*first) == THEIRS(*second))
    assert (OURS(*first) != OURS(*second)) == (THEIRS(*first) != THEIRS(*second))
    assert (len({OURS(*first), OURS(*second)}) == 1) == (len({THEIRS(*first), THEIRS(*second)}) == 1)


def test_a_value_is_no_other_class_s() -> None:
    assert OURS("a") != THEIRS("a")
    assert OURS("a") != ("a", 1, ())


@pytest.mark.parametrize("given", ARGUMENTS)
def test_a_value_says_what_it_holds(given: Any) -> None:
    assert repr(OURS(*given)) == repr(THEIRS(*given))


def test_a_value_stays_as_it_is() -> None:
    value = OURS("a")
    for name in ("name", "size", "seen", "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "b")
        with pytest.raises(FrozenInstanceError):
            delattr(value, name)
    assert (value, value.length) == (OURS("a"), 1)


def test_a_value_is_copied_replaced_and_taken_apart() -> None:
    value = OURS("a", 2, ("x",))
    assert copy(value) == deepcopy(value) == value
    assert replace(value, size=3) == OURS("a", 3, ("x",))
    assert asdict(value) == asdict(THEIRS("a", 2, ("x",)))


def test_one_that_is_not_frozen_is_the_library_s() -> None:
    @dataclass
    class Open:
        name: str = ""

    value = Open()
    value.name = "b"
    assert value == Open("b")


def test_a_value_without_fields_is_equal_to_another() -> None:
    @dataclass(frozen=True)
    class Nothing:
        pass

    assert (Nothing(), hash(Nothing())) == (Nothing(), hash(Nothing()))


def test_a_class_takes_less_time_to_define_than_the_library_s() -> None:
    def spent(decorated: Any) -> float:
        began = time.process_time()
        for _ in range(50):
            made(decorated)
        return time.process_time() - began

    assert spent(dataclass(frozen=True)) < 0.7 * spent(dataclasses.dataclass(frozen=True))
