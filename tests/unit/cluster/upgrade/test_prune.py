"""Which trees of a host may go."""

import pytest

from kafka_fab.cluster.upgrade import prune
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role


def tree(version: str) -> str:
    return f"/opt/kafka_2.13-{version}"


ALL = tuple(map(tree, ("4.3.1", "3.9.1", "2.8.2", "3.10.0")))


def service(starts: str = "", runs: str = "", saved: str = "") -> ServiceVersion:
    paths = [tree(version) if version else "" for version in (starts, runs, saved)]
    return ServiceVersion("a", Role.BROKER, "kafka", paths[0], paths[1], paths[2], ALL)


@pytest.mark.parametrize(
    ("services", "wanted", "gone"),
    [
        ([service("4.3.1", "4.3.1")], "4.3.1", ["2.8.2", "3.9.1"]),
        ([service("4.3.1", "3.9.1")], "4.3.1", ["2.8.2"]),
        ([service("4.3.1", "4.3.1", saved="2.8.2")], "4.3.1", ["3.9.1"]),
        ([service("4.3.1", "4.3.1"), service("2.8.2")], "4.3.1", ["3.9.1"]),
        ([service()], "3.9.1", ["2.8.2"]),
        ([], "3.9.1", []),
    ],
)
def test_what_nothing_needs_goes_but_the_two_newest(
    services: list[ServiceVersion], wanted: str, gone: list[str]
) -> None:
    assert prune.removable(services, tree(wanted)) == tuple(map(tree, gone))


def test_a_host_of_two_versions_keeps_both() -> None:
    two = ServiceVersion("a", Role.BROKER, "kafka", tree("3.9.1"), tree("3.9.1"), "", (tree("2.8.2"), tree("3.9.1")))
    assert prune.removable([two], tree("3.9.1")) == ()


def test_a_name_without_a_number_is_older_than_all() -> None:
    odd = ServiceVersion("a", Role.BROKER, "kafka", trees=("/opt/kafka_x-old", tree("2.8.2"), tree("3.9.1")))
    assert prune.removable([odd], tree("3.9.1")) == ("/opt/kafka_x-old",)
