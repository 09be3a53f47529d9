"""fab logs on a running cluster: merged, filtered, followed, and nothing left on the hosts."""

import json
import os
import re
import signal
import time

import pytest

from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

LINE = re.compile(r"^(\S+) (kafka    |zookeeper)  ")
MARK = "/var/log/kafka/server.log"


def told(output: str) -> list[tuple[str, ...]]:
    found = [LINE.match(line) for line in output.splitlines()]
    return [tuple(word.strip() for word in match.groups()) for match in found if match or pytest.fail(output)]


def test_the_last_lines_of_every_log_merged_by_time(cluster: Site) -> None:
    output = cluster.done("logs", "--lines", "5")
    found = told(output)
    assert set(found) == {(host, service) for host in cluster.hosts for service in ("kafka", "zookeeper")}
    times = re.findall(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})\]", output)
    assert times == sorted(times)


def test_grep_is_done_on_the_hosts(cluster: Site) -> None:
    output = cluster.done("logs", "--service", "kafka", "--grep", r"\[KafkaServer id=[0-9]+\] started", "--lines", "1")
    assert sorted(line.split()[0] for line in output.splitlines()) == sorted(cluster.hosts)
    assert cluster.done("logs", "--grep", "no '$(touch /root/bad)' such \"event\"") == ""
    cluster.everywhere("! test -e /root/bad")


def test_another_file_and_json(cluster: Site) -> None:
    host = cluster.hosts[0]
    output = cluster.done(
        "-H", host, "logs", "--service", "kafka", "--file", "kafkaServer-gc", "--lines", "3", "--json"
    )
    events = list(map(json.loads, output.splitlines()))
    assert {(event["host"], event["service"]) for event in events} == {(host, "kafka")}
    assert all(event["time"] for event in events)


def test_a_file_that_is_not_there(cluster: Site) -> None:
    ended = cluster.fab("-H", cluster.hosts[0], "logs", "--service", "kafka", "--file", "sate-change")
    assert "sate-change.log: does not exist; its directory has controller" in ended.stderr


def test_a_wrong_pattern_is_said_in_greps_words(cluster: Site) -> None:
    ended = cluster.fab("logs", "--grep", "(")
    assert ended.returncode == 1
    assert "--grep (: Unmatched ( or \\(" in ended.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_following_leaves_no_process(cluster: Site, end: signal.Signals) -> None:
    following = cluster.start_fab("logs", "--follow", "--lines", "0", "--service", "kafka", "--grep", "MARK-[0-9]")
    assert following.stdout
    deadline = time.monotonic() + 20
    while set(cluster.everywhere("pgrep -cf '^tail -n 0 -F' || true").values()) != {"1\n"}:
        assert time.monotonic() < deadline
    for number, host in enumerate(cluster.hosts):
        cluster.on(host, f"echo 'MARK-{number}' >>{MARK}; echo 'MARK-x' >>{MARK}")
        assert following.stdout.readline() == f"{host}  MARK-{number}\n"
    os.kill(following.pid, end)
    _, errors = following.communicate(timeout=10)
    assert following.returncode == (0 if end == signal.SIGINT else -9), errors
    deadline = time.monotonic() + 10
    while set(cluster.everywhere("pgrep -cf 'tail -n 0 -F|follow_lines|sed -u' || true").values()) != {"0\n"}:
        assert time.monotonic() < deadline, cluster.everywhere("ps -ef | grep -e tail -e 'sh -s'")


def test_a_jvm_listens_on_no_port_of_chance(cluster: Site) -> None:
    listening = cluster.everywhere(
        "ss -Htlnp | grep java | awk '{ print $4 }' | sed 's/.*://' | sort -n | tr '\\n' ' '"
    )
    for ports in listening.values():
        assert set(ports.split()) - {"2181", "2888", "3888", "9092"} == set()


def test_no_event_is_logged_twice(cluster: Site) -> None:
    for host in cluster.hosts:
        words = ("--service", "kafka", "--grep", r"\[KafkaServer id=", "--lines", "50")
        stamped = cluster.done("-H", host, "logs", *words).splitlines()
        assert stamped
        assert len(stamped) == len(set(stamped))
