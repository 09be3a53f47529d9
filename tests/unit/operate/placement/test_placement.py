"""Placement: the states of replicas, how evenly they lie, and the matrix that fits every terminal."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.state import NOBODY, Partition
from kafka_fab.live.client.describe_log_dirs import LogDir, ReplicaLog
from kafka_fab.operate.placement import as_json, formats, matrix, placement_text, show_placement, skew
from kafka_fab.operate.placement.matrix import painted
from kafka_fab.operate.placement.placement import Broker, Placement, placement
from kafka_fab.operate.placement.placement_text import TextLayout
from kafka_fab.operate.placement.skew import Load
from kafka_fab.output import paint
from tasks.optional import optional
from tests.unit.operate.placement.placements import broker, partition, placements, state, three


def marks(found: Placement, number: int = 0) -> list[str]:
    return [matrix.mark(replica) for replica in found.partitions[number].replicas]


# The states of replicas


def test_leader_in_sync_and_out_of_sync() -> None:
    assert marks(placement(state(partition(0, 1, 2, 3, isr=(1, 2))), three())) == ["L", "S", "O"]


def test_a_replica_on_a_broker_that_is_away_is_offline_even_if_it_is_named_in_sync() -> None:
    found = placement(state(replace(partition(0, 1, 2), leader=NOBODY, isr=frozenset({1})), up=(2, 3)), three())
    assert marks(found) == ["X", "O"]
    assert formats.state(found) == "1 offline, 1 under-replicated, 1 with an offline replica"


def test_a_replica_on_a_failed_disk_is_offline_and_one_beside_it_is_not() -> None:
    disks = LogDir("/d1", error="KafkaStorageError"), LogDir("/d2", (ReplicaLog("orders", 1, 5),))
    brokers = [Broker(1, "k1", directories=disks), broker(2, ReplicaLog("orders", 0, 5), ReplicaLog("orders", 1, 5))]
    found = placement(state(partition(0, 2, 1, isr=(2,)), partition(1, 2, 1)), brokers)
    assert (marks(found, 0), marks(found, 1)) == (["L", "X"], ["L", "S"])


def test_moves_between_brokers_and_between_disks() -> None:
    moving = replace(partition(0, 1, 2, 3, isr=(1, 2)), adding=frozenset({3}), removing=frozenset({1}))
    brokers = three()
    brokers[1] = replace(
        brokers[1], directories=(*brokers[1].directories, LogDir("/d2", (ReplicaLog("orders", 0, 4, 9, future=True),)))
    )
    found = placement(state(moving, reassigning=frozenset({TopicPartition("orders", 0)})), brokers)
    assert marks(found) == ["L-", "S>", "O+"]
    assert found.partitions[0].preferred == 2
    assert formats.state(found) == "1 reassigning, 1 not led by the preferred leader"
    assert list(formats.reassignments(found)) == [
        "orders-0: removing the replica on k1 (broker 1), 10 B",
        "orders-0: moving the replica on k2 (broker 2) from /d1 to /d2, 4 B of 10 B copied",
        "orders-0: adding a replica on k3 (broker 3), 10 B of 10 B copied",
    ]


def test_a_reassignment_of_which_only_the_name_is_told() -> None:
    found = placement(state(partition(0, 1), reassigning=frozenset({TopicPartition("orders", 0)})), three())
    assert list(formats.reassignments(found)) == [
        "orders-0: is being reassigned (this version of Kafka does not report the target)"
    ]


def test_who_is_not_in_hosts_ini_any_more_is_shown() -> None:
    found = placement(state(partition(0, 1, 7)), three())
    assert [(one.id, one.host, one.up) for one in found.brokers if one.id == 7] == [(7, "?", False)]
    assert marks(found) == ["L", "X"]


def test_what_could_not_be_read_is_not_taken_for_nothing() -> None:
    brokers = [*three()[:2], Broker(3, "k3", error="k3 did not answer")]
    found = placement(state(partition(0, 1, 2, 3)), brokers)
    assert found.unknown == ("k3 did not answer",)
    assert skew.by_broker(found)[3].size is None
    assert "20 B + ?" in "\n".join(placement_text.overview(found, TextLayout(), everything=False))
    assert as_json.placement(found)["partitions"][0]["replicas"][2]["bytes"] is None


# How evenly they lie


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=50))
def test_a_ratio_is_between_one_and_the_number_of_values(values: list[int]) -> None:
    found = skew.ratio(values)
    assert (found is None) == (not any(values))
    assert found is None or 1 - 1e-9 <= found <= len(values) + 1e-9


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1), st.integers(1, 1000), st.randoms())
def test_a_ratio_is_that_of_the_shares_and_not_of_their_order(values: list[int], factor: int, random: object) -> None:
    other = [value * factor for value in values]
    random.shuffle(other)  # type: ignore[attr-defined]
    assert skew.ratio(other) == pytest.approx(skew.ratio(values))


def test_even_loads_and_a_single_one() -> None:
    assert skew.ratio([5, 5, 5]) == 1
    assert skew.ratio([9, 0, 0]) == 3
    assert skew.ratio([4, None, 2]) == pytest.approx(4 / 3)
    assert skew.skew((Load("1", 0, 0, None),)) == skew.Skew(None, None, None)


@settings(deadline=None)
@given(placements())
def test_brokers_and_racks_carry_all_of_it_once(found: Placement) -> None:
    loads, racks = skew.by_broker(found), skew.by_rack(found)
    assert list(loads) == [one.id for one in found.brokers]
    assert sum(load.replicas for load in loads.values()) == sum(len(one.replicas) for one in found.partitions)
    assert sum(load.leaders for load in loads.values()) == sum(one.leader != NOBODY for one in found.partitions)
    racked = [loads[one.id] for one in found.brokers if one.rack]
    assert sum(load.replicas for load in racks.values()) == sum(load.replicas for load in racked)
    assert sum(load.size or 0 for load in racks.values()) == sum(load.size or 0 for load in racked)


def test_a_replica_that_moves_takes_room_on_both_disks() -> None:
    disks = LogDir("/a", (ReplicaLog("orders", 0, 10),)), LogDir("/b", (ReplicaLog("orders", 0, 4, future=True),))
    found = placement(state(partition(0, 1)), [Broker(1, "k1", directories=disks)])
    assert skew.by_broker(found)[1].size == 14


# The matrix


def lines(found: Placement, width: int) -> list[str]:
    return [painted(line, colours=False) for line in matrix.lines(found, width)]


def test_a_matrix_with_hosts_and_racks() -> None:
    found = placement(state(partition(0, 1, 2, 3, isr=(1, 2)), partition(11, 3, 1)), three())
    assert lines(found, 80) == [
        "rack   r0 r1",
        "host   k2 k1 k3",
        "broker 2  1  3",
        "     0 S  L  O",
        "    11 .  S  L",
    ]


@settings(deadline=None)
@given(placements(), st.integers(20, 200))
def test_every_line_fits_and_every_replica_stands_once_below_its_broker(found: Placement, width: int) -> None:
    drawn = lines(found, width)
    assert all(len(line) <= width for line in drawn if not line.startswith("no replica on brokers"))
    seen: Counter[tuple[int, int]] = Counter()
    for block in "\n".join(drawn).split("\n\n"):
        rows = [row for row in block.splitlines() if not row.startswith("no replica")]
        [heading] = [row for row in rows if row.startswith("broker")]
        columns = {match.start(): int(match[0]) for match in re.finditer(r"\d+", heading)}
        for row in rows[rows.index(heading) + 1 :]:
            number = int(row.split()[0])
            for match in re.finditer(r"\S+", row):
                if match.start() in columns and match[0] != ".":
                    seen[number, columns[match.start()]] += 1
    assert seen == Counter((one.number, replica.broker) for one in found.partitions for replica in one.replicas)


@settings(deadline=None)
@given(st.lists(st.integers(0, 999), unique=True), st.integers(1, 50))
def test_blocks_are_all_brokers_in_order_as_few_as_can_be_and_even(numbers: list[int], most: int) -> None:
    brokers = [Broker(number, f"k{number}") for number in numbers]
    found = matrix.blocks(brokers, most)
    assert [one for block in found for one in block] == brokers
    assert len(found) == -(-len(numbers) // most)
    assert all(len(block) <= most for block in found)
    assert not found or len(found[0]) - len(found[-1]) < len(found)


def test_a_wide_cluster_folds_and_leaves_out_who_has_nothing() -> None:
    brokers = [Broker(number, f"broker-{number}.example", "ab"[number % 2]) for number in range(100, 140)]
    partitions = [partition(at, 100 + at, 101 + at, 102 + at) for at in range(28)]
    ids = frozenset(one.id for one in brokers)
    found = placement(replace(state(*partitions), brokers=ids, up=ids), brokers)
    drawn = lines(found, 80)
    assert [line.split()[0] for line in drawn if line].count("broker") == 2
    assert drawn[-1] == "no replica on brokers 130-139"
    assert not any("example" in line for line in drawn)
    unfolded = lines(found, 0)
    assert [line.split()[0] for line in unfolded].count("broker") == 1
    assert "broker-139.example" in unfolded[1]


def test_letters_stand_without_colours_and_colours_are_added_to_them() -> None:
    found = placement(state(partition(0, 1, 2, isr=(1,)), up=(1, 2)), three())
    plain = "\n".join(placement_text.one(found, TextLayout()))
    coloured = "\n".join(placement_text.one(found, TextLayout(colours=True)))
    assert "\x1b" not in plain
    assert "\x1b[1;32m L" in coloured
    assert re.sub(r"[ ]+\n", "\n", re.sub(r"\x1b\[[\d;]*m", "", coloured)) == plain


@pytest.mark.parametrize(
    ("numbers", "told"), [([], ""), ([3], "3"), ([1, 2, 3, 7], "1-3, 7"), ([9, 1, 0, 8], "0-1, 8-9")]
)
def test_numbers_in_spans(numbers: list[int], told: str) -> None:
    assert matrix.spans(numbers) == told


# Words


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (1536 * 1024**2, "1.5 GiB"),
        (None, "-"),
        (-1, "-"),
    ],
)
def test_sizes(number: int | None, told: str) -> None:
    assert formats.size(number) == told


@settings(deadline=None)
@given(st.integers(0, 10**20))
def test_a_size_is_short_and_right(number: int) -> None:
    value, unit = formats.size(number).split()
    assert float(value) * 1024 ** formats.UNITS.index(unit) == pytest.approx(number, rel=0.06)
    assert unit == "PiB" or float(value) < 1024


def test_a_summary_has_a_line_for_each_topic_and_no_matrix_unless_asked_for() -> None:
    found = placement(state(partition(0, 1, 2, 3), partition(0, 2, topic="audit")), three())
    short, long = ("\n".join(placement_text.overview(found, TextLayout(), everything)) for everything in (False, True))
    assert [line.split()[0] for line in short.splitlines()[1:3]] == ["audit", "orders"]
    assert "broker 2" not in short
    assert long.count("broker 2") == 2


# JSON


def test_json_is_what_the_documentation_promises() -> None:
    found = as_json.placement(placement(state(partition(0, 1, 2, 3, isr=(1, 2))), three()))
    json.dumps(found)
    assert list(found) == [
        "brokers", "racks", "directories", "skew", "topics", "partitions", "reassignments", "unknown",
    ]  # fmt: skip
    assert found["brokers"][0] == {
        "id": 2, "host": "k2", "rack": "r0", "up": True, "leaders": 0, "replicas": 1, "bytes": 10,
    }  # fmt: skip
    assert found["directories"][0] == {
        "broker": 2, "host": "k2", "path": "/d1", "replicas": 1, "bytes": 10,
        "total_bytes": 1000, "usable_bytes": 400, "error": "",
    }  # fmt: skip
    assert found["topics"][0] == {
        "topic": "orders", "partitions": 1, "replicas": 3, "bytes": 30, "offline": 0, "under_replicated": 1,
        "with_offline_replica": 0, "reassigning": 0, "not_led_by_preferred_leader": 0,
        "skew": {"leaders": 3.0, "replicas": 1.0, "bytes": 1.0},
    }  # fmt: skip
    assert found["partitions"][0]["replicas"][2] == {
        "broker": 3, "state": "out of sync", "move": "", "path": "/d1", "bytes": 10, "lag": 0, "future": None,
    }  # fmt: skip


# The command line


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (["fab", "placement"], []),
        (["fab", "placement", "--all"], []),
        (["fab", "placement", "orders"], ["topic"]),
        (["fab", "-H", "a", "placement", "orders", "--partition", "7"], ["topic"]),
        (["pytest"], []),
    ],
)
def test_the_word_behind_the_task_is_a_topic(typed: list[str], taken: list[str]) -> None:
    assert optional("placement", "topic", typed) == taken


@pytest.mark.parametrize(
    ("terminal", "environment", "layout"),
    [
        (True, {}, TextLayout(132, colours=True)),
        (True, {"NO_COLOR": "1"}, TextLayout(132)),
        (False, {}, TextLayout()),
        (False, {"COLUMNS": "72"}, TextLayout(72)),
    ],
)
def test_the_paper_is_the_terminals(
    terminal: bool, environment: dict[str, str], layout: TextLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(paint, "size", lambda: (132, 40))
    assert show_placement._layout() == layout


def test_partitions_of_a_state_are_not_changed() -> None:
    one = Partition("t", 0, 1, (1,), frozenset({1}))
    found = placement(state(one), three())
    assert (found.partitions[0].name, found.topics, found.of("t").topics) == ("t-0", ("t",), ("t",))
