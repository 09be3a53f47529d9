"""High watermark: an idle quorum by its readings."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.gate.high_watermark import IDLE, HighWatermark, followed, idle


@pytest.mark.parametrize(
    ("offset", "epoch", "since"), [(10, 3, 1.0), (11, 3, 9.0), (10, 4, 9.0), (9, 4, 9.0)]
)  # fmt: skip
def test_it_counts_from_its_last_advance_or_from_the_leaders_election(offset: int, epoch: int, since: float) -> None:
    assert followed(HighWatermark(10, 3, 1.0), offset, epoch, 9.0) == HighWatermark(offset, epoch, since)


@pytest.mark.parametrize(
    ("seconds", "interval", "found"),
    [(4.9, 500, 0.0), (5.0, 500, 5.0), (5.0, 0, 0.0), (99.0, 0, 0.0), (9.0, 1000, 0.0), (10.0, 1000, 10.0)],
)
def test_it_is_idle_after_ten_intervals_and_never_where_none_is_set(
    seconds: float, interval: int, found: float
) -> None:
    assert idle(HighWatermark(10, 3, 100.0), 100.0 + seconds, interval) == found


@given(st.lists(st.tuples(st.floats(0.01, 20), st.booleans()), min_size=1))
def test_it_is_idle_for_as_long_as_nothing_has_been_written(steps: list[tuple[float, bool]]) -> None:
    now, offset, mark, last = 0.0, 0, HighWatermark(0, 1, 0.0), 0.0
    for seconds, written in steps:
        now += seconds
        offset += written
        last = now if written else last
        mark = followed(mark, offset, 1, now)
        assert idle(mark, now, 500) == (now - last if now - last >= IDLE else 0.0)
    assert all(first <= second for first, second in pairwise([0.0, mark.since]))
