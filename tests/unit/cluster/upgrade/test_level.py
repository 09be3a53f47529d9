"""Levels: protocol and features of a release, as Kafka names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.release import metadata_version
from kafka_fab.cluster.upgrade import level

VERSIONS = ("0.8.0", "0.8.2.2", "0.10.1.0", "0.11.0.3", "1.0.0", "1.1.1", "2.8.2", "3.0.0", "3.9.1", "4.0.0", "4.3.1")


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("0.8.0", "0.8.0"),
        ("0.8.2.2", "0.8.2"),
        ("0.10.1.0", "0.10.1"),
        ("1.0.0", "1.0"),
        ("2.8.2", "2.8"),
        ("3.9.1", "3.9"),
    ],
)
def test_the_protocol_of_a_release(version: str, named: str) -> None:
    assert level.of_release(version) == named


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_protocols_compare_as_their_releases(one: str, other: str) -> None:
    ranks = [level.rank(level.of_release(version)) for version in (one, other)]
    assert (ranks[0] < ranks[1]) == (VERSIONS.index(one) < VERSIONS.index(other))


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("2.8-IV0", "2.8-IV1"),
        ("2.8-IV1", "2.8"),
        ("2.8", "3.0-IV0"),
        ("0.8.0", "0.8.1"),
        ("0.10.2-IV0", "0.11.0"),
        ("0.11.0", "1.0"),
    ],
)
def test_a_level_may_have_a_number(lower: str, higher: str) -> None:
    assert level.rank(lower) < level.rank(higher)


@pytest.mark.parametrize("text", ["", "latest", "3", "3.9-IVx", "${x}"])
def test_what_is_no_level(text: str) -> None:
    assert level.rank(text) == ()


def test_the_features_of_4_3() -> None:
    assert level.features("4.3.1") == {
        "metadata.version": 30,
        "transaction.version": 2,
        "group.version": 1,
        "eligible.leader.replicas.version": 1,
        "share.version": 1,
        "streams.version": 1,
    }


def test_features_of_other_releases() -> None:
    assert level.features("3.9.1") == {"metadata.version": 21}
    assert level.features("4.0.0") == {"metadata.version": 25, "transaction.version": 2, "group.version": 1}
    assert "streams.version" not in level.features("4.1.0")
    assert level.features("2.8.2") == level.features("5.0.0") == {}


RELEASES = ("3.3.0", "3.6.0", "3.9.1", "4.0.0", "4.1.0", "4.2.0", "4.3.1")


@given(st.sampled_from(RELEASES), st.sampled_from(RELEASES))
def test_a_later_release_has_all_levels_and_the_quorum_is_never_made_dynamic(one: str, other: str) -> None:
    lower, higher = (level.features(version) for version in sorted((one, other), key=RELEASES.index))
    assert all(number <= higher[name] for name, number in lower.items())
    assert metadata_version.name_of(level.features(one)["metadata.version"]).startswith(f"{level.of_release(one)}-")
    assert level.NEVER_RAISED not in higher


def test_levels_for_a_person() -> None:
    assert level.named("metadata.version", 30) == "metadata.version 4.3-IV0"
    assert level.named("group.version", 1) == "group.version 1"
