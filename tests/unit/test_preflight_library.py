"""preflight.sh run for real, on this machine: facts come out, and nothing is changed."""

import os
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from shlex import quote

import pytest

from tasks.cluster.finding import Told, facts
from tasks.remote import script

SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]


def ask(body: str, shell: str = "sh", path: str = "") -> Told:
    text = script.whole(f"{body}\nwait", apply=False, watched=False, extra=script.PREFLIGHT)
    ended = subprocess.run(
        [shell, "-s"], input=text, text=True, capture_output=True, timeout=20, check=True,
        env={"PATH": f"{path}:{os.environ['PATH']}"},
    )  # fmt: skip
    return Told("here", facts(ended.stdout.splitlines()))


@pytest.fixture
def listener():
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_question_is_answered_in_every_shell(shell: str, tmp_path: Path) -> None:
    told = ask(
        f"ask_clock; ask_host /nowhere; ask_units nothing; ask_disks {tmp_path}; ask_segments {tmp_path}; "
        "ask_names localhost & ask_ways localhost/1 & ask_listening 1",
        shell,
    )
    assert float(told.values("clock", "now")[0]) > 10**9
    assert told.number("memory", "MemTotal") > 0
    assert told.number("kernel", "max_map_count") > 0
    assert told.number("kernel", "nr_open") > 0
    assert told.number("systemd-limit", "files") > 0
    assert int(told.values("systemd-limit", "files")[1], 16) >= 0
    assert "bash" in told.names("tool")
    assert not told.names("tree")
    assert told.values("name", "localhost")
    assert told.values("way", "localhost/1") == ("Connection refused",)


def test_the_clock_is_asked_by_way_of_the_path(tmp_path: Path) -> None:
    (tmp_path / "date").write_text("#!/bin/sh\necho 42.5\n")
    (tmp_path / "date").chmod(0o755)
    assert ask("ask_clock", path=str(tmp_path)).values("clock", "now") == ("42.5",)


def test_who_listens_and_who_lets_in(listener: int) -> None:
    told = ask(f"ask_listening 1 {listener}; ask_ways 127.0.0.1/{listener} 127.0.0.1/1 nowhere.invalid/1")
    assert told.names("listening") == {str(listener)}
    assert told.values("way", f"127.0.0.1/{listener}") == ("open",)
    assert told.values("way", "127.0.0.1/1") == ("Connection refused",)
    assert told.values("way", "nowhere.invalid/1") == ("Invalid argument",)


def test_a_name_without_an_address() -> None:
    told = ask("ask_names nowhere.invalid")
    assert told.names("name") == {"nowhere.invalid"}
    assert told.values("name", "nowhere.invalid") == ()


def test_a_disk_of_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    told = ask(f"ask_disks {tmp_path} {tmp_path}/not/yet")
    there, not_yet = told.words("disk", str(tmp_path)), told.words("disk", f"{tmp_path}/not/yet")
    assert (there["exists"], not_yet["exists"]) == ("yes", "")
    assert there["real"] == not_yet["real"] == str(tmp_path)
    assert there["device"] == not_yet["device"] == str(tmp_path.stat().st_dev)
    assert int(there["blocks"]) * int(there["block"]) > int(there["free"]) * int(there["block"]) > 0


def test_segments_are_counted_in_partitions_alone(tmp_path: Path) -> None:
    for place in ("t-0/0.index", "t-0/9.index", "t-1/0.index", "t-1/0.log", "stray.index", "deep/er/0.index"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert ask(f"ask_segments {tmp_path} /not/there").number("segments", "all") == 3


def test_keys_of_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "meta").write_text("#x\ncluster.id=abc\nnode.id=1\n")
    told = ask(f"ask_key cluster.id {quote(str(tmp_path / 'meta'))} {tmp_path}/none")
    assert told.values("cluster.id", str(tmp_path / "meta")) == ("abc",)
    assert len(told.facts) == 1
