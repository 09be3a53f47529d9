"""The bench's own arithmetic: what is run in turn, ratios, what is kept, the page and its pictures."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from functools import partial
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import page, place, plot, results, roll, run, secure, upgrade
from bench.memory import peak
from bench.processor import spent
from bench.results import Section
from bench.rivals import ends
from bench.timing import FLOOR, OURS, Job, Target, command, interleave, paired, table
from bench.upgrade import Trip, Way
from kafka_fab.cluster import load
from lab import Lab, LabSpec

JOB = Job("no-op", {OURS: (0.4, 0.5, 0.6), FLOOR: (0.2, 0.25, 0.3), "Ansible": (12.0, 12.5, 30.0)})
SECTION = Section("2026-01-02", "2 cores", "Kafka 3.9.1", (JOB,))


def test_a_side_stands_beside_the_floor_and_beside_ours_by_its_median() -> None:
    assert JOB.rows() == [
        ("no-op", OURS, 0.4, 0.5, 0.6, "2.00", ""),
        ("no-op", FLOOR, 0.2, 0.25, 0.3, "", "0.50"),
        ("no-op", "Ansible", 12.0, 12.5, 30.0, "50.00", "25.00"),
    ]


def test_nothing_is_divided_by_a_floor_of_nothing() -> None:
    assert Job("errors", {OURS: (0.0,), FLOOR: (0.0,)}).rows()[0][-2:] == ("", "")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("no-op", 1.5, FLOOR), "no-op: 2.000 x floor, the target is at most 1.500"),
        (Target("no-op", 2.0, FLOOR), ""),
        (Target("no-op", 0.5), "no-op: 0.600, the target is at most 0.500"),
        (Target("no-op", 0.6), ""),
        (Target("plan only", 0.0), ""),
        (Target("no-op", 0.0, "pyinfra"), ""),
    ],
)
def test_a_target_is_a_ratio_of_medians_or_the_worst_run_itself(target: Target, words: str) -> None:
    assert target.missed(JOB) == words


def test_one_lost_message_in_one_run_misses_the_target_of_a_roll() -> None:
    lost = Job(roll.LOST, {OURS: (0.0, 0.0, 1.0), FLOOR: (0.0, 0.0, 0.0)})
    assert [words for target in roll.TARGETS if (words := target.missed(lost))]


def test_sides_are_run_in_turn_after_a_warm_up_of_each() -> None:
    order: list[str] = []
    found = interleave("x", {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b"] * 3
    assert {side: len(took) for side, took in found.sides.items()} == {"a": 2, "b": 2}


def test_pairs_are_run_the_other_way_round_each_second_time() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = paired("x", {name: partial(side, name) for name in "ab"}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found == {"a": (1.0, 4.0, 5.0), "b": (2.0, 3.0, 6.0)}


def test_a_table_is_beside_the_floor_or_beside_what_stands_in_its_place() -> None:
    assert "x floor" in table([JOB])
    plain = table([Job("fab status", {"plaintext": (1.0,), OURS: (1.25,)})])
    heading, *rows = plain.splitlines()
    row = next(line for line in rows if OURS in line.split())
    assert re.split(r" {2,}", heading)[5:] == ["x plaintext", "x kafka-fab"]
    assert row.split()[-1] == "1.25"


def trip(seconds: float, stall: float, lost: int = 0) -> Trip:
    counts = {upgrade.ACKNOWLEDGED: 1000, upgrade.ERRORS: 0, upgrade.REORDERED: 0, upgrade.DUPLICATES: 0}
    return Trip(Way(seconds, stall, counts | {upgrade.LOST: 0}), Way(30.0, 9.0, counts | {upgrade.LOST: lost}))


def missed(ours: Trip, floor: Trip) -> list[str]:
    jobs = upgrade.jobs({OURS: [ours, ours], FLOOR: [floor, floor]})
    return [words for job in jobs for target in upgrade.TARGETS if (words := target.missed(job))]


def test_an_upgrade_is_held_against_the_loop_by_its_time_and_its_longest_stall() -> None:
    assert missed(trip(46.0, 1.5), trip(40.0, 1.0)) == []
    assert missed(trip(46.4, 1.5), trip(40.0, 1.0)) == ["upgrade: 1.160 x floor, the target is at most 1.150"]
    assert missed(trip(40.0, 1.6), trip(40.0, 1.0)) == ["longest stall: 1.600 x floor, the target is at most 1.500"]


def test_a_message_lost_on_the_way_back_is_lost() -> None:
    assert missed(trip(40.0, 1.0, lost=1), trip(40.0, 1.0)) == ["lost: 1.000, the target is at most 0.000"]


def test_messages_of_both_ways_are_counted() -> None:
    [acknowledged] = [job for job in upgrade.jobs({OURS: [trip(1, 1)]}) if job.name == upgrade.ACKNOWLEDGED]
    assert acknowledged.sides == {OURS: (2000.0,)}


def test_each_section_says_its_own_versions_of_kafka_and_how_busy_the_machine_was() -> None:
    section = results.of_now([JOB], upgrade.KAFKA, 1.25)
    assert section.versions.startswith("Kafka 3.9.1 and 4.3.1, ")
    assert re.search(r", load average 1\.2 before and \d+\.\d after$", section.machine)


def test_every_section_has_a_place_on_the_page() -> None:
    words = page.WORDS.read_text()
    assert all(f"<!-- figures: {name} -->" in words for name in run.SECTIONS)


@pytest.mark.parametrize(
    ("settings", "brokers", "controllers"),
    [
        *((upgrade.SETTINGS.format(version=version), "abc", "def") for version in (upgrade.BEFORE, upgrade.AFTER)),
        (secure.settings("plaintext"), "abc", "abc"),
        (secure.settings("secured") + secure.SECURED, "def", "def"),
    ],
)
def test_the_clusters_that_are_measured_are_ones_that_kafka_fab_takes(
    settings: str, brokers: str, controllers: str, tmp_path: Path
) -> None:
    spec = LabSpec("bench", tuple("abcdef"), folder=tmp_path)
    lab = Lab(spec.name, tmp_path, tmp_path, spec.suite, IPv4Network("10.9.0.0/24"))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/local.yaml").write_text("mirror: http://10.9.0.1:8000/kafka\n")
    (tmp_path / "ssh_config").touch()
    with place.kraft_folder(lab, settings, brokers, controllers) as folder:
        made = load.cluster(folder)
    assert "".join(node.host for node in made.brokers) == brokers
    assert "".join(node.host for node in made.controllers) == controllers
    assert made.settings.security.enabled == ("security" in settings)


def test_the_stage_is_set_before_each_run_and_not_timed() -> None:
    order: list[str] = []

    def before() -> None:
        order.append("set")
        time.sleep(0.05)

    found = interleave("x", {"a": lambda: order.append("a")}, 2, before)
    assert order == ["set", "a"] * 2
    assert max(found.sides["a"]) < 0.05


def test_a_side_that_takes_too_long_is_run_once() -> None:
    runs: list[str] = []
    found = interleave("x", {"a": lambda: runs.append("a")}, 3, lambda: None, patience=0.0)
    assert (runs, len(found.sides["a"])) == (["a"], 1)


def test_a_command_that_fails_ends_the_bench_with_its_words() -> None:
    with pytest.raises(SystemExit, match="no good"):
        command([sys.executable, "-c", "print('no good'); exit(3)"])()


def test_the_memory_of_what_a_command_starts_is_counted_and_of_nothing_else() -> None:
    held = "x = bytearray({} << 20); import time; time.sleep({})"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{held.format(64, 0.7)}'])"
    with subprocess.Popen([sys.executable, "-c", held.format(300, 60)]) as earlier:
        try:
            assert 64 < peak(command([sys.executable, "-c", nested])) < 200
        finally:
            earlier.kill()


def test_what_is_kept_is_what_was_measured(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.keep("install", SECTION, file)
    results.keep("roll", SECTION, file)
    assert results.load(file) == {"install": SECTION, "roll": SECTION}


def test_figures_stand_where_the_page_wants_them() -> None:
    text = page.text({"install": SECTION}, "# A\n\n<!-- figures: install -->\n\n<!-- figures: roll -->\n")
    assert re.search(r"no-op +Ansible +12.00 +12.50 +30.00 +50.00 +25.00", text)
    assert "2026-01-02; 2 cores; Kafka 3.9.1; 3 runs of each side." in text
    assert "benchmarks-install.svg" in text
    assert "<!-- figures: roll -->" in text


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_bars_say_side_and_median() -> None:
    found = texts(plot.bars("Three hosts", [JOB]))
    assert {"Three hosts", "no-op", OURS, FLOOR, "Ansible", "0.50 s", "0.25 s", "12.50 s"} <= set(found)


def test_a_longer_time_is_a_longer_bar() -> None:
    svg = ET.fromstring(plot.bars("x", [JOB]))
    widths = [float(one.attrib["width"]) for one in svg.iter("{http://www.w3.org/2000/svg}rect")]
    # In the order in which sides are drawn: ours, the floor, Ansible.
    assert widths[1] < widths[0] < widths[2]


def test_lines_end_in_names_that_do_not_cover_each_other() -> None:
    svg = ET.fromstring(plot.lines("x", [(3, JOB), (50, JOB)]))
    labels = [
        float(one.attrib["y"]) for one in svg.iter("{http://www.w3.org/2000/svg}text") if " s" in (one.text or "")
    ]
    heights = sorted(labels)
    assert all(after - before >= 14 for before, after in pairwise(heights))


def test_the_picture_of_many_hosts_has_seconds_only(tmp_path: Path) -> None:
    jobs = (
        Job("3 hosts, no-op", JOB.sides),
        Job("50 hosts, no-op", JOB.sides),
        Job("3 hosts, MiB of a no-op", JOB.sides),
    )
    page.write({"many": Section("2026-01-02", "2 cores", "Kafka 3.9.1", jobs)}, tmp_path)
    points = ET.fromstring((tmp_path / "benchmarks-many.svg").read_text()).iter("{http://www.w3.org/2000/svg}circle")
    assert len(list(points)) == 2 * len(JOB.sides)


def test_the_processor_time_of_a_command_is_its_own_and_part_of_all() -> None:
    busy = command([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"])
    found = spent(busy)
    assert 0.3 <= found.own < 3
    assert found.every > 0.2, "counted in hundredths"
    assert spent(command(["sleep", "0.3"])).own < 0.2


def test_what_others_leave_is_held_against_all_specs_but_those_of_our_own_records() -> None:
    specs = (Path(__file__).parents[2] / "infra/test_tree.py").read_text().split("\ndef ")[1:]
    ours = [
        spec.partition("(")[0] for spec in specs if re.search(r"MANIFEST|SUMS|kafka-fab\b(?!`)", spec.partition(":")[2])
    ]
    assert sorted(ends.OF_OUR_RECORDS) == sorted(ours)
