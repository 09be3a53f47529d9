"""logs.sh: why a unit does not run, in the last words of its log; the last lines of logs, and those that come."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.remote import script

NOW = "2026-01-31 12:00"
FRAMES = [f"\tat kafka.log.LogManager.step{at}(LogManager.scala:{at})" for at in range(30)]
LOST = (
    "org.apache.kafka.common.KafkaException: Found directory /data/lost+found, 'lost+found' is not in the form of "
    "topic-partition or topic-partition.uniqueId-delete (if marked for deletion)."
)


def event(second: int, level: str, text: str) -> str:
    return f"[{NOW}:{second:02},123] {level} {text} (kafka.server.KafkaServer)"


def words(folder: Path, log: list[str], journal: list[str] = []) -> list[str]:  # noqa: B006  # read only
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "journal").write_text("".join(f"{line}\n" for line in journal))
    answers = {
        "systemctl": f'case "$*" in *ExecMainStart*) echo "Sat {NOW}:10 UTC" ;; *Invocation*) echo abc ;; esac',
        "journalctl": f"cat {folder / 'journal'}",
    }
    for name, body in answers.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    if log:
        (folder / "server.log").write_text("".join(f"{line}\n" for line in log))
    text = script.with_library(join(("last_words", "kafka", str(folder / "server.log"))), watched=False)
    ended = subprocess.run(
        ["sh", "-s"], input=text, text=True, capture_output=True, timeout=20, check=True,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TZ": "UTC"},
    )  # fmt: skip
    assert not ended.stderr
    return ended.stdout.splitlines()


def test_the_error_and_its_cause_and_no_frame(tmp_path: Path) -> None:
    log = [
        event(11, "INFO", "starting"), event(12, "ERROR", "Fatal error during KafkaServer startup."), LOST, *FRAMES,
        "Caused by: java.io.IOException: No space left on device", *FRAMES, "\t... 12 more",
        event(13, "INFO", "shut down"),
        event(14, "FATAL", "Exiting Kafka."),
    ]  # fmt: skip
    told = words(tmp_path, log)
    assert told == [
        f"--- {tmp_path / 'server.log'}", event(12, "ERROR", "Fatal error during KafkaServer startup."), f"    {LOST}",
        "    Caused by: java.io.IOException: No space left on device", event(14, "FATAL", "Exiting Kafka."),
    ]  # fmt: skip


def test_errors_of_an_earlier_start_are_not_told(tmp_path: Path) -> None:
    log = [event(1, "ERROR", "of yesterday"), "java.lang.Old", event(11, "ERROR", "of now"), "java.lang.New"]
    assert words(tmp_path, log)[1:] == [event(11, "ERROR", "of now"), "    java.lang.New"]


def test_what_is_said_again_and_again_is_told_once_and_the_first_and_the_last_of_many(tmp_path: Path) -> None:
    again = [event(11, "ERROR", "first"), *(event(12, "ERROR", "again") for _ in range(50))]
    many = [event(13, "ERROR", f"number {number}") for number in range(40)]
    told = words(tmp_path, [*again, *many])[1:]
    assert told == [again[0], again[1], many[0], many[-2], many[-1]]


@pytest.mark.parametrize(
    "printed",
    [
        ["Error occurred during initialization of VM", "Could not reserve enough space for 9437184000KB object heap"],
        [
            "Error: Could not find or load main class kafka.Kafka",
            "Caused by: java.lang.ClassNotFoundException: kafka.Kafka",
        ],
        ["log4j:ERROR Failed to flush writer,", "java.io.IOException: No space left on device"],
        ["/bin/sh: 1: exec: /opt/kafka/bin/kafka-server-start.sh: Permission denied"],
        ['Exception in thread "main" java.net.BindException: Address already in use'],
    ],
)
def test_what_was_printed_before_anything_could_be_logged(printed: list[str], tmp_path: Path) -> None:
    frames = ["\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)"] * 20
    assert words(tmp_path, [], [*printed, *frames]) == ["--- journal of kafka", *printed]
    old = [event(1, "ERROR", "of yesterday")]
    assert words(tmp_path, old, [*printed, *frames]) == ["--- journal of kafka", *printed]


@pytest.mark.parametrize("time", [f"{NOW}:11.123 ERROR [main] ", "[2026-01-31T12:00:11,123] [main] ERROR "])
def test_other_layouts_of_a_log(time: str, tmp_path: Path) -> None:
    assert words(tmp_path, [f"{time}Bad", LOST, *FRAMES])[1:] == [f"{time}Bad", f"    {LOST}"]


def test_a_log_without_an_error_shows_its_end(tmp_path: Path) -> None:
    log = [event(11, "INFO", f"step {number}, without ERROR in its first words") for number in range(9)]
    log = [line.replace("without ERROR in its first words", "going on") for line in log]
    assert words(tmp_path, log) == [f"--- {tmp_path / 'server.log'} (no errors)", *log[-5:]]


def test_a_message_that_speaks_of_an_error_is_none(tmp_path: Path) -> None:
    log = [event(11, "INFO", f"{'configuration ' * 6} log.level = ERROR"), event(12, "ERROR", "this")]
    assert words(tmp_path, log)[1:] == [event(12, "ERROR", "this")]


def at(second: int, text: str = "words") -> str:
    return f"[2025-01-31 12:00:{second:02},000] INFO {text} (kafka.X)"


def sh(*words: str) -> list[str]:
    text = script.with_library(join(words), watched=False)
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
    assert line == f"note\tlogs\t{log.parent}/sever.log\tdoes not exist; its directory has server"
    [line] = sh("last_lines", "9", "", "/no/such/place/x.log")
    assert line.endswith("does not exist; nothing has been logged yet")


@pytest.fixture
def following(log: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        ["sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin
        process.stdin.write(
            script.while_connected(join(("follow_lines", "1", "", str(log), str(log.with_name("late.log")))))
        )
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
