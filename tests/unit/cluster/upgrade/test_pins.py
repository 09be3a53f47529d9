"""Pins: what keeps a new release at the level of the old one, and when it goes."""

from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.upgrade import level, pins
from kafka_fab.cluster.upgrade.pins import FORMAT, PROTOCOL

VERSIONS = ("0.8.0", "2.8.2", "3.0.2", "3.6.0", "3.9.0", "3.9.1")
LEVELS = st.sampled_from(["0.8.0", "0.10.2", "2.8", "2.8-IV1", "3.0", "3.9"])
FILES = st.dictionaries(st.sampled_from(pins.KEYS), LEVELS)


def test_a_hop_pins_the_level_of_before() -> None:
    assert pins.of_hop("2.8.2", "3.9.1", {}, {}) == {PROTOCOL: "2.8"}
    assert pins.of_hop("0.8.0", "2.8.2", {}, {}) == {PROTOCOL: "0.8.0", FORMAT: "0.8.0"}
    assert pins.of_hop("3.9.0", "3.9.1", {}, {}) == {}


def test_what_is_pinned_already_stays() -> None:
    assert pins.of_hop("2.8.2", "3.9.1", {PROTOCOL: "2.4"}, {}) == {PROTOCOL: "2.4"}
    assert pins.of_hop("2.8.2", "3.9.1", {FORMAT: "0.10.2"}, {}) == {PROTOCOL: "2.8", FORMAT: "0.10.2"}


def test_what_the_settings_say_is_not_pinned() -> None:
    assert pins.of_hop("2.8.2", "3.9.1", {}, {PROTOCOL: "2.8"}) == {}


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS), FILES, FILES)
def test_pins_never_raise_a_level_and_are_taken_away_one_by_one(
    before: str, after: str, on_disk: dict[str, str], wanted: dict[str, str]
) -> None:
    found = pins.of_hop(before, after, on_disk, wanted)
    assert not set(found) & set(wanted)
    assert found.items() <= {PROTOCOL: level.of_release(before), FORMAT: level.of_release(before), **on_disk}.items()
    left = dict(found)
    for expected in [key for key in pins.KEYS if key in found]:
        assert pins.due(left, wanted) == expected
        del left[expected]
    assert pins.due(left, wanted) == ""


def test_settings_that_would_raise_the_level_in_the_middle_of_an_upgrade() -> None:
    assert "the upgrade pins 2.8, and finalize raises it" in pins.contradiction("2.8.2", {}, {PROTOCOL: "3.9"})
    assert pins.contradiction("2.8.2", {}, {PROTOCOL: "2.8"}) == ""
    assert pins.contradiction("2.8.2", {PROTOCOL: "2.4"}, {PROTOCOL: "2.8"}) != ""
    assert pins.contradiction("2.8.2", {}, {}) == ""
