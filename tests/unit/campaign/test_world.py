"""Worlds: the product reads the files of every one that a plan leads to."""

from itertools import islice
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.topics import topics_file
from tests.campaign import plan, world
from tests.campaign.world import KINDS, Kind, World


def write(folder: Path, wanted: World) -> None:
    (folder / "conf").mkdir(exist_ok=True)
    groups = world.groups(wanted.kind, ("one", "two", "three"))
    text = "\n".join("\n".join([f"[{name}]", *lines]) for name, lines in groups.items())
    (folder / "hosts.ini").write_text(f"{text}\n")
    (folder / "conf/cluster.yaml").write_text(world.settings(wanted))
    (folder / "conf/topics.yaml").write_text(world.topics(wanted))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_files_of_every_world_are_read(kind: Kind, tmp_path: Path) -> None:
    for step in islice(plan.steps(7, kind), 30):
        for command in step.operation.commands:
            write(tmp_path, command.world)
            load.cluster.cache_clear()
            cluster = load.cluster(tmp_path)
            assert cluster.settings.version == (kind.after if command.world.is_later_wanted else kind.before)
            assert cluster.kraft == (kind.beside == "controller")
            read, warnings = topics_file.wanted(cluster)
            assert {topic.name for topic in read.topics} == command.world.topics.keys()
            assert warnings == ()
    load.cluster.cache_clear()


def test_a_world_is_mixed_or_settled_by_its_hosts_and_its_settings() -> None:
    begun = World(KINDS["kraft"])
    prepared = World(KINDS["kraft"], is_later_wanted=True)
    one = World(KINDS["kraft"], is_later_wanted=True, upgraded=frozenset({1}))
    every = World(KINDS["kraft"], is_later_wanted=True, upgraded=frozenset({0, 1, 2}))
    assert [each.is_settled for each in (begun, prepared, one, every)] == [True, False, False, True]
    assert [each.is_mixed for each in (begun, prepared, one, every)] == [False, False, True, False]
    assert [one.version(host) for host in (0, 1, 2)] == ["3.9.1", "4.3.1", "3.9.1"]
