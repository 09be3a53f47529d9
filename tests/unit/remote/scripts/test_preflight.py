"""preflight.sh run for real, on this machine: facts come out, and nothing is changed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shlex import quote

import pytest

from kafka_fab.cluster.preflight.finding import HostFacts, facts
from kafka_fab.remote import script
from tests.unit.remote.scripts.shells import SHELLS


def ask(body: str, shell: str = "sh", path: str = "") -> HostFacts:
    text = script.with_library(f"{body}\nwait", apply=False, watched=False, extra=script.PREFLIGHT)
    ended = subprocess.run(
        [shell, "-s"], input=text, text=True, capture_output=True, timeout=20, check=True,
        env={"PATH": f"{path}:{os.environ['PATH']}"},
    )  # fmt: skip
    return HostFacts("here", facts(ended.stdout.splitlines()))


@pytest.fixture
def listener() -> Iterator[int]:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_question_is_answered_in_every_shell(shell: str, tmp_path: Path) -> None:
    told = ask(
        f"ask_clock; ask_host /nowhere; ask_units nothing; ask_disks {tmp_path}; ask_segments {tmp_path}; "
        "ask_names localhost & ask_connections localhost/1 & ask_listening 1",
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
    assert told.values("connect", "localhost/1") == ("Connection refused",)


def test_the_clock_is_read_by_date_in_the_path(tmp_path: Path) -> None:
    (tmp_path / "date").write_text("#!/bin/sh\necho 42.5\n")
    (tmp_path / "date").chmod(0o755)
    assert ask("ask_clock", path=str(tmp_path)).values("clock", "now") == ("42.5",)


def test_who_listens_and_who_lets_in(listener: int) -> None:
    told = ask(f"ask_listening 1 {listener}; ask_connections 127.0.0.1/{listener} 127.0.0.1/1 nowhere.invalid/1")
    assert told.names("listening") == {str(listener)}
    assert told.values("connect", f"127.0.0.1/{listener}") == ("open",)
    assert told.values("connect", "127.0.0.1/1") == ("Connection refused",)
    assert told.values("connect", "nowhere.invalid/1") == ("Invalid argument",)


def test_a_name_without_an_address() -> None:
    told = ask("ask_names nowhere.invalid")
    assert told.names("name") == {"nowhere.invalid"}
    assert told.values("name", "nowhere.invalid") == ()


def test_a_disk_of_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    told = ask(f"ask_disks {tmp_path} {tmp_path}/not/yet")
    there, not_yet = told.pairs("disk", str(tmp_path)), told.pairs("disk", f"{tmp_path}/not/yet")
    assert (there["exists"], not_yet["exists"]) == ("yes", "")
    assert there["real"] == not_yet["real"] == str(tmp_path)
    assert there["device"] == not_yet["device"] == str(tmp_path.stat().st_dev)
    assert int(there["blocks"]) * int(there["block"]) > int(there["free"]) * int(there["block"]) > 0


def test_segments_are_counted_in_partitions_only(tmp_path: Path) -> None:
    for place in ("t-0/0.index", "t-0/9.index", "t-1/0.index", "t-1/0.log", "stray.index", "deep/er/0.index"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert ask(f"ask_segments {tmp_path} /not/there").number("segments", "all") == 3


def test_keys_of_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "meta").write_text("#x\ncluster.id=abc\nnode.id=1\n")
    told = ask(f"ask_key cluster.id {quote(str(tmp_path / 'meta'))} {tmp_path}/none")
    assert told.values("cluster.id", str(tmp_path / "meta")) == ("abc",)
    assert len(told.facts) == 1


# What a broker would refuse


def data(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    return folder / "data"


@pytest.mark.parametrize("shell", SHELLS)
def test_folders_that_are_no_partitions_and_files_that_are_no_segments(shell: str, tmp_path: Path) -> None:
    fine = ("t-0/", "t-1/00000000000000000000.log", "t-1/00000000000000000000.index", "t-1/leader-epoch-checkpoint")
    known = (
        "a-b.c_d-12/",
        "__cluster_metadata-0/",
        "t-0.0123abcdef-delete/",
        "t-3.0123abcdef-future/",
        "meta.properties",
    )
    more = ("remote-log-index-cache/5_x.index", "t-1/00000000000000000000.log.deleted", "notes.txt", "t-1/5.snapshot")
    path = data(tmp_path, *fine, *known, *more)
    assert not ask(f"ask_log_dirs {path} /not/there", shell).facts
    data(tmp_path, "lost+found/", ".Trash/x", "t/", "t-1/backup.log", "t-1/x.timeindex")
    told = ask(f"ask_log_dirs {path}", shell)
    assert told.names("no-partition") == {f"{path}/{name}" for name in ("lost+found", ".Trash", "t")}
    assert told.names("no-segment") == {f"{path}/t-1/backup.log", f"{path}/t-1/x.timeindex"}


def test_what_in_a_directory_is_not_the_users(tmp_path: Path) -> None:
    me, other = pwd.getpwuid(os.getuid()).pw_name, "nobody"
    path = data(tmp_path, "t-0/1.log", "t-1/", "meta.properties", "notes.txt", "lost+found/")
    assert not ask(f"ask_data {me} {path}").facts
    [count, first, who] = ask(f"ask_data {other} {path}").values("not-owned", str(path))
    assert (count, who) == ("4", me), "notes and lost+found are nobody's business"
    assert first in ("t-0", "t-0/1.log", "t-1", "meta.properties")


@pytest.mark.skipif(os.getuid() != 0, reason="another user's eyes are needed")
def test_a_directory_without_access_to_a_parent(tmp_path: Path) -> None:
    outside = Path("/tmp") / f"kafka-fab-{os.getpid()}"
    (outside / "closed/data").mkdir(parents=True)
    (outside / "open").mkdir()
    try:
        outside.chmod(0o755)
        (outside / "open").chmod(0o777)
        (outside / "closed").chmod(0o700)
        told = ask(f"ask_access nobody {outside}/open {outside}/closed/data {outside}/not-there")
        assert told.names("closed") == {f"{outside}/closed/data"}
        assert told.values("closed", f"{outside}/closed/data") == (f"{outside}/closed", "nobody")
        assert not ask(f"ask_access no-such-user {outside}/closed/data").facts
    finally:
        shutil.rmtree(outside)


def test_limits_of_units_and_the_defaults(tmp_path: Path) -> None:
    known = "Id=kafka.service\\nLoadState=loaded\\nLimitAS=5\\nTasksMax=7\\n\\n"
    known += "Id=x.service\\nLoadState=not-found\\nLimitAS=6\\n"
    body = f'case "$*" in *Default*) printf "DefaultLimitAS=9\\n" ;; *) printf "{known}" ;; esac'
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\n{body}\n")
    (tmp_path / "systemctl").chmod(0o755)
    told = ask("ask_limits kafka x", path=str(tmp_path))
    found = {(fact.name, *fact.values) for fact in told.every("limit")}
    assert found == {("kafka", "LimitAS=5"), ("kafka", "TasksMax=7"), ("default", "LimitAS=9")}


def kafka(folder: Path, words: str) -> str:
    """A tree whose tool reads a configuration so, and the question to it."""
    (folder / "kafka/bin").mkdir(parents=True)
    tool = folder / "kafka/bin/kafka-storage.sh"
    tool.write_text(f"#!/bin/sh\necho asked >>{folder / 'called'}\ncat <<'W'\n{words}\nW\nexit 1\n")
    tool.chmod(0o755)
    (folder / "s.properties").write_text("num.partitions=abc\n")
    user = pwd.getpwuid(os.getuid()).pw_name
    own = f"PROVEN={folder / 'proven'}\nunit_of() {{ found=0; }}\nunit_tree() {{ found=$2; }}\n"
    return f"{own}ask_config kafka {user} {folder / 'kafka'} {folder / 's.properties'} ''"


def test_the_error_of_kafka_for_a_configuration(tmp_path: Path) -> None:
    said = 'Exception in thread "main" org.apache.ConfigException: Invalid value abc: Not a number\n\tat x\n'
    question = kafka(tmp_path, said)
    for _ in range(2):
        told = ask(question).values("config", str(tmp_path / "s.properties"))
        assert told == ("org.apache.ConfigException: Invalid value abc: Not a number",)


def test_a_configuration_is_read_once_unless_it_changes(tmp_path: Path) -> None:
    question = kafka(tmp_path, "Found problem:\n  /data is not formatted.")
    for _ in range(2):
        assert ask(question).values("config", str(tmp_path / "s.properties")) == ()
    assert (tmp_path / "called").read_text() == "asked\n"
    (tmp_path / "s.properties").write_text("num.partitions=2\n")
    assert ask(question).names("config") == {str(tmp_path / "s.properties")}
    assert (tmp_path / "called").read_text() == "asked\nasked\n"


def stub(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("shell", SHELLS)
def test_variables_of_systemd_that_the_unit_does_not_set(shell: str, tmp_path: Path) -> None:
    given = "LANG=C\\nKAFKA_OPTS=a\\nLOG_DIR=/x\\nJAVA_HOME=/j\\nMY_KAFKA_OPTS=1\\n"
    own = """'LOG_DIR=/y "JAVA_HOME=/a b"'"""
    stub(tmp_path, "systemctl", f'[ "$1" != show-environment ] || {{ printf "{given}"; exit; }}\necho {own}')
    told = ask("ask_environment kafka", shell, str(tmp_path))
    assert told.values("environment", "kafka") == ("KAFKA_OPTS",)
    stub(tmp_path, "systemctl", "echo LANG=C")
    assert not ask("ask_environment kafka", shell, str(tmp_path)).facts


@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as another user")
def test_a_java_that_a_user_cannot_run() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "bin").mkdir()
        stub(home / "bin", "java", ":")
        assert not ask(f"ask_java nobody {home}").facts
        (home / "bin").chmod(0o700)
        told = ask(f"ask_java nobody {home}")
        assert told.values("java-closed", str(home / "bin/java")) == (str(home / "bin"), "nobody")
