"""The table of versions: which rules a version follows, and what Apache calls its archive."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.release import release

calm = settings(deadline=None, max_examples=50)  # other work on the machine is no failure


@pytest.mark.parametrize(
    ("version", "tested"),
    [
        ("0.8.0", "0.8.0"), ("3.0.0", "3.9.1"), ("3.9.0", "3.9.1"), ("3.9.1", "3.9.1"), ("3.9.99", "3.9.1"),
        ("0.7.2", None), ("0.8.1", None), ("0.8.2.2", None), ("2.7.0", None), ("2.8.2", "2.8.2"), ("3.10.0", None),
        ("4.0.0", "4.3.1"), ("4.9.0", "4.3.1"), ("5.0.0", "4.3.1"),
    ],
)  # fmt: skip
def test_the_rules_of_a_version(version: str, tested: str | None) -> None:
    found = release.of(version)
    assert (found.tested if found else None) == tested


@pytest.mark.parametrize(
    ("version", "scala", "archive"),
    [
        ("0.8.0", "", "kafka_2.8.0-0.8.0.tar.gz"),
        ("3.9.1", "", "kafka_2.13-3.9.1.tgz"),
        ("3.9.1", "2.12", "kafka_2.12-3.9.1.tgz"),
    ],
)
def test_archive_names(version: str, scala: str, archive: str) -> None:
    found = release.of(version)
    assert found
    assert found.archive(version, scala) == archive


def test_the_known_versions_in_words() -> None:
    assert release.known() == "0.8.0, 2.8.x, 3.0 to 3.8, 3.9.x, 4.x"


@pytest.mark.parametrize("place", ["conf", "examples/kafka-0.8.0/conf"])
def test_every_shipped_property_is_known(place: str) -> None:
    shipped = yaml.safe_load((HOME / place / "cluster.yaml").read_text())
    rules = release.of(shipped["version"])
    assert rules
    assert shipped["kafka"]["properties"].keys() <= rules.property_names


@pytest.mark.parametrize("rules", release.RELEASES, ids=lambda rules: str(rules.first))
def test_each_line_holds_together(rules: release.Release) -> None:
    found = release.of(rules.tested)
    assert found
    assert found.tested == rules.tested
    assert rules.first <= rules.last
    assert rules.java[0] <= rules.java[1]
    assert rules.zookeeper == ("zookeeper.connect" in rules.property_names)
    assert not rules.kraft or {"process.roles", "node.id"} <= rules.property_names


def test_what_differs_in_0_8_0() -> None:
    old, new = release.of("0.8.0"), release.of("3.9.1")
    assert old
    assert new
    assert "broker.rack" not in old.property_names
    assert "broker.rack" in new.property_names
    assert (old.creates_chroot, new.creates_chroot) == (False, True)
    assert (old.metadata_version, new.metadata_version) == (0, 1)


@calm
@given(st.lists(st.integers(0, 99), min_size=3, max_size=4))
def test_no_version_has_two_lines(parts: list[int]) -> None:
    fits = [
        r for r in release.RELEASES if r.first <= tuple(parts[: len(r.first)]) and parts[: len(r.last)] <= list(r.last)
    ]
    # A version newer than all lines follows the newest one's rules.
    expected = fits or ([release.V4] if parts[0] > 4 else [])
    assert expected == list(filter(None, [release.of(".".join(map(str, parts)))]))
