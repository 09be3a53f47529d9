"""fab logs: lines as events, merged by time without loss, host first."""

import json
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.logs import follow_logs
from kafka_fab.operate.logs.follow_logs import LogQuery
from kafka_fab.operate.logs.log_event import LogEvent, Source, events, merged, time_of
from kafka_fab.operate.logs.log_line import LogPrinter
from tests.unit.folders import written

A, B = Source("a", "kafka"), Source("b", "kafka")


def at(second: int, text: str = "words") -> str:
    return f"[2025-01-31 12:00:{second:02},000] INFO {text} (kafka.X)"


def test_times_of_both_layouts() -> None:
    assert time_of("[2025-01-31 12:00:00,123] INFO x") == "2025-01-31 12:00:00.123"
    assert time_of("[2025-01-31T12:00:00.123+0000][gc,start] Pause") == "2025-01-31 12:00:00.123"
    assert time_of("\tat kafka.X.y(X.scala:1)") == time_of("") == time_of("[x] [2025-01-31 12:00:00,123]") == ""


def test_a_stack_trace_stays_with_its_first_line() -> None:
    trace = ("java.io.IOException: no", "\tat kafka.X", "", "Caused by: y")
    found = merged([events(A, [at(1), *trace, at(4)]), events(B, [at(2), at(3)])])
    assert [(event.source.host, event.lines) for event in found] == [
        ("a", (at(1), *trace)), ("b", (at(2),)), ("b", (at(3),)), ("a", (at(4),))
    ]  # fmt: skip


def test_the_end_of_an_event_keeps_its_place_before_the_next() -> None:
    found = merged([events(A, ["\tat kafka.X", at(5)]), events(B, [at(2)])])
    assert [event.source.host for event in found] == ["b", "a", "a"]


def test_a_clock_that_went_back_turns_no_log_round() -> None:
    lines = [at(5), at(3), at(7)]
    found = merged([events(A, lines), events(B, [at(4), at(6)])])
    assert [event.lines[0] for event in found if event.source == A] == lines
    assert [event.source.host for event in found] == ["b", "a", "a", "b", "a"]


lines = st.lists(st.one_of(st.integers(0, 59).map(at), st.text(st.characters(exclude_characters="\n"), max_size=8)))


@given(st.lists(lines, max_size=4))
def test_nothing_is_lost_nor_overtaken(hosts: list[list[str]]) -> None:
    logs_of = [events(Source(str(number), "kafka"), of_host) for number, of_host in enumerate(hosts)]
    found = merged(logs_of)
    for number, of_host in enumerate(hosts):
        mine = [event for event in found if event.source.host == str(number)]
        assert list(chain.from_iterable(event.lines for event in mine)) == of_host


@given(st.lists(st.lists(st.integers(0, 59)).map(sorted), max_size=4))
def test_events_are_in_order_and_stable(hosts: list[list[int]]) -> None:
    found = merged(events(Source(str(n), "kafka"), map(at, of_host)) for n, of_host in enumerate(hosts))
    keys = [(event.time, event.source.host) for event in found]
    assert keys == sorted(keys)


def test_plain_lines_host_first(capsys: pytest.CaptureFixture[str]) -> None:
    long = Source("kafka10", "zookeeper")
    printer = LogPrinter([A, long], as_json=False, colours=False)
    printer.show(LogEvent(A, "", ("one", "two")))
    printer.show_line(long, "three")
    assert capsys.readouterr().out == "a       kafka      one\na       kafka      two\nkafka10 zookeeper  three\n"


def test_a_colour_a_host_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    printer = LogPrinter([A, B], as_json=False, colours=True)
    printer.show_line(A, "x")
    printer.show_line(B, "x")
    assert capsys.readouterr().out == "\x1b[36ma\x1b[0m  x\n\x1b[33mb\x1b[0m  x\n"


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    LogPrinter([A], as_json=True, colours=True).show(LogEvent(A, "2025", ("x", "\ty")))
    assert json.loads(capsys.readouterr().out) == {
        "host": "a",
        "service": "kafka",
        "time": "2025",
        "lines": ["x", "\ty"],
    }


HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nb id=2\nc id=3\nd id=4\n"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, HOSTS)


@pytest.mark.parametrize(
    ("wanted", "host", "paths"),
    [
        (LogQuery(), "a", {"kafka": "/var/log/kafka/server.log"}),
        (LogQuery(file="state-change"), "c", {"controller": "/var/log/kafka/state-change.log"}),
        (LogQuery(file="controller.log"), "b", {"kafka": "/var/log/kafka/controller.log"}),
        (LogQuery(service="controller"), "a", {}),
    ],
)
def test_which_log(wanted: LogQuery, host: str, paths: dict[str, str], cluster: Cluster) -> None:
    found = follow_logs.paths_of(cluster, cluster.nodes[host], wanted)
    assert {source.service: path for source, path in found.items()} == paths


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            LogQuery(service="kafak"),
            "--service kafak: must be one of kafka, zookeeper, controller (did you mean kafka?)",
        ),
        (LogQuery(service="zookeeper"), "none of these hosts runs zookeeper"),
        (LogQuery(file="../../etc/shadow"), "must be a file in the log directory"),
        (LogQuery(lines=-1), "must be 0 or more"),
        (LogQuery(follow=True), "cannot follow 4 hosts, only 2 at a time: select some with -H"),
    ],
)
def test_what_is_refused(wanted: LogQuery, words: str, cluster: Cluster) -> None:
    class Some:
        def __init__(self) -> None:
            self.cluster, self.hosts, self.config = cluster, tuple(cluster.nodes), {"parallel": 2}

    hosts = Some()
    with pytest.raises(Exit) as caught:
        follow_logs.refuse(hosts, wanted)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_what_kafka_logs_of_a_password_is_hidden() -> None:
    seen: list[tuple[Source, str]] = []
    reader = follow_logs._LogReader(object(), [A, B], lambda source, line: seen.append((source, line)))  # type: ignore[arg-type]
    for line in (
        "0\tERROR saltedPassword=[11, -22, 33] (kafka.server.KafkaApis)",
        "1\t-----BEGIN PRIVATE KEY-----",
        "0\tINFO plain",
        "1\tMIIEvQ",
    ):
        reader.on_line(line)
    assert seen == [
        (A, "ERROR saltedPassword=(hidden) (kafka.server.KafkaApis)"),
        (B, "(hidden)"),
        (A, "INFO plain"),
        (B, "(hidden)"),
    ]
