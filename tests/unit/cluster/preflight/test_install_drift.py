"""Preflight on what a broker would refuse: strange things in its directories, limits, and what is not as installed."""

from __future__ import annotations

import pytest

from kafka_fab.operate.preflight import preflight
from tests.unit.cluster.preflight.facts_of_hosts import GIB, ISOLATED, disk, findings, only
from tests.unit.folders import Load

LOGS = "/opt/kafka-logs"


def test_lost_and_found_of_an_ext4_disk_has_a_remedy(loaded: Load) -> None:
    found = findings(loaded(), new=f"fact\tno-partition\t{LOGS}/lost+found\n")
    assert only(found) == ("error", "log dir", f"a:{LOGS}")
    assert (
        f"use a directory below that mount point in kafka.log_dirs ({LOGS}/kafka), or remove lost+found"
        in found[0].remedy
    )
    found = findings(loaded(), new=f"fact\tno-partition\t{LOGS}/.Trash\n")
    assert found[0].remedy == f"move it out of {LOGS}"


def test_two_log_dirs_through_a_link(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1\nkafka: {log_dirs: [/one, /two]}\n")
    two = disk("/two", device="1")
    [one] = [x for x in findings(cluster, old=two, new=two.replace("real=/two", "real=/one")) if x.check == "log dir"]
    assert (one.level, one.where, one.found) == (
        "error",
        "a:/two",
        "is the same directory as /one (a link): a broker refuses to start",
    )


def test_a_segment_without_a_number(loaded: Load) -> None:
    found = findings(loaded(), new=f"fact\tno-segment\t{LOGS}/t-0/backup.log\n")
    assert only(found) == ("error", "log dir", f"a:{LOGS}/t-0")
    assert "backup.log is not a log segment" in found[0].found


def test_data_of_another_user(loaded: Load) -> None:
    found = findings(loaded(), new=f"fact\tnot-owned\t{LOGS}\t7\tt-0/00.log\troot\n")
    assert only(found) == ("error", "file owner", f"a:{LOGS}")
    assert (found[0].found[:46], found[0].remedy) == (
        "7 files in it belong to root, such as t-0/00.l",
        f"chown -R kafka: {LOGS}",
    )


@pytest.mark.parametrize(
    ("bar", "remedy"),
    [("/opt", "give kafka access to /opt (chmod o+x)"), (LOGS, "run fab install to set owner and mode")],
)
def test_a_directory_that_the_user_cannot_write_to(bar: str, remedy: str, loaded: Load) -> None:
    found = findings(loaded(), new=f"fact\tclosed\t{LOGS}\t{bar}\tkafka\n")
    assert only(found) == ("error", "permissions", f"a:{LOGS}")
    assert (found[0].found, remedy in found[0].remedy) == (f"kafka has no access to {bar}", True)


def test_temporary_files_on_a_file_system_without_programs(loaded: Load) -> None:
    found = findings(loaded(), new="fact\tnoexec\t/var/cache/kafka\t/var\n")
    assert only(found) == ("warning", "temporary files", "a:/var/cache/kafka")


def test_a_full_disk_below_the_logs_of_a_service(loaded: Load) -> None:
    found = findings(loaded(), old=disk("/var/log/kafka", device="3"), new=disk("/var/log/kafka", free=0, device="3"))
    assert only(found) == ("error", "disk", "a:/var/log/kafka")


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (f"default\tLimitAS={GIB}", "error"),
        (f"kafka\tLimitAS={GIB}", "error"),
        (f"default\tLimitAS={64 * GIB}", ""),
        ("default\tLimitAS=infinity", ""),
        (f"kafka\tLimitDATA={GIB}", "error"),
        (f"kafka\tLimitFSIZE={GIB - 1}", "error"),
        (f"kafka\tLimitFSIZE={GIB}", ""),
        ("kafka\tLimitNPROC=100", "error"),
        ("kafka\tTasksMax=500", "warning"),
        ("kafka\tTasksMax=18446744073709551615", ""),
        (f"default\tLimitAS={GIB}\nfact\tlimit\tkafka\tLimitAS=infinity\nfact\tlimit\tzookeeper\tLimitAS=infinity", ""),
    ],
)
def test_limits_of_systemd(line: str, level: str, loaded: Load) -> None:
    found = [one for one in findings(loaded(), new=f"fact\tlimit\t{line}\n") if one.where == "a:kafka"]
    assert [one.level for one in found] == [level] * bool(level)
    assert all(one.check == "systemd limit" and one.remedy for one in found)


def test_memory_that_a_control_group_limits(loaded: Load) -> None:
    found = findings(loaded(), new=f"fact\tmemory-limit\t/system.slice/\t{GIB}\n")
    assert only(found) == ("error", "memory", "a")


TREE = "/opt/kafka_2.13-3.9.1"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"would\ttree\t{TREE}\tlibs/a.jar is missing", ("error", "tree")),
        (f"would\tmanifest\t{TREE}\tof the tree as it stands", None),
        (f"ok\ttree\t{TREE}", None),
        (f"foreign\ttree\t{TREE}\tnot from the archive: libs/own.jar; a start loads it: move it", ("warning", "tree")),
        ("would\tunits\tkafka\tenable kafka", ("warning", "units")),
        ("foreign\tunit\tkafka\t/etc/x.conf sets User: move it", ("warning", "unit")),
        (f"failed\tdirectory\t{LOGS}\tis immutable: run chattr -i {LOGS}", ("error", "directory")),
        (f"would\tdirectory\t{LOGS}\tkafka kafka 700 -> kafka kafka 750", ("warning", "directory")),
        (f"foreign\tidentity\t{LOGS}/meta.properties\tis gone: restore it", ("warning", "identity")),
        ("fact\tconfig\t/etc/kafka/server.properties\tNot a number", ("error", "configuration")),
        ("fact\tconfig\t/etc/kafka/server.properties", None),
    ],
)
def test_what_is_not_as_an_install_has_left_it(line: str, expected: tuple[str, str] | None, loaded: Load) -> None:
    found = findings(loaded(), new=f"{line}\n")
    assert [(one.level, one.check) for one in found] == [expected] * bool(expected)
    assert all(one.remedy for one in found)


def test_a_lost_file_of_a_kraft_broker_bars_its_start(loaded: Load) -> None:
    line = f"foreign\tidentity\t{LOGS}/meta.properties\tis gone: restore it\n"
    assert only(findings(loaded(hosts=ISOLATED), new=line)) == ("error", "identity", f"a:{LOGS}/meta.properties")


def test_the_owner_is_checked_before_the_directories(loaded: Load) -> None:
    cluster = loaded()
    words = "\n".join(preflight._about_all(cluster, cluster.nodes["a"]))
    assert words.index("want_owner ") < words.index("want_directory ")


def test_a_java_that_the_user_cannot_run(loaded: Load) -> None:
    found = findings(loaded(), new="fact\tjava-closed\t/j/bin/java\t/j/bin\tkafka\n")
    assert only(found) == ("error", "java", "a:/j/bin/java")
    assert found[0].found == "kafka has no access to /j/bin"


def test_variables_that_systemd_gives_every_service(loaded: Load) -> None:
    found = findings(loaded(), new="fact\tenvironment\tkafka\tKAFKA_OPTS JAVA_TOOL_OPTIONS\n")
    assert only(found) == ("warning", "environment", "a:kafka")
    assert "KAFKA_OPTS, JAVA_TOOL_OPTIONS" in found[0].found
    assert "unset-environment KAFKA_OPTS JAVA_TOOL_OPTIONS" in found[0].remedy
