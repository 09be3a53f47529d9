"""What hosts say, read, counted and shown."""

import json
import os
import re
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.change import STATUSES, Change, ChangeReader
from kafka_fab.cluster.resource import Directory, Link
from kafka_fab.output import report, screen
from kafka_fab.output.progress import HostProgress
from kafka_fab.output.screen import Screen
from kafka_fab.remote import converge
from kafka_fab.remote.channel import channel
from kafka_fab.remote.channel.shell_session import OnLine
from kafka_fab.remote.ssh.connection import HostFailure

calm = settings(deadline=None, max_examples=50)  # other work on the machine is no failure

OK, CHANGED, FAILED = (Change(status, "file", "/f") for status in ("ok", "changed", "failed"))


def progress(
    host: str, *changes: Change, error: str = "", seconds: float | None = 1.0, doing: str = ""
) -> HostProgress:
    """A host's progress, at an end after some seconds (None: not at its end)."""
    started = time.monotonic() - (seconds or 0)
    ended = started + seconds if seconds is not None else 0.0
    return HostProgress(host, list(changes), doing, error, started=started, ended=ended, connected=bool(doing))


# Reader


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("ok\tfile\t/f\t", Change("ok", "file", "/f")),
        ("changed\tuser\tkafka\twithout login", Change("changed", "user", "kafka", "without login")),
        ("failed\tport\t9092\ta\tb", Change("failed", "port", "9092", "a\tb")),
        ("note\tlock", Change("note", "lock", "")),
        ("restart\trunning-config\tkafka\tx: y", Change("restart", "running-config", "kafka", "x: y")),
    ],
)
def test_a_line_is_a_change(line: str, change: Change) -> None:
    assert ChangeReader().feed(line) == change


def test_a_diff_belongs_to_the_change_that_follows() -> None:
    reader = ChangeReader()
    lines = ["diff\t--- /f", "diff\t+a\tb", "diff\t", "would\tfile\t/f\t", "ok\tfile\t/g\t"]
    first, second = filter(None, map(reader.feed, lines))
    assert first.diff == ("--- /f", "+a\tb", "")
    assert second.diff == ()


@pytest.mark.parametrize("line", ["", "Welcome to this host!", "changes\tfile", " ok\tfile\t/f", "sh: 1: not found"])
def test_other_lines_are_noise(line: str) -> None:
    reader = ChangeReader()
    assert reader.feed(line) is None
    assert reader.other_lines == [line]


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)
changes = st.builds(Change, st.sampled_from(STATUSES), words, words, words, st.lists(words, max_size=3).map(tuple))


@calm
@given(st.lists(changes, max_size=5))
def test_what_is_said_is_read(said: list[Change]) -> None:
    reader = ChangeReader()
    lines = [
        line
        for c in said
        for line in (*(f"diff\t{text}" for text in c.diff), f"{c.status}\t{c.kind}\t{c.name}\t{c.detail}")
    ]
    assert list(filter(None, map(reader.feed, lines))) == said


def test_a_change_in_words() -> None:
    assert str(Change("changed", "file", "/f", "a -> b")) == "changed  file  /f  a -> b"
    assert str(OK) == "ok  file  /f"


# Tables


def test_a_table() -> None:
    rows = [("host", "n", "seconds"), ("a", 1, 0.5), ("kafka1", 10, 12.345)]
    assert report.table(rows).splitlines() == [
        "host     n  seconds",
        "a        1     0.50",
        "kafka1  10    12.35",
    ]


@calm
@given(st.lists(st.tuples(st.text("abc", min_size=1), st.integers(), st.floats(0, 99)), min_size=1, max_size=5))
def test_columns_of_a_table_stand_below_each_other(rows: list[tuple[str, int, float]]) -> None:
    lines = report.table([("x", "y", "z"), *rows]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines[1:]] == [row[0] for row in rows]


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([progress("a", OK)], "1 host: nothing to change, 2.00 s"),
        ([progress("a", OK), progress("b", CHANGED)], "2 hosts: 1 change, 2.00 s"),
        ([progress("a", CHANGED, CHANGED), progress("b", CHANGED)], "2 hosts: 3 changes, 2.00 s"),
        ([progress("a", error="x"), progress("b", CHANGED)], "1 of 2 hosts failed, after 2.00 s"),
        ([], "0 hosts: nothing to change, 2.00 s"),
    ],
)
def test_the_summary(hosts: list[HostProgress], said: str) -> None:
    assert report.summary(hosts, 2.0) == said


def test_the_table_of_hosts() -> None:
    restart = Change("restart", "running-config", "kafka", "server.properties: num.partitions")
    hosts = [
        progress("a", OK, CHANGED, restart),
        progress("b", error="no way"),
        progress("c", OK, FAILED, error="disk"),
    ]
    lines = report.hosts(hosts, 3.0).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["host", "result", "ok", "changed", "failed", "seconds"],
        ["a", "changed", "1", "1", "0", "1.00"],
        ["b", "failed", "0", "0", "1", "1.00"],
        ["c", "failed", "1", "0", "1", "1.00"],
    ]
    assert lines[4:] == [
        "b: no way",
        "c: disk",
        "a: kafka runs an outdated configuration (server.properties: num.partitions)",
        "2 of 3 hosts failed, after 3.00 s",
    ]


@pytest.mark.parametrize(
    ("host", "result"),
    [
        (progress("a"), "ok"),
        (progress("a", OK), "ok"),
        (progress("a", OK, CHANGED), "changed"),
        (progress("a", Change("would", "file", "/f")), "would change"),
        (progress("a", CHANGED, error="x"), "failed"),
    ],
)
def test_a_hosts_result(host: HostProgress, result: str) -> None:
    assert host.result == result


def test_phases_of_one_host_are_merged() -> None:
    phases = [progress("a", OK, seconds=1), progress("b", seconds=5), progress("a", CHANGED, seconds=2, error="x")]
    a, b = report.merged(phases)
    assert (a.host, a.changes, a.error, round(a.seconds, 3)) == ("a", [OK, CHANGED], "x", 3)
    assert (b.host, round(b.seconds, 3)) == ("b", 5)
    assert phases[0].changes == [OK], "the phases are left as they were"


@calm
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans()), max_size=9))
def test_merging_loses_nothing(phases: list[tuple[str, int, bool]]) -> None:
    whole = report.merged(progress(host, CHANGED, seconds=s, error="x" * bad) for host, s, bad in phases)
    assert [p.host for p in whole] == list(dict.fromkeys(host for host, _, _ in phases))
    assert sum(p.count("changed") for p in whole) == len(phases)
    assert sum(p.seconds for p in whole) == pytest.approx(sum(s for _, s, _ in phases))
    assert {p.host for p in whole if p.error} == {host for host, _, bad in phases if bad}


def test_json() -> None:
    change = Change("changed", "file", "/f", "x", ("+a",))
    told = json.loads(report.as_json([progress("a", OK, change), progress("b", error="no")], "install", "orders"))
    assert (told["task"], told["cluster"]) == ("install", "orders")
    a, b = told["hosts"]
    assert a == {
        "host": "a", "result": "changed", "error": "", "seconds": 1.0, "ok": 1,
        "changes": [{"status": "changed", "kind": "file", "name": "/f", "detail": "x", "diff": ["+a"]}],
    }  # fmt: skip
    assert (b["result"], b["error"]) == ("failed", "no")


def test_changes_of_many_hosts_are_grouped() -> None:
    hosts = [
        progress("a", OK, CHANGED),
        progress("b", CHANGED, FAILED),
        progress("c", FAILED, Change("would", "x", "y")),
    ]
    grouped = list(report.grouped(hosts, ("changed", "failed")))
    assert grouped == [("a, b", CHANGED), ("b, c", FAILED)]
    assert list(report.grouped(hosts[:1], ("ok",))) == [("a", OK)], "one host is no crowd"
    assert [who for who, _ in report.grouped(hosts[:2], ("changed",))] == ["all hosts"]


def test_changes_that_differ_in_their_diff_are_two_unless_it_is_not_shown() -> None:
    hosts = [progress(host, Change("changed", "file", "/f", "", (f"+{host}",))) for host in "ab"]
    assert [who for who, _ in report.grouped(hosts, ("changed",))] == ["a", "b"]
    assert list(report.grouped(hosts, ("changed",), with_diff=False)) == [("all hosts", CHANGED)]


# Screen

Output = pytest.CaptureFixture[str]


def test_a_pipe_gets_a_line_per_change_once(capsys: Output) -> None:
    hosts = [progress("a", OK, CHANGED), progress("b", FAILED)]
    with Screen("install", hosts) as seen:
        seen.refresh()
        seen.refresh()
        hosts[0].changes.append(Change("restart", "running-config", "kafka", "x"))
        hosts[0].changes.append(Change("would", "file", "/g"))
    assert capsys.readouterr().out.splitlines() == [
        "a  changed  file  /f",
        "b  failed  file  /f",
        "a  restart  running-config  kafka  x",
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_quiet_screen(terminal: bool, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: terminal)
    with Screen("install", [progress("a", CHANGED)], quiet=True) as seen:
        seen.refresh()
    assert capsys.readouterr().out == ""


@pytest.fixture
def terminal(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A terminal of 40 columns and 10 lines."""
    size = [40, 10]
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size(size))
    return size


@pytest.mark.usefixtures("terminal")
def test_a_terminal_is_told_once_what_all_hosts_say(capsys: Output) -> None:
    with Screen("install", [progress("a", OK, CHANGED), progress("b", CHANGED), progress("c", CHANGED, FAILED)]):
        pass
    assert capsys.readouterr().out.splitlines() == ["all hosts  changed  file  /f", "c  failed  file  /f"]


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_a_live_line_per_host(capsys: Output) -> None:
    hosts = [
        progress("kafka1", CHANGED),
        HostProgress("k2", doing="download x", connected=True, started=time.monotonic() - 2),
        HostProgress("k3", started=time.monotonic() - 2),
    ]
    with Screen("install", hosts) as seen:
        seen.refresh()
        assert capsys.readouterr().out.splitlines() == [
            "kafka1    1.0 s  changed",
            "k2        2.0 s  download x",
            "k3        2.0 s  connecting",
        ]
        seen.refresh()
        assert capsys.readouterr().out.startswith("\x1b[3F"), "painted over"
    assert capsys.readouterr().out == "\x1b[3F\x1b[Jkafka1  changed  file  /f\n", "what stays is what changed"


@pytest.mark.usefixtures("terminal")
def test_a_quick_run_paints_nothing(capsys: Output) -> None:
    with Screen("install", [progress("a", OK, seconds=screen.SECONDS_UNTIL_LIVE / 2)]) as seen:
        seen.refresh()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("lines", [3, 5, 10, 30])
def test_more_hosts_than_lines(lines: int, terminal: list[int], capsys: Output) -> None:
    terminal[1] = lines
    hosts = [progress(f"done{n}") for n in range(10)] + [HostProgress(f"busy{n}", started=0) for n in range(15)]
    Screen("install", hosts).refresh()
    painted = capsys.readouterr().out.splitlines()
    assert len(painted) < lines
    if lines < len(hosts):
        assert painted[-1] == "10 of 25 hosts done"
        assert all(line.startswith("busy") for line in painted[:-1]), "those at work are the ones to see"


def test_long_lines_are_cut(terminal: list[int], capsys: Output) -> None:
    Screen("install", [HostProgress("a", doing="x" * 99, connected=True, started=0)]).refresh()
    assert [len(line) for line in capsys.readouterr().out.splitlines()] == [terminal[0] - 1]


def test_what_is_under_way_is_said_without_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("install", [progress("a", seconds=None, doing="download http://me:pl4nted@mirror/kafka")]).interrupted()
    told = capsys.readouterr().err
    assert "interrupted in download http" in told
    assert "pl4nted" not in told


def test_an_interruption_says_what_was_under_way(capsys: Output) -> None:
    hosts = [progress("a", OK), progress("b", seconds=None, doing="tree /opt"), progress("c", seconds=None)]
    # What a task means to do has not begun before the host has let it in, nor ended where it has no word for it.
    hosts += [HostProgress("d", doing="tree /opt"), HostProgress("e", connected=True)]
    with pytest.raises(KeyboardInterrupt), Screen("install", hosts):
        raise KeyboardInterrupt
    assert capsys.readouterr().err.splitlines() == [
        "b: interrupted in tree /opt",
        "c: interrupted in connecting",
        "d: interrupted in connecting",
        "e: interrupted in working",
        "A command under way may end on its host; run `fab install` again to go on.",
    ]


# Converge: the changes of a host, and the words of its failure


class Silent:
    """A connection that is never used."""

    def __init__(self) -> None:
        self.progress = HostProgress("a")


def converged(monkeypatch: pytest.MonkeyPatch, *lines: str, status: int = 0, stderr: str = "") -> HostProgress:
    c = Silent()

    def run(_: object, script: str, heard: OnLine, *more: object) -> channel.ScriptResult:
        assert "want_directory /d" in script
        for line in lines:
            heard(line)
        return channel.ScriptResult(status, "\n".join(lines), stderr)

    monkeypatch.setattr(channel, "run", run)
    converge.converge(c, [Directory("/d"), Link("/l", "/t")])  # type: ignore[arg-type]
    return c.progress


def test_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    done = converged(monkeypatch, "changed\tdirectory\t/d\t", "ok\tlink\t/l\t")
    assert [change.status for change in done.changes] == ["changed", "ok"]
    assert done.doing == ""


@pytest.mark.parametrize(
    ("lines", "stderr", "words"),
    [
        (["failed\tdirectory\t/d\tno space"], "", r"^directory /d: no space$"),
        (["failed\tdirectory\t/d\tx", "failed\tlink\t/l\ty"], "", r"^directory /d: x; link /l: y$"),
        (["odd"], "sh: killed", r"^the script exited with status 1: odd; sh: killed$"),
        ([], "", r"^the script exited with status 1: no output$"),
    ],
)
def test_a_failure_in_the_hosts_own_words(
    lines: list[str], stderr: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HostFailure) as failed:
        converged(monkeypatch, *lines, status=1, stderr=stderr)
    assert re.search(words, str(failed.value))


def test_services_that_stay_at_another_version_are_named_with_their_hosts() -> None:
    said = Change("note", "version", "kafka", "prepared for 3.9.1; stays at 2.8.2 until it is upgraded: fab upgrade")
    lock = Change("note", "lock", "a", "another run is in progress on this host; waiting for it")
    text = report.hosts([progress("a", OK, said, lock), progress("b", OK, said)], 1.0)
    assert f"all hosts: kafka: {said.detail}" in text.splitlines()
    assert "another run" not in text
