"""What a running broker takes: what an older state calls for, and what to tell the broker."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.dynamic_keys import PendingChange
from kafka_fab.cluster.dynamic.override_decision import (
    EVERYONE,
    LIST,
    OWN,
    OverrideStep,
    Setting,
    decide,
    intermediate_values,
    no_longer_needed,
    remaining,
)
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import release
from kafka_fab.operate.hosts.pending_change import classified
from tests.unit.folders import Load, written

ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
KRAFT = "[kafka]\na id=1\n[controller]\na id=1\n"
INT, STATIC, BUILT_IN = 3, 4, 5
THREADS, HOURS = "num.io.threads", "log.retention.hours"
RESTART = "restart needed: fab rolling-restart --changed"


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def write(version: str = "3.9.1", hosts: str = ZOOKEEPER) -> Cluster:
        return written(tmp_path, hosts, f"version: {version}\n")

    return write


# The tables


@pytest.mark.parametrize("rules", release.RELEASES, ids=lambda rules: str(rules.first))
def test_what_brokers_take_is_known_to_them(rules: release.Release) -> None:
    assert rules.dynamic_names <= rules.property_names


def test_0_8_takes_nothing_while_it_runs() -> None:
    assert not release.V0_8.dynamic_names


@pytest.mark.parametrize(("version", "hosts"), [("2.8.2", ZOOKEEPER), ("3.9.1", ZOOKEEPER), ("4.3.1", KRAFT)])
def test_which_keys_are_changed_in_running_brokers(version: str, hosts: str, loaded: Load) -> None:
    keys = dynamic_keys.keys(loaded(version, hosts))
    taken = "num.io.threads num.network.threads num.replica.fetchers background.threads log.cleaner.threads"
    assert {*taken.split(), "message.max.bytes", "compression.type", "log.retention.ms", "log.segment.bytes"} <= keys
    assert not {HOURS, "log.retention.minutes", "listeners", "log.dirs", "broker.id", "num.partitions"} & keys
    assert not [key for key in keys if "password" in key or key.startswith(("ssl.", "sasl."))]


def test_what_controllers_decide_by_needs_a_restart_in_kraft(loaded: Load) -> None:
    theirs = {"unclean.leader.election.enable", "min.insync.replicas"}
    assert theirs <= dynamic_keys.keys(loaded("3.9.1", ZOOKEEPER))
    assert not theirs & dynamic_keys.keys(loaded("3.9.1", KRAFT))


# What is due


@pytest.mark.parametrize(
    ("detail", "due"),
    [
        ("", PendingChange()),
        (f"server.properties={THREADS}", PendingChange((THREADS,))),
        (f"server.properties=background.threads,{THREADS}", PendingChange(("background.threads", THREADS))),
        (f"server.properties={HOURS}", PendingChange((), (f"server.properties: {HOURS}",))),
        (f"server.properties={HOURS},{THREADS}", PendingChange((THREADS,), (f"server.properties: {HOURS}",))),
        (
            f"server.properties={THREADS} version=kafka_2.13-3.9.1 java=/jdk/bin/java deleted=server.log",
            PendingChange(
                (THREADS,), ("version: 3.9.1", "java: /jdk/bin/java", "server.log: deleted while it is open")
            ),
        ),
        # The text differs, but in no key that was found: nobody knows what a broker makes of it.
        ("server.properties=", PendingChange((), ("server.properties: ",))),
        (f"kafka.service={THREADS}", PendingChange((), (f"kafka.service: {THREADS}",))),
        ("server.properties=listener.name.x.ssl.key.password",
         PendingChange((), ("server.properties: listener.name.x.ssl.key.password",))),
    ],
)  # fmt: skip
def test_what_an_older_state_calls_for(detail: str, due: PendingChange, loaded: Load) -> None:
    assert dynamic_keys.pending_change(loaded(), "kafka", detail) == due


@pytest.mark.parametrize("unit", ["zookeeper", "kafka-controller"])
def test_only_brokers_are_told(unit: str, loaded: Load) -> None:
    assert dynamic_keys.pending_change(loaded(), unit, f"server.properties={THREADS}").restart


@pytest.mark.parametrize(
    ("keys", "status", "detail"),
    [
        (THREADS, "reconfigure", f"server.properties: {THREADS}; dynamic change pending: fab reconfigure"),
        (HOURS, "restart", f"server.properties: {HOURS}; {RESTART}"),
        (
            f"{HOURS},{THREADS}",
            "restart",
            f"server.properties: {HOURS}; {RESTART}; the restart also applies {THREADS}",
        ),
    ],
)
def test_each_key_is_named_with_what_it_needs(keys: str, status: str, detail: str, loaded: Load) -> None:
    cluster = loaded()
    change = Change("restart", "running-config", "kafka", f"server.properties={keys}")
    assert classified(cluster)(change) == Change(status, "running-config", "kafka", detail)


def test_other_changes_are_told_as_they_are(loaded: Load) -> None:
    change = Change("changed", "file", "/etc/kafka/server.properties")
    assert classified(loaded())(change) == change


# What to tell a broker


def threads(value: str, *layers: tuple[int, str], read_only: bool = False) -> dict[str, Setting]:
    return {THREADS: Setting(THREADS, value, INT, read_only, layers)}


def steps(
    due: list[str], file: dict[str, str], settings: dict[str, Setting], *ours: tuple[str, str]
) -> list[OverrideStep]:
    found = decide(due, file, settings, frozenset(ours))
    assert not found.obstacles
    return list(found.steps)


def test_a_new_value_is_set() -> None:
    assert steps([THREADS], {THREADS: "12"}, threads("8", (BUILT_IN, "8"))) == [OverrideStep(THREADS, "12", "8")]


def test_an_override_of_ours_is_replaced() -> None:
    running = threads("12", (OWN, "12"), (BUILT_IN, "8"))
    assert steps([THREADS], {THREADS: "16"}, running, (THREADS, "12")) == [OverrideStep(THREADS, "16", "12")]


def test_what_is_in_force_already_is_not_set_again() -> None:
    running = threads("12", (OWN, "12"), (BUILT_IN, "8"))
    assert steps([THREADS], {THREADS: " 12 "}, running, (THREADS, "12")) == []
    assert steps([], {THREADS: "12"}, running, (THREADS, "12")) == []
    assert steps([THREADS], {THREADS: "8"}, threads("8", (BUILT_IN, "8"))) == []


@pytest.mark.parametrize("file", [{THREADS: "8"}, {}])
def test_an_override_ends_where_the_broker_runs_on_the_file_without_it(file: dict[str, str]) -> None:
    running = threads("12", (OWN, "12"), (BUILT_IN, "8"))
    assert steps([THREADS], file, running, (THREADS, "12")) == [OverrideStep(THREADS, None, "12")]


def test_a_key_that_has_left_the_file_goes_back_to_the_default_and_not_to_what_the_broker_started_with() -> None:
    assert steps([THREADS], {}, threads("16", (STATIC, "16"), (BUILT_IN, "8"))) == [OverrideStep(THREADS, "8", "16")]


@pytest.mark.parametrize(
    ("file", "value"),
    [
        ({}, "604800000"),
        ({HOURS: "24"}, "86400000"),
        ({HOURS: "24", "log.retention.minutes": "5"}, "300000"),
        ({HOURS: "-1"}, "-1"),
    ],
)
def test_a_key_without_a_default_goes_back_to_the_coarser_ones(file: dict[str, str], value: str) -> None:
    settings = {
        "log.retention.ms": Setting("log.retention.ms", "5000", 5, layers=((STATIC, "5000"),)),
        HOURS: Setting(HOURS, "168", INT, read_only=True, layers=((BUILT_IN, "168"),)),
    }
    assert steps(["log.retention.ms"], file, settings) == [OverrideStep("log.retention.ms", value, "5000")]


def test_lists_and_switches_are_compared_by_what_they_mean() -> None:
    policy = Setting("log.cleanup.policy", "compact,delete", LIST, layers=((OWN, "compact, delete"),))
    assert OverrideStep(policy.name, "compact,delete", None).holds(policy)
    assert Setting("log.preallocate", kind=1).means("True", "true")
    assert not Setting("compression.type").means("LZ4", "lz4")


def test_a_step_holds_only_when_the_broker_runs_on_it() -> None:
    [asked] = threads("8", (OWN, "12"), (BUILT_IN, "8")).values()
    assert not OverrideStep(THREADS, "12", "8").holds(asked)
    assert not OverrideStep(THREADS, None, "12").holds(asked)


@pytest.mark.parametrize("running", [{}, threads("8", (BUILT_IN, "8"), read_only=True)])
def test_what_this_broker_does_not_take_is_an_obstacle(running: dict[str, Setting]) -> None:
    [words] = decide([THREADS], {THREADS: "12"}, running, frozenset()).obstacles
    assert words == f"this broker cannot change {THREADS} while it runs: fab rolling-restart --changed"


@pytest.mark.parametrize(("source", "where"), [(OWN, ""), (EVERYONE, " for all brokers")])
def test_what_someone_else_has_set_stands_in_the_way(source: int, where: str) -> None:
    running = threads("10", (source, "10"), (BUILT_IN, "8"))
    said = f"someone has set {THREADS} to 10 dynamically{where}; the file says 12"
    [words] = decide([THREADS], {THREADS: "12"}, running, frozenset({(THREADS, "11")})).obstacles
    assert words.startswith(f"{said}: take that back (kafka-configs.sh ")
    assert decide([], {THREADS: "12"}, running, frozenset()).notes == ((THREADS, said),)


def test_what_someone_else_has_set_stays_where_the_file_no_longer_names_it() -> None:
    running = threads("10", (OWN, "10"), (BUILT_IN, "8"))
    [words] = decide([THREADS], {}, running, frozenset()).obstacles
    assert "the file leaves it at 8" in words
    assert decide([], {}, running, frozenset()) == decide([], {THREADS: "10"}, running, frozenset())


def test_what_someone_else_has_set_to_the_file_s_value_is_left_to_them() -> None:
    running = threads("12", (OWN, "12"), (STATIC, "12"), (BUILT_IN, "8"))
    assert steps([THREADS], {THREADS: "12"}, running) == []


def test_an_override_that_hides_the_file_after_a_restart_ends() -> None:
    running = threads("12", (OWN, "12"), (STATIC, "40"), (BUILT_IN, "8"))
    ours = frozenset({(THREADS, "12"), ("background.threads", "3")})
    [end] = no_longer_needed({THREADS: "40"}, running, ours)
    assert end == OverrideStep(THREADS, None, "12")
    assert decide([], {THREADS: "40"}, running, ours).ends == (end,)
    assert not decide([THREADS], {THREADS: "40"}, running, ours).ends
    assert remaining(ours, [end]) == {("background.threads", "3")}
    assert remaining(ours, [OverrideStep(THREADS, "24", "12")]) == {(THREADS, "24"), ("background.threads", "3")}


@pytest.mark.parametrize(
    ("layers", "ours"),
    [
        # The broker has not been restarted since: without the override it would fall back.
        (((OWN, "12"), (BUILT_IN, "8")), (THREADS, "12")),
        # Somebody has set another value in the meantime.
        (((OWN, "10"), (STATIC, "12")), (THREADS, "12")),
        # Without ours that of all brokers would count.
        (((OWN, "12"), (EVERYONE, "9"), (STATIC, "12")), (THREADS, "12")),
    ],
)
def test_an_override_that_makes_the_difference_stays(
    layers: tuple[tuple[int, str], ...], ours: tuple[str, str]
) -> None:
    assert not list(no_longer_needed({THREADS: "12"}, threads(layers[0][1], *layers), frozenset({ours})))


@given(st.integers(1, 500), st.integers(1, 500))
def test_threads_are_doubled_and_halved_as_often_as_it_takes(now: int, end: int) -> None:
    [setting] = threads(str(now)).values()
    taken = [now, *map(int, intermediate_values(setting, str(end))), end]
    assert all(one // 2 <= other <= 2 * one for one, other in pairwise(taken))
    assert len(taken) <= 12


def test_other_numbers_are_taken_at_once() -> None:
    assert not list(intermediate_values(Setting("message.max.bytes", "1", INT), "1000"))
