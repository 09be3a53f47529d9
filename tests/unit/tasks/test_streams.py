"""The command fab itself: streams that take nothing, signals at any moment, odd surroundings; never a traceback."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.cluster.change import Change
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import TemplateProblem, Templates
from kafka_fab.operate import run_command
from kafka_fab.operate.hosts import storage
from kafka_fab.operate.install import plan
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.channel import channel
from kafka_fab.remote.executor import user_errors
from kafka_fab.remote.ssh.connection import HostFailure
from tests.unit.cluster import odd_input

FAB = Path(sys.executable).with_name("fab")
# Whoever runs the tests in the background has SIGINT ignored, and children inherit that.
AWAKE = ("env", "--default-signal=INT,TERM,HUP")
LOST = "standard output cannot be written (no space left on device): what was still to be said is lost"
HOST = "[kafka]\nh1 id=1 address=127.0.0.1\n[zookeeper]\nh1 id=1\n"


def shell(line: str, cwd: Path = HOME, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line with $FAB."""
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=surroundings(**env), capture_output=True, text=True, timeout=60, check=False
    )


def surroundings(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("KAFKA_FAB", "FABRIC_"))}
    return {**kept, "FAB": str(FAB), **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "hosts.ini").write_text(HOST)
    (tmp_path / "conf/cluster.yaml").write_text("version: 3.9.1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$FAB --list >/dev/full", 1, LOST),
        ("$FAB lab.status >/dev/full", 1, LOST),
        ("$FAB lab.status >&-", 1, "standard output is closed: nothing was begun"),
        ("$FAB lab.status >/dev/null 2>&- <&-", 0, ""),
        ("$FAB --list | true; exit ${PIPESTATUS[0]}", (0, 141), ""),
        ("$FAB logs --lines abc", 1, "a switch has a value of the wrong kind"),
        ("FABRIC_PARALLEL=abc $FAB plan", 1, "a variable of the environment (FABRIC_PARALLEL)"),
        ("KAFKA_FAB_CLUSTER=/dev/null $FAB plan", 1, "hosts.ini: cannot be read: not a directory"),
        ("$FAB --dry uninstall --yes --data", 2, "--dry is not kafka-fab's, nothing was done: `fab plan` shows"),
        ("$FAB -R install", 2, "--dry is not kafka-fab's"),
        ("FABRIC_RUN_DRY=1 $FAB lab.status", 2, "--dry is not kafka-fab's"),
        ("$FAB --dry --list", 0, ""),
        ("$FAB -T 5 plan", 2, "--command-timeout (-T) is not kafka-fab's, nothing was done"),
        ("FABRIC_TIMEOUTS_CONNECT=soon $FAB plan", 1, "a number above 0 is wanted, found soon"),
        ("$FAB -t -1 plan", 1, "timeouts.connect (-t) of Fabric's configuration: a number above 0 is wanted, found -1"),
        (
            "$FAB -f nosuch plan",
            1,
            "Fabric does not take this command line, or its configuration (fabric.yaml",
        ),
        ("$FAB -f /nosuch.yaml plan", 1, "/nosuch.yaml: is not there (-f)"),
        ("$FAB -S /nosuch plan", 1, "/nosuch: is not there (-S)"),
        ("$FAB -F bogus --list", 1, "Fabric does not take this command line"),
        ("$FAB --prompt-for-sudo-password plan </dev/null", 1, "a password is asked for, and nobody types it here"),
        ("$FAB --prompt-for-login-password plan </dev/null", 1, "a password is asked for, and nobody types it here"),
        ("$FAB nosuch", 1, "No idea what 'nosuch' is!"),
        ("$FAB -H 'root@[::1]:22' plan", 1, "is not a host name: name the host only; set user and port in ssh_config"),
        ("$FAB -H @file plan", 1, "is not a host name"),
        ("cd $(mktemp -d) && rmdir $PWD && $FAB -r $HERE --list", 0, ""),
        ("cd $(mktemp -d) && rmdir $PWD && $FAB -r $HERE plan", 1, "the working directory is gone"),
    ],
)
def test_odd_surroundings(line: str, code: Any, said: str) -> None:
    ended = shell(line, HERE=str(HOME))
    assert ended.returncode in (code if isinstance(code, tuple) else (code,)), ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "Fabric does not take this command line, or its configuration (fabric.yaml, -f): ParserError"),
        (b"- a", "Fabric does not take this command line"),
        (b"\xff", "Fabric does not take this command line"),
        (b"run: abc", "Fabric does not take this command line"),
        (b"parallel: abc", "parallel of Fabric's configuration: a number above 0 is wanted, found abc"),
        (b"timeouts: {connect: yes}", "timeouts.connect (-t) of Fabric's configuration: a number above 0 is wanted"),
        (b"connect_kwargs: {port: 5}", "connect_kwargs.port of Fabric's configuration: ssh_config says that"),
    ],
)
def test_an_odd_configuration_of_fabrics(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    ended = shell(f"$FAB -f {tmp_path}/odd.yaml plan")
    assert ended.returncode == 1
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["$FAB -t 1 plan", "FABRIC_TIMEOUTS_CONNECT=1 $FAB plan"])
def test_how_long_to_wait_for_a_host(command: str, folder: Path) -> None:
    """Fabric keeps -t where it then refuses to find it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        (folder / "ssh_config").write_text(f"Host h1\n  HostName 127.0.0.1\n  Port {port}\n  User root\n")
        ended = shell(command, KAFKA_FAB_CLUSTER=str(folder))
    assert f"h1: 127.0.0.1 port {port} takes the connection and says nothing" in ended.stdout


def test_a_stream_of_ascii_shows_other_letters_by_their_numbers() -> None:
    ended = shell(f'{sys.executable} -c "program = 1; import fabfile; print(chr(228))"', PYTHONIOENCODING="ascii")
    assert (ended.stdout, ended.stderr) == ("\\xe4\n", "")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interruption_before_work_begins(number: str) -> None:
    snippet = f"program = 1; import fabfile, os, signal; os.kill(os.getpid(), signal.{number}); print('on')"
    ended = shell(f'{" ".join(AWAKE)} {sys.executable} -c "{snippet}"')
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "\ninterrupted: nothing was begun\n"


def test_who_is_told_to_ignore_a_hangup_ignores_it() -> None:
    snippet = "program = 1; import fabfile, os, signal; os.kill(os.getpid(), signal.SIGHUP); print('on')"
    assert shell(f'trap "" HUP; {sys.executable} -c "{snippet}"').stdout == "on\n"


@contextmanager
def silent_host(folder: Path) -> Iterator[socket.socket]:
    """A host that accepts and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        (folder / "ssh_config").write_text(f"Host h1\n  HostName 127.0.0.1\n  Port {port}\n  User root\n")
        listening.settimeout(30)
        yield listening


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_of_the_work(number: int, folder: Path) -> None:
    mine, its = os.openpty()
    with silent_host(folder) as listening:
        # On a terminal, which shows when the work has begun: to connect begins before it.
        argv: list[str | Path] = [*AWAKE, FAB, "-r", HOME, "install"]
        env = surroundings(KAFKA_FAB_CLUSTER=str(folder))
        with subprocess.Popen(argv, env=env, stdout=its, stderr=subprocess.PIPE, text=True) as running:
            os.close(its)
            held, _ = listening.accept()
            shown = b""
            while b"connecting" not in shown:
                shown += os.read(mine, 4096)
            running.send_signal(number)
            _, errors = running.communicate(timeout=30)
            held.close()
    os.close(mine)
    assert running.returncode == 130
    assert "h1: interrupted in connecting\n" in errors
    assert errors.endswith("\ninterrupted\n")
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_while_hosts_are_only_connected_to(number: int, folder: Path) -> None:
    with silent_host(folder) as listening:
        argv: list[str | Path] = [*AWAKE, FAB, "-r", HOME, "plan"]
        env = surroundings(KAFKA_FAB_CLUSTER=str(folder))
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            held, _ = listening.accept()
            running.send_signal(number)
            _, errors = running.communicate(timeout=30)
            held.close()
    assert running.returncode == 130
    # Where the task has not yet come to its hosts there is none to tell of.
    assert "interrupted in" not in errors.replace("h1: interrupted in connecting\n", "")
    assert errors.endswith("\ninterrupted\n")
    assert "Traceback" not in errors


def test_a_file_that_cannot_be_written_is_named() -> None:
    with pytest.raises(Exit, match=r"/c/\.kafka-fab: read-only file system: mend that") as ended, user_errors():
        raise OSError(30, "Read-only file system", "/c/.kafka-fab")
    assert ended.value.code == 1


def test_what_nobody_has_foreseen_is_a_sentence_too() -> None:
    snippet = "program = 1; import fabfile; {}['x']"
    ended = shell(f'{sys.executable} -c "{snippet}"')
    assert ended.returncode == 1
    assert ended.stderr.startswith("kafka-fab cannot go on, by a fault of its own: KeyError: 'x'")
    assert "Traceback" in shell(f'{sys.executable} -c "{snippet}"', KAFKA_FAB_TRACEBACK="1").stderr


@pytest.mark.parametrize("number", ["99999999999999999999", "-3"])
def test_numbers_of_a_topic_have_bounds(number: str) -> None:
    ended = shell(f"$FAB topics.create a --partitions {number}")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"fab topics.create: --partitions: 1 to 100000 is wanted, found {number}" in ended.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff", "is not UTF-8"), (b"two words", "holds no cluster id: write the cluster.id"), (None, "is a directory")],
)
def test_the_file_of_the_clusters_id_is_read_as_any_other(content: bytes | None, said: str, folder: Path) -> None:
    file = folder / storage.ID_FILE
    file.write_bytes(content) if content else file.mkdir()
    with pytest.raises(ConfigError, match=said):
        storage.written_id(load.cluster(folder))


def test_odd_files_through_the_command_itself(folder: Path) -> None:
    for mutation in islice(odd_input.mutations(1, 100), 0, 100, 25):
        odd_input.write(folder, mutation)
        refused = not isinstance(odd_input.loaded(folder), Cluster)
        # A task that needs no host: what is wrong with the folder is said before it begins.
        ended = shell("$FAB -H nobody version", KAFKA_FAB_CLUSTER=str(folder))
        assert ended.returncode == 1, (mutation.seed, ended.stdout)
        assert "Traceback" not in ended.stderr
        assert "a fault of its own" not in ended.stderr
        assert ("nobody is not in" in ended.stderr) is not refused or mutation.name in odd_input.READERS


@pytest.mark.parametrize("name", ["hosts.ini", "conf/cluster.yaml"])
def test_a_pipe_is_not_waited_for(name: str, folder: Path) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    ended = shell("timeout 20 $FAB plan", KAFKA_FAB_CLUSTER=str(folder))
    assert ended.returncode == 1
    assert f"{name}: cannot be read: not a regular file, but a pipe or a device" in ended.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("caf\u00e9=1\n".encode("latin-1"), "is not UTF-8: save it in that encoding"),
        (b'{% extends "server.properties.j2" %}', "extends, includes or calls itself without an end"),
    ],
)
def test_a_template_that_cannot_be_read_is_named(content: bytes, said: str, folder: Path) -> None:
    file = folder / "conf/server.properties.j2"
    file.write_bytes(content)
    with pytest.raises(TemplateProblem) as refused:
        Templates([file.parent]).render(file.name)
    assert str(refused.value).startswith(str(file))
    assert said in str(refused.value)


# Last lines


def progress(host: str, *statuses: str, error: str = "") -> HostProgress:
    return HostProgress(host, [Change(status, "file", "/f") for status in statuses], error=error)


@pytest.mark.parametrize(
    ("done", "last"),
    [
        ([progress("a", error="x"), progress("b", error="x")], "2 of 2 hosts failed ("),
        ([progress("a", error="x"), progress("b")], "1 of 2 hosts failed; on the others nothing would change ("),
        ([progress("a", error="x"), progress("b", "would")], "1 of 2 hosts failed; on the others 1 change"),
        ([progress("a"), progress("b", "ok")], "nothing would change ("),
    ],
)
def test_a_plan_never_says_that_nothing_would_change_where_it_could_not_look(
    done: list[HostProgress], last: str
) -> None:
    assert plan.planned(done, 0).splitlines()[-1].startswith(last)


NEW = ("--- /f", "+++ /f", "@@ -0,0 +1,2 @@", "+one", "+two")


def test_a_plan_names_new_files_with_their_size_and_shows_them_in_full_on_request() -> None:
    new = Change("would", "file", "/f", "root:root 644", NEW)
    old = Change("would", "file", "/g", "", ("--- /g", "+++ /g", "@@ -1,1 +1,1 @@", "-a", "+b"))
    done = [HostProgress("a", [new, old]), HostProgress("b", [new])]
    short, full = plan.planned(done, 0).splitlines(), plan.planned(done, 0, full=True).splitlines()
    assert short[0] == "all hosts: file /f  (root:root 644; new file, 2 lines, 8 bytes)"
    assert short[1] == "a: file /g"
    assert short[2:7] == [f"    {line}" for line in old.diff]
    assert "--full" in short[7]
    assert full[:6] == ["all hosts: file /f  (root:root 644)", *(f"    {line}" for line in NEW)]
    assert not any("--full" in line for line in full)


def ran(monkeypatch: pytest.MonkeyPatch, status: int, complaints: str = "", line: str = "") -> HostProgress:
    done = HostProgress("a")

    def run(_c: object, _script: str, heard: Any) -> channel.ScriptResult:
        heard(line)
        return channel.ScriptResult(status, "", complaints)

    monkeypatch.setattr(channel, "run", run)
    run_command.run_command(SimpleNamespace(progress=done), "uptime")  # type: ignore[arg-type]
    return done


def test_of_a_command_it_is_not_said_that_there_was_nothing_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    last = report.hosts([ran(monkeypatch, 0)], 1).splitlines()[-1]
    assert last == "1 host: ran, 1.00 s"


def test_the_shells_own_words_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostFailure, match="`uptime` exited with status 2: sh: unterminated quoted string"):
        ran(monkeypatch, 2, "sh: unterminated quoted string")


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("echo a; echo b >&2; exit 3", 3, "a\nb\n"),
        ('cat; echo "it\'s"', 0, "it's\n"),
        ("# x", 0, ""),
        ("}; exit 7; {", 2, "yntax error"),
        ('echo "', 2, "nterminated quoted string"),
        ("cat <<END\nx\nEND", 0, "x\n"),
        ("-x", 127, "not found"),
        ("type want_file || echo a shell of its own", 0, "a shell of its own\n"),
    ],
)
def test_a_command_is_its_own_shells_whatever_it_says(line: str, status: int, said: str) -> None:
    # In a session of its own: what a script kills with itself must not be the tests.
    with subprocess.Popen(
        ["dash", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=surroundings(), start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stdin
        assert running.stdout
        running.stdin.write(run_command.wrapped(line))
        running.stdin.flush()
        # Open until the end: its end is that of the connection.
        shown = running.stdout.read()
        assert running.wait(timeout=20) == status
    assert shown.endswith(said) if status == 0 else said in shown


@pytest.mark.parametrize("line", ["", " ", "\n\t"])
def test_an_empty_command_is_refused(line: str) -> None:
    with pytest.raises(HostFailure, match="the command is empty, nothing was run"):
        run_command.run_command(SimpleNamespace(progress=HostProgress("a")), line)  # type: ignore[arg-type]


def test_an_interruption_in_the_middle_of_an_import_comes_after_it(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nwhole = True\n")
    program = (
        "import sys, threading\n"
        "program = None\n"
        "from kafka_fab.output import streams\n"
        "streams.take_over()\n"
        "with streams.working():\n"
        "    try:\n"
        "        import slow\n"
        "        print(slow.whole, flush=True)\n"
        "        threading.Event().wait(30)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', flush=True)\n"
    )
    ended = subprocess.run(
        [*AWAKE, sys.executable, "-c", program], cwd=HOME, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == "True\ninterrupted\n", ended.stderr
