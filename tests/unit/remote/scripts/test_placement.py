"""What lies on a host's disks: the shell's look at it, what is made of its lines, and the offsets in names."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.live.client.describe_log_dirs import ReplicaLog
from kafka_fab.operate.placement import host_disks
from kafka_fab.operate.placement.placement_text import folder, verdict
from kafka_fab.operate.placement.segments import PartitionFolder, SegmentFile, in_words, offsets
from kafka_fab.remote import script
from tests.unit.remote.scripts.shells import SHELLS


def ask(*words: object, shell: str = "sh") -> list[Change]:
    body = join(map(str, words))
    text = script.with_library(body, apply=False, watched=False, extra=script.PLACEMENT)
    ended = subprocess.run([shell, "-s"], input=text, text=True, capture_output=True, timeout=20, check=True)
    assert not ended.stderr
    reader = ChangeReader()
    return [change for change in map(reader.feed, ended.stdout.splitlines()) if change]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A log directory with two partitions, one on its way here, and what else lies about."""
    for name, size in {
        "orders-0/00000000000000000000.log": 100,
        "orders-0/00000000000000000040.log": 23,
        "orders-0/00000000000000000040.index": 999,
        "a.b_c-d-12/00000000000000000000.log": 7,
        "orders-1.5d3f-future/00000000000000000000.log": 5,
        "orders-2.5d3f-delete/00000000000000000000.log": 50,
        "meta.properties": 80,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / "empty-3").mkdir()
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_sizes_are_those_of_the_segments(logs: Path, shell: str) -> None:
    [found] = host_disks.parsed(ask("ask_sizes", logs, shell=shell))
    assert (found.path, found.error) == (str(logs), "")
    assert sorted(found.replicas, key=lambda one: one.topic_partition) == [
        ReplicaLog("a.b_c-d", 12, 7),
        ReplicaLog("empty", 3, 0),
        ReplicaLog("orders", 0, 123),
        ReplicaLog("orders", 1, 5, future=True),
    ]
    assert found.total_bytes >= found.usable_bytes > 0


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    [found] = host_disks.parsed(ask("ask_sizes", tmp_path / "none"))
    assert found.error == "is not there"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_files_of_one_partition(logs: Path, shell: str) -> None:
    found = host_disks.listed(ask("ask_files", logs, "orders-0", shell=shell))
    assert {path: sorted((file.name, file.size) for file in files) for path, files in found.items()} == {
        f"{logs}/orders-0": [
            ("00000000000000000000.log", 100),
            ("00000000000000000040.index", 999),
            ("00000000000000000040.log", 23),
        ]
    }


def test_the_files_of_the_future_replica(logs: Path) -> None:
    assert list(host_disks.listed(ask("ask_files", logs, "orders-1"))) == [f"{logs}/orders-1.5d3f-future"]


# Names


def named(*names: str) -> list[SegmentFile]:
    return [SegmentFile(name, 10) for name in names]


def test_offsets_end_where_the_next_segment_begins() -> None:
    files = named(
        "00000000000000000000.log", "00000000000000000040.log", "00000000000000000000.index",
        "00000000000000000040.snapshot", "00000000000000000090.log", "leader-epoch-checkpoint",
        "00000000000000000070.log.deleted",
    )  # fmt: skip
    spans = offsets(files)
    assert {file.name: in_words(file, span) for file, span in spans.items()} == {
        "00000000000000000000.index": "0 to 39",
        "00000000000000000000.log": "0 to 39",
        "00000000000000000040.log": "40 to 89",
        "00000000000000000040.snapshot": "producers before 40",
        "00000000000000000070.log.deleted": "-",
        "00000000000000000090.log": "90 and after",
        "leader-epoch-checkpoint": "-",
    }


def lying(told: tuple[int, int] | None) -> PartitionFolder:
    return PartitionFolder(
        "k1", 1, "/d/orders-0", tuple(named("00000000000000000000.log", "00000000000000000000.index")), told
    )


@pytest.mark.parametrize(
    ("told", "matches", "words"),
    [
        ((10, 10), True, "10 bytes of segments, as the broker reports (10)"),
        ((8, 12), True, "10 bytes of segments, as the broker reports (8, and 12 a moment later)"),
        ((12, 8), True, "10 bytes of segments, as the broker reports (12, and 8 a moment later)"),
        ((11, 12), False, "MISMATCH: 10 bytes of segments on disk, but the broker reports 11, and 12 a moment"),
        ((0, 0), False, "MISMATCH: 10 bytes of segments on disk, but the broker reports 0"),
        (None, True, "10 bytes of segments; this version of Kafka does not report a size to compare with"),
    ],
)
def test_disk_and_broker_are_held_against_each_other(told: tuple[int, int] | None, matches: bool, words: str) -> None:
    found = lying(told)
    assert found.matches is matches
    assert verdict(found).startswith(words)
    assert verdict(found) in "\n".join(folder(found))
