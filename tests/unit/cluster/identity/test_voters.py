"""Controllers' disks compared with the quorum, and when an empty one may be formatted: pure rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.identity.migration import Migration
from kafka_fab.cluster.identity.voters import (
    DiskStatus,
    MetadataDir,
    MetadataDirProblem,
    Storage,
    Voters,
    refusals,
    replaced,
    risks,
    status,
)
from kafka_fab.cluster.roles import kraft
from tests.unit.folders import written

HOSTS = {4: "d", 5: "e", 6: "f"}
DISKS = tuple(MetadataDir(host, number, "/m", formatted=True, directory=f"D{number}") for number, host in HOSTS.items())
DYNAMIC = Voters({number: f"D{number}" for number in HOSTS}, frozenset({4, 5}))
STATIC = Voters(dict.fromkeys(HOSTS, ""), frozenset({4, 5}))


def emptied(*numbers: int) -> tuple[MetadataDir, ...]:
    return tuple(replace(one, formatted=False, directory="") if one.id in numbers else one for one in DISKS)


def refused(storage: Storage) -> dict[str, MetadataDirProblem]:
    return refusals(storage, HOSTS.values())


@pytest.mark.parametrize(
    ("disk", "voters", "expected"),
    [
        (DISKS[2], DYNAMIC, DiskStatus.VOTER),
        (emptied(6)[2], DYNAMIC, DiskStatus.EMPTY),
        (replace(DISKS[2], directory="new"), DYNAMIC, DiskStatus.REPLACED),
        (replace(DISKS[2], id=7), DYNAMIC, DiskStatus.OBSERVER),
        (replace(emptied(6)[2], id=7), DYNAMIC, DiskStatus.OBSERVER),
        (replace(DISKS[2], directory="new"), STATIC, DiskStatus.VOTER),
        (emptied(6)[2], STATIC, DiskStatus.EMPTY),
        (replace(DISKS[2], directory=""), DYNAMIC, DiskStatus.VOTER),
    ],
)
def test_the_status_of_a_disk_in_the_quorum(disk: MetadataDir, voters: Voters, expected: DiskStatus) -> None:
    assert status(disk, voters) == expected


def test_a_voter_s_disk_that_is_empty_is_not_formatted_and_the_remedy_is_named() -> None:
    [(host, wrong)] = refused(Storage(emptied(6), True, DYNAMIC)).items()
    assert host == "f"
    for part in ("voter with directory id D6", "mounted?", "fab quorum.remove f", "fab -H f start", "fab quorum.add f"):
        assert part in str(wrong)


def test_a_disk_that_was_replaced_is_named_with_both_directory_ids_and_the_remedy() -> None:
    disks = (*DISKS[:2], replace(DISKS[2], directory="new"))
    [(host, wrong)] = replaced(disks, DYNAMIC).items()
    assert host == "f"
    for part in ("directory id new", "directory id D6", "fab quorum.remove f", "fab quorum.add f"):
        assert part in str(wrong)
    assert not replaced((*DISKS[:2], replace(DISKS[2], error="no route", formatted=False)), DYNAMIC)


def test_two_of_three_emptied_are_refused_before_anything_is_formatted() -> None:
    found = refused(Storage(emptied(5, 6), True, None))
    assert found.keys() == {"e", "f"}
    assert all("only 1 of 3 controllers have their data" in str(wrong) for wrong in found.values())


def test_one_emptied_while_all_are_stopped_waits_for_the_others() -> None:
    [wrong] = refused(Storage(emptied(6), True, None)).values()
    assert "fab -H d,e start" in wrong.remedy


def test_a_new_cluster_and_a_new_controller_are_formatted() -> None:
    assert not refused(Storage(emptied(4, 5, 6)))
    # An interrupted format has left one of them formatted, and no quorum has run.
    assert not refused(Storage(emptied(5, 6)))
    new = MetadataDir("g", 7, "/m")
    assert not refusals(Storage((*DISKS, new), True, DYNAMIC), ["g"])


def test_a_new_cluster_s_controller_that_cannot_be_asked_stops_the_format() -> None:
    disks = (*emptied(4, 5)[:2], replace(DISKS[2], formatted=False, error="no route"))
    assert all("f cannot be asked" in wrong.found for wrong in refused(Storage(disks)).values())


def test_a_static_voter_is_formatted_where_a_majority_of_the_others_has_caught_up_with_a_note() -> None:
    storage = Storage(emptied(6), True, STATIC)
    assert not refused(storage)
    assert "the disk of voter 6 was empty" in risks(storage)["f"]
    behind = replace(storage, voters=replace(STATIC, caught_up=frozenset({4, 6})))
    assert refused(behind).keys() == {"f"}
    assert not risks(behind)


@given(
    st.sets(st.integers(1, 7), min_size=1),
    st.sets(st.integers(1, 7)),
    st.sets(st.integers(1, 7)),
    st.booleans(),
    st.booleans(),
)
def test_what_is_formatted_never_costs_a_committed_record_or_a_vote(
    controllers: set[int], kept: set[int], up: set[int], led: bool, dynamic: bool
) -> None:
    disks = tuple(MetadataDir(f"h{at}", at, "/m", at in kept, f"D{at}" if at in kept else "") for at in controllers)
    voters = Voters({at: f"D{at}" if dynamic else "" for at in controllers}, frozenset(up & kept & controllers))
    no = refusals(Storage(disks, True, voters if led else None), [one.host for one in disks])
    formatted = [one for one in disks if not one.formatted and one.host not in no]
    # Each of these is a voter: only a static quorum takes one back, and only beside a majority that has every record.
    assert not formatted or (led and not dynamic)
    for one in formatted:
        assert 2 * len(voters.caught_up - {one.id}) > len(controllers)


@pytest.mark.parametrize(
    ("found", "voters", "words"),
    [
        (Migration("z:2181/k", 116), None, "/migration in ZooKeeper z:2181/k has offset 116, so ZooKeeper's metadata"),
        (Migration("z:2181", 0), replace(STATIC, high_watermark=0), "has offset 0"),
        (Migration("z:2181", 116), replace(STATIC, high_watermark=116), "has offset 116"),
        (Migration("z:2181", 116), replace(STATIC, high_watermark=115), "high watermark is 115, below the offset 116"),
        (Migration("z:2181", error="no server"), None, "cannot be read (no server): a formatted controller"),
    ],
)
def test_no_controller_is_formatted_while_zookeeper_has_been_copied(
    found: Migration, voters: Voters | None, words: str
) -> None:
    # Neither a new cluster nor a majority that has caught up allows it.
    for has_run in (False, True):
        storage = Storage(emptied(6), has_run, voters, (Migration("y:2181"), found))
        [(host, wrong)] = refused(storage).items()
        assert host == "f"
        assert words in str(wrong)
        assert "would delete every topic from ZooKeeper" in str(wrong)
    assert not refused(Storage(DISKS, True, voters, (found,))), "nothing is formatted"


def test_a_migration_that_has_copied_nothing_is_none() -> None:
    assert not refused(Storage(emptied(4, 5, 6), migrations=(Migration("z:2181", -1),)))


def test_a_separate_metadata_directory_is_formatted_and_checked(tmp_path: Path) -> None:
    settings = (
        "version: 3.9.1\nkafka: {log_dirs: [/d1, /d2], properties: {metadata.log.dir: /m}}\n"
        "controller: {properties: {metadata.log.dir: /c}}\n"
    )
    cluster = written(tmp_path, "[kafka]\na id=1\nb id=2\n[controller]\na id=1\nc id=3\n", settings)
    assert kraft.directories(cluster, cluster.nodes["a"]) == ("/d1", "/d2", "/m")
    assert kraft.metadata_directory(cluster, cluster.nodes["b"]) == "/m"
    # An isolated controller does not read what brokers are told.
    assert kraft.metadata_directory(cluster, cluster.nodes["c"]) == "/c"
