"""audit.sh run for real in temporary folders: decisions are counted on the host, and the level is remembered."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import HERE, SHELLS

DECISION = "Principal = User:{} is Allowed operation = READ from host = 10.0.0.1 on resource = {}"
LINE = f"[2026-11-28 10:00:00,000] DEBUG {DECISION}"
Say = Callable[..., list[Change]]
END = " for request = Fetch with resourceRefCount = 1 based on rule DefaultAllow (kafka.authorizer.logger)\n"


@pytest.fixture(params=HERE)
def say(request: pytest.FixtureRequest, tmp_path: Path) -> Say:
    """Run a function of the library in a temporary folder, and return what it said."""
    return in_shell(request.param, tmp_path)


def in_shell(shell: str, folder: Path) -> Say:
    def run(*words: object) -> list[Change]:
        own = f"LEVELS={folder / 'levels'}\n"
        text = script.with_library(own + join(map(str, words)), watched=False, extra=script.AUDIT)
        ended = subprocess.run(
            [*SHELLS[shell], "-s"], input=text, text=True, capture_output=True, timeout=20, check=False,
        )  # fmt: skip
        assert not ended.stderr
        return list(filter(None, map(ChangeReader().feed, ended.stdout.splitlines())))

    return run


def test_a_level_is_remembered_until_it_is_set_back(say: Say) -> None:
    assert say("noted_level", "kafka") == []
    assert say("note_level", "kafka", "INFO") == [Change("ok", "noted", "kafka", "INFO")]
    assert say("noted_level", "kafka") == [Change("ok", "level", "kafka", "INFO")]
    assert say("noted_level", "other") == []
    assert say("forget_level", "kafka") == [Change("ok", "forgotten", "kafka")]
    assert say("noted_level", "kafka") == []


def test_a_level_that_cannot_be_remembered_is_not_changed(say: Say, tmp_path: Path) -> None:
    (tmp_path / "levels").write_text("a file\n")
    assert say("note_level", "kafka", "INFO")[0].status == "failed"


def test_decisions_are_counted_each_once_also_past_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "kafka-authorizer.log"
    log.write_text(LINE.format("before", "Topic:LITERAL:old") + END)

    def write() -> None:
        time.sleep(0.8)
        with log.open("a") as more:
            more.write((LINE.format("a", "Topic:LITERAL:t") + END) * 3 + "another line\n")
            more.write(LINE.format("b\tc", "Group:LITERAL:x y") + END)
        time.sleep(0.3)
        log.rename(tmp_path / "kafka-authorizer.log.1")
        log.write_text(LINE.format("a", "Topic:LITERAL:t") + END + LINE.format("d", "Topic:LITERAL:z") + END)

    writer = threading.Thread(target=write)
    writer.start()
    found = in_shell(HERE[0], tmp_path)("decisions", 3, 100, log)
    writer.join()
    decisions = {change.detail: change.name for change in found if change.kind == "decision"}
    text = f"{DECISION} for request = Fetch"
    assert decisions == {
        text.format("a", "Topic:LITERAL:t"): "4",
        text.format("b c", "Group:LITERAL:x y"): "1",
        text.format("d", "Topic:LITERAL:z"): "1",
    }
    assert found[-1] == Change("ok", "decisions", "6", "left=0")


def test_no_more_different_decisions_are_kept_than_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "kafka-authorizer.log"
    log.touch()

    def write() -> None:
        time.sleep(0.7)
        log.write_text("".join(LINE.format(at % 5, "Topic:LITERAL:t") + END for at in range(20)))

    writer = threading.Thread(target=write)
    writer.start()
    found = in_shell(HERE[0], tmp_path)("decisions", 2, 2, log)
    writer.join()
    assert sorted(change.name for change in found if change.kind == "decision") == ["4", "4"]
    assert found[-1] == Change("ok", "decisions", "20", "left=12")
