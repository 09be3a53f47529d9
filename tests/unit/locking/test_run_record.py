"""An operation's name: what is sorted by it is sorted by when it began."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.locking.run_record import new_run

# From 2020 to 2030.
MOMENTS = st.integers(1_577_836_800_000, 1_893_456_000_000)


def begun_at(milliseconds: int, zone: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        patch.setattr(time, "time_ns", lambda: milliseconds * 10**6)
        return new_run("stop", ()).id


@given(MOMENTS, st.integers(1, 3000), st.permutations(["UTC", "Asia/Tokyo", "America/Lima"]))
def test_whoever_begins_later_has_the_greater_id_in_any_time_zone(first: int, later: int, zones: list[str]) -> None:
    assert begun_at(first, zones[0]) < begun_at(first + later, zones[1])


def test_two_that_begin_at_once_differ() -> None:
    assert begun_at(1_700_000_000_000, "UTC") != begun_at(1_700_000_000_000, "UTC")


@pytest.fixture(autouse=True, scope="module")
def zone_as_before() -> Iterator[None]:
    yield
    time.tzset()
