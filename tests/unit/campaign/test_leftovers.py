"""Leftovers: what a host may have after an operation, and what not."""

import pytest

from tests.campaign.leftovers import leftovers

# As a host with a broker prints it.
CLEAN = """\
process\t1 0::/init.scope /sbin/init
process\t20 0::/system.slice/systemd-journald.service /lib/systemd/systemd-journald
process\t31 0::/system.slice/dbus.service /usr/bin/dbus-daemon --system
process\t40 0::/system.slice/ssh.service sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups
process\t90 0::/system.slice/kafka.service /usr/bin/java -Xmx256m kafka.Kafka
process\t99 0::/../../.. sh -s
""".splitlines()


def test_a_host_at_rest_has_nothing_left() -> None:
    assert leftovers(CLEAN, []) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("record", "/var/lib/kafka-fab/clusters/ID/roll/owner: run=1"),
        ("lock", "/run/kafka-fab.lock is held"),
        ("file", "/etc/kafka/.server.properties.new"),
        ("archive", "/var/cache/kafka-fab/kafka_2.13-4.3.1.tgz"),
        ("unit", "kafka-fab-step-kafka.service loaded failed"),
    ],
)
def test_what_is_left_is_named(kind: str, text: str) -> None:
    assert leftovers([*CLEAN, f"{kind}\t{text}"], []) == [f"{kind} {text}"]


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("0::/system.slice/ssh.service", "sh -s"),
        ("0::/system.slice/ssh.service", "sshd: root@notty"),
        ("0::/system.slice/kafka-fab-step-kafka.service", "sh /var/lib/kafka-fab/clusters/ID/roll/kafka.sh"),
        ("0::/user.slice/user-0.slice/session-3.scope", "dd bs=4096 count=1"),
    ],
)
def test_a_process_that_belongs_to_no_service_of_the_host_is_named(group: str, words: str) -> None:
    assert leftovers([*CLEAN, f"process\t7 {group} {words}"], []) == [f"process 7 {words} ({group})"]


def test_files_of_before_are_there_as_long_as_they_lead_back() -> None:
    lines = [*CLEAN, "saved\tzookeeper", "saved\tkafka"]
    assert leftovers(lines, ("kafka", "zookeeper")) == []
    assert leftovers(lines, ()) == ["files of before the upgrade: kafka, zookeeper, not none"]
    assert leftovers(CLEAN, ("kafka",)) == ["files of before the upgrade: none, not kafka"]
