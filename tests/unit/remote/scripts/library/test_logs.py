"""The last words of a failed start: the error and its cause, whatever stands around them."""

from __future__ import annotations

import os
import subprocess
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


def at(second: int, level: str, text: str) -> str:
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
    text = script.whole(join(("last_words", "kafka", str(folder / "server.log"))), watched=False)
    ended = subprocess.run(
        ["sh", "-s"], input=text, text=True, capture_output=True, timeout=20, check=True,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TZ": "UTC"},
    )  # fmt: skip
    assert not ended.stderr
    return ended.stdout.splitlines()


def test_the_error_and_its_cause_and_no_frame(tmp_path: Path) -> None:
    log = [
        at(11, "INFO", "starting"), at(12, "ERROR", "Fatal error during KafkaServer startup."), LOST, *FRAMES,
        "Caused by: java.io.IOException: No space left on device", *FRAMES, "\t... 12 more",
        at(13, "INFO", "shut down"),
        at(14, "FATAL", "Exiting Kafka."),
    ]  # fmt: skip
    told = words(tmp_path, log)
    assert told == [
        f"--- {tmp_path / 'server.log'}", at(12, "ERROR", "Fatal error during KafkaServer startup."), f"    {LOST}",
        "    Caused by: java.io.IOException: No space left on device", at(14, "FATAL", "Exiting Kafka."),
    ]  # fmt: skip


def test_errors_of_an_earlier_start_are_not_told(tmp_path: Path) -> None:
    log = [at(1, "ERROR", "of yesterday"), "java.lang.Old", at(11, "ERROR", "of now"), "java.lang.New"]
    assert words(tmp_path, log)[1:] == [at(11, "ERROR", "of now"), "    java.lang.New"]


def test_what_is_said_again_and_again_is_told_once_and_the_first_and_the_last_of_many(tmp_path: Path) -> None:
    again = [at(11, "ERROR", "first"), *(at(12, "ERROR", "again") for _ in range(50))]
    many = [at(13, "ERROR", f"number {number}") for number in range(40)]
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
    old = [at(1, "ERROR", "of yesterday")]
    assert words(tmp_path, old, [*printed, *frames]) == ["--- journal of kafka", *printed]


@pytest.mark.parametrize("time", [f"{NOW}:11.123 ERROR [main] ", "[2026-01-31T12:00:11,123] [main] ERROR "])
def test_other_layouts_of_a_log(time: str, tmp_path: Path) -> None:
    assert words(tmp_path, [f"{time}Bad", LOST, *FRAMES])[1:] == [f"{time}Bad", f"    {LOST}"]


def test_a_log_without_an_error_shows_its_end(tmp_path: Path) -> None:
    log = [at(11, "INFO", f"step {number}, without ERROR in its first words") for number in range(9)]
    log = [line.replace("without ERROR in its first words", "going on") for line in log]
    assert words(tmp_path, log) == [f"--- {tmp_path / 'server.log'}, without an error", *log[-5:]]


def test_a_message_that_speaks_of_an_error_is_none(tmp_path: Path) -> None:
    log = [at(11, "INFO", f"{'configuration ' * 6} log.level = ERROR"), at(12, "ERROR", "this")]
    assert words(tmp_path, log)[1:] == [at(12, "ERROR", "this")]
