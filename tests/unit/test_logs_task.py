"""fab logs: lines as events, merged by time without loss, host first; and the library's part, run for real."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from shlex import join

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.operate.logs import follow_logs
from kafka_fab.operate.logs.follow_logs import LogQuery
from kafka_fab.operate.logs.log_event import LogEvent, Source, events, merged, time_of
from kafka_fab.operate.logs.log_line import LogPrinter
from kafka_fab.remote import script

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
    voice = LogPrinter([A, long], as_json=False, colours=False)
    voice.tell(LogEvent(A, "", ("one", "two")))
    voice.tell_line(long, "three")
    assert capsys.readouterr().out == "a       kafka      one\na       kafka      two\nkafka10 zookeeper  three\n"


def test_a_colour_a_host_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    voice = LogPrinter([A, B], as_json=False, colours=True)
    voice.tell_line(A, "x")
    voice.tell_line(B, "x")
    assert capsys.readouterr().out == "\x1b[36ma\x1b[0m  x\n\x1b[33mb\x1b[0m  x\n"


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    LogPrinter([A], as_json=True, colours=True).tell(LogEvent(A, "2025", ("x", "\ty")))
    assert json.loads(capsys.readouterr().out) == {
        "host": "a",
        "service": "kafka",
        "time": "2025",
        "lines": ["x", "\ty"],
    }


def sh(*words: str) -> list[str]:
    text = script.whole(join(words), watched=False)
    return subprocess.run(
        ["sh", "-s"], input=text, capture_output=True, text=True, check=False, timeout=20
    ).stdout.splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "server.log"
    file.write_text(
        "\n".join([at(1, "start"), at(2, "bad"), "java.io.IOException: it's $HOME", "\tat x", at(3, "end")]) + "\n"
    )
    return file


def test_the_last_lines(log: Path) -> None:
    assert sh("last_lines", "2", "", str(log), str(log)) == [
        "0\t\tat x",
        f"0\t{at(3, 'end')}",
        "1\t\tat x",
        f"1\t{at(3, 'end')}",
    ]


@pytest.mark.parametrize("pattern", ["IOException", "bad.*at x", "it's \\$HOME", "b(a|e)d", "^\\[.* bad", "12:00:02"])
def test_grep_finds_whole_events(pattern: str, log: Path) -> None:
    found = sh("last_lines", "9", pattern, str(log))
    assert [line[2:] for line in found] == [at(2, "bad"), "java.io.IOException: it's $HOME", "\tat x"]


@pytest.mark.parametrize("pattern", ["-e", "--help", "$(touch x)", "`id`", "'; id; '", "nothing such"])
def test_no_pattern_is_a_command(pattern: str, log: Path) -> None:
    assert sh("last_lines", "9", pattern, str(log)) == []
    assert [file.name for file in log.parent.iterdir()] == ["server.log"]


def test_a_pattern_that_is_none(log: Path) -> None:
    [line] = sh("last_lines", "9", "(", str(log))
    assert line.startswith("failed\tlogs\t--grep (\t")


def test_a_log_that_is_not_there_names_those_that_are(log: Path) -> None:
    [line] = sh("last_lines", "9", "", str(log.with_name("sever.log")))
    assert line == f"note\tlogs\t{log.parent}/sever.log\tis not there; its folder has server"
    [line] = sh("last_lines", "9", "", "/no/such/place/x.log")
    assert line.endswith("is not there; nothing has been logged yet")


@pytest.fixture
def following(log: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        ["sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin
        process.stdin.write(script.held(join(("follow_lines", "1", "", str(log), str(log.with_name("late.log"))))))
        process.stdin.flush()
        yield process
        process.kill()


def group(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        # A process may end while it is looked at.
        with suppress(OSError):
            if (entry / "stat").read_text().rpartition(")")[2].split()[2] == str(leader):
                found.append(int(entry.name))
    return found


def test_following_ends_with_its_connection_and_leaves_no_process(log: Path, following: subprocess.Popen[str]) -> None:
    assert following.stdout
    assert following.stdin
    told = sorted(following.stdout.readline() for _ in range(2))
    assert told[0] == f"0\t{at(3, 'end')}\n"
    assert told[1].startswith("note\tlogs\t")
    with log.open("a") as file:
        file.write("more\n")
    assert following.stdout.readline() == "0\tmore\n"
    log.with_name("late.log").write_text("late\n")
    assert following.stdout.readline() == "1\tlate\n"
    log.rename(log.with_name("server.log.1"))
    log.write_text("after a rotation\n")
    assert following.stdout.readline() == "0\tafter a rotation\n"
    following.stdin.close()
    following.wait(5)
    deadline = time.monotonic() + 5
    while left := group(following.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nb id=2\nc id=3\nd id=4\n"


@pytest.fixture
def cluster(tmp_path: Path) -> load.Cluster:
    (tmp_path / "conf").mkdir()
    (tmp_path / "hosts.ini").write_text(HOSTS)
    (tmp_path / "conf/cluster.yaml").write_text("version: 3.9.1\n")
    return load.cluster(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "host", "paths"),
    [
        (LogQuery(), "a", {"kafka": "/var/log/kafka/server.log"}),
        (LogQuery(file="state-change"), "c", {"controller": "/var/log/kafka/state-change.log"}),
        (LogQuery(file="controller.log"), "b", {"kafka": "/var/log/kafka/controller.log"}),
        (LogQuery(service="controller"), "a", {}),
    ],
)
def test_which_log(wanted: LogQuery, host: str, paths: dict[str, str], cluster: load.Cluster) -> None:
    found = follow_logs.paths_of(cluster, cluster.nodes[host], wanted)
    assert {source.service: path for source, path in found.items()} == paths


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (LogQuery(service="kafak"), "--service kafak: kafka, zookeeper, controller are there (did you mean kafka?)"),
        (LogQuery(service="zookeeper"), "none of the chosen hosts has a service zookeeper"),
        (LogQuery(file="../../etc/shadow"), "the name of a file in the log directory is wanted"),
        (LogQuery(lines=-1), "0 or more is wanted"),
        (LogQuery(follow=True), "4 hosts cannot be followed, 2 at once can: choose some with -H"),
    ],
)
def test_what_is_refused(wanted: LogQuery, words: str, cluster: load.Cluster) -> None:
    class Some:
        def __init__(self) -> None:
            self.cluster, self.hosts, self.config = cluster, tuple(cluster.nodes), {"parallel": 2}

    hosts = Some()
    with pytest.raises(Exit) as caught:
        follow_logs.refuse(hosts, wanted)  # type: ignore[arg-type]
    assert words in str(caught.value)
