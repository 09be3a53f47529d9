"""Connections and the one round trip: reasons in words, Includes, and the mark that leads to a root shell."""

import importlib
import os
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fabric
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paramiko.ssh_exception import (
    AuthenticationException,
    NoValidConnectionsError,
    SSHException,
)

from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.channel import channel, shell_session
from kafka_fab.remote.channel.channel import ScriptResult
from kafka_fab.remote.channel.login_shell import PATH, by_sudo
from kafka_fab.remote.ssh import agent_keys, host_key
from kafka_fab.remote.ssh.connection import Connection, HostFailure, cause, reason
from kafka_fab.remote.ssh.openssh import OpenSSH
from kafka_fab.remote.ssh.transport import HungUp
from kafka_fab.runbook.codes import HostCode

PLACE: Any = SimpleNamespace(
    original_host="kafka1", host="10.0.0.1", port=2222, user="joe",
    proxy_words=lambda silent: "", tried=lambda: " (offered a; b is not there)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (host_key.KeyRefused("the key {of} it"), ["the key {of} it"]),
        (EOFError(), ["takes the connection and hangs up"]),
        (SSHException("Error reading SSH protocol banner"), ["takes the connection and says nothing", "`ssh kafka1`"]),
        (SSHException("No existing session"), ["takes the connection and says nothing"]),
        (
            AuthenticationException("x"),
            ["port 2222 does not let joe in (offered a; b is", "`ssh joe@kafka1`"],
        ),
        (SSHException("No authentication methods available"), ["10.0.0.1 port 2222 does not let joe in (offered a"]),
        (HungUp(), ["10.0.0.1 port 2222 has hung up on joe (offered a; b is not there): that is one key too many"]),
        (SSHException("odd {braces}"), ["10.0.0.1 port 2222: odd {braces}"]),
        (socket.gaierror(-2, "Name or service not known"), ["10.0.0.1 has no address", "~/.ssh/config"]),
        (ConnectionRefusedError(111, "Connection refused"), ["cannot be reached (Connection refused): is the host up"]),
        (NoValidConnectionsError({("10.0.0.1", 2222): OSError()}), ["10.0.0.1 port 2222 cannot be reached"]),
        (TimeoutError(), ["cannot be reached (no answer in time)"]),
        (TimeoutError("timed out"), ["cannot be reached (timed out)"]),
        (OSError(113, "No route to host"), ["(No route to host)"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_reasons(error: Exception, words: list[str]) -> None:
    said = reason(PLACE, error)
    assert "\n" not in said
    assert all(word in said for word in words), said


def test_two_threads_that_find_it_lost_open_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one must not cut off what the first has made anew."""
    opened, both = list[int](), threading.Barrier(2)
    transport: Any = SimpleNamespace(set_keepalive=lambda _: None, sock=None, active=False)

    def slowly(c: Any) -> None:
        time.sleep(0.05)
        opened.append(1)
        transport.active = True

    def reopen() -> None:
        both.wait(5)
        c.open()

    monkeypatch.setattr(fabric.Connection, "open", slowly)
    monkeypatch.setattr(fabric.Connection, "is_connected", property(lambda _: transport.active))
    monkeypatch.setattr("kafka_fab.remote.ssh.connection._notice_a_dead_peer", lambda *_: None)
    c = connection("Host kafka1\n HostName 127.0.0.1\n")
    monkeypatch.setattr(c, "transport", transport)
    threads = [threading.Thread(target=reopen) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert opened == [1]


def test_open_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(fabric.Connection, "open", refuse)
    with pytest.raises(HostFailure, match=r"127\.0\.0\.1 port 9 cannot be reached"):
        connection("Host kafka1\n HostName 127.0.0.1\n Port 9\n").open()


def test_open_waits_for_what_was_begun_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def refuse(c: object) -> None:
        tried.append(c)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(fabric.Connection, "open", refuse)
    c = connection("Host kafka1\n HostName 127.0.0.1\n")
    c.open_ahead()
    # A second wish for the same: the first one's failure is not to be waited for twice.
    c.open_ahead()
    with pytest.raises(HostFailure, match="cannot be reached"):
        c.open()
    assert len(tried) == 1


# ssh_config


@pytest.fixture(autouse=True)
def _nobodys_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def reading(text: str) -> OpenSSH:
    """Return what reads a text as ssh_config, as with fab -S."""
    Path("given").write_text(text)
    return OpenSSH(Path("nothing"), "given")


def connection(text: str) -> Connection:
    return Connection("kafka1", fabric.Config(), reading(text), HostProgress("kafka1"))


def test_a_connection_is_made_by_what_ssh_says() -> None:
    c = connection("Host kafka1\n HostName 10.0.0.1\n User joe\n Port 2222\n ConnectTimeout 7\n")
    assert (c.host, c.user, c.port, c.connect_timeout, c.gateway) == ("10.0.0.1", "joe", 2222, 7, None)


def test_what_fabric_is_told_stands_where_ssh_has_its_defaults() -> None:
    config = fabric.Config(overrides={"user": "joe", "port": 2222})
    c = Connection("kafka1", config, reading("Host *\n Port 22\n"), HostProgress("kafka1"))
    assert (c.user, c.port) == ("joe", 2222)


def test_hops_from_the_nearest_to_the_last() -> None:
    c = connection("Host kafka1\n ProxyJump a@one:1,[::2]:2,ssh://three\nHost three\n ProxyJump other\n User t\n")
    ways = [c.gateway, c.gateway.gateway, c.gateway.gateway.gateway, c.gateway.gateway.gateway.gateway]
    assert [(way.host, way.port) for way in ways[:3]] == [("three", 22), ("::2", 2), ("one", 1)]
    assert (ways[0].user, ways[2].user, ways[3]) == ("t", "a", None)


def test_a_hop_is_not_offered_the_keys_of_the_host_behind_it() -> None:
    c = connection("Host kafka1\n ProxyJump j\n IdentityFile /mine\nHost j\n IdentityFile /its\n")
    assert list(c.gateway.identities.get_keys()) == []
    assert c.gateway.tried() == " (no key was offered; /its is not there)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Host *\n ProxyJump kafka1\n", "`ssh -G kafka1` says: jumphost loop via kafka1"),
        ("Host *\n ProxyJump one\n", "`ssh -G one` says: jumphost loop via one"),
        ("Host kafka1\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump a\n", "again and again"),
        ("Bogus yes\n", "its ssh_config does not work, `ssh -G kafka1` says: given: line 1: Bad configuration option"),
        ("ProxyUseFdpass yes\nProxyCommand x\n", "ProxyUseFdpass (yes) is set for kafka1"),
    ],
)
def test_what_ssh_config_says_wrong(text: str, words: str) -> None:
    with pytest.raises(HostFailure, match=re.escape(words)):
        connection(text)


def test_nothing_goes_through_a_hop_whose_key_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `ssh` has it: StrictHostKeyChecking no lets us in there, and forwards nothing."""
    c = connection("Host kafka1\n ProxyJump j\nHost j\n StrictHostKeyChecking no\n")
    hop = c.gateway
    monkeypatch.setattr(hop, "open", lambda: None)
    monkeypatch.setattr(hop, "transport", SimpleNamespace(proven=False, open_channel=pytest.fail))
    with pytest.raises(HostFailure, match="the way there leads through j: its key is not the one in known_hosts"):
        c.open_gateway()


def test_files_whose_names_have_blanks() -> None:
    """`ssh -G` prints them without quotes."""
    for name in ("a b", "c"):
        Path(name).touch()
    here = Path.cwd()
    answer = reading(f'UserKnownHostsFile {here}/none "{here}/a b" {here}/c\n').ask("kafka1")
    assert answer.files("userknownhostsfile") == [here / "a b", here / "c"]


def test_without_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HostFailure, match="`ssh` is not on this machine"):
        connection("")


def test_each_host_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, run = list[object](), subprocess.run

    def counted(*words: Any, **more: Any) -> Any:
        asked.append(words)
        return run(*words, **more)

    monkeypatch.setattr(subprocess, "run", counted)
    ssh = reading("")
    assert ssh.ask("kafka1") is ssh.ask("kafka1")
    assert ssh.ask("kafka1", "joe") is not ssh.ask("kafka1")
    assert len(asked) == 2


@pytest.mark.parametrize("name", ["-oProxyCommand=touch evil", "--", "-F"])
def test_a_name_is_never_an_option(name: str) -> None:
    with pytest.raises(HostFailure):
        reading("").ask(name)
    assert not Path("evil").exists()


def test_a_clusters_own_ssh_config_comes_first() -> None:
    Path("ssh_config").write_text("Host kafka1\n Port 2222\n")
    Path("given").write_text("Host kafka1\n Port 1\n User joe\n")
    ssh = OpenSSH(Path(), "given")
    answer = ssh.ask("kafka1")
    assert (answer["port"], answer["user"]) == ("2222", "joe")
    assert answer.file == str(Path("ssh_config").absolute())
    file = Path(ssh.options()[1])
    assert file.exists()
    ssh.close()
    assert not file.exists()


def test_fabric_itself_reads_no_ssh_config() -> None:
    """Its reader ends the run at bytes and words that it does not know."""
    # The package switches it off.
    importlib.import_module("tasks")
    Path("odd").write_bytes(b"# caf\xe9\nMatch final host x\n")
    assert fabric.Config(runtime_ssh_path="odd").base_ssh_config.get_hostnames() <= {"*"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "/agent"),
        ("IdentityAgent none\n", ""),
        ("IdentityAgent /other\n", "/other"),
        ("IdentityAgent SSH_AUTH_SOCK\n", "/agent"),
        ("IdentityAgent $OTHER\n", "/third"),
        ("IdentityAgent /of/%n\n", "/of/kafka1"),
    ],
)
def test_the_agent(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    monkeypatch.setenv("OTHER", "/third")
    assert agent_keys.where(reading(text).ask("kafka1")) == expected


@pytest.mark.parametrize("text", ["", "IdentityAgent /nowhere\n", "IdentityAgent none\n"])
def test_an_agent_that_does_not_answer_has_no_keys(text: str) -> None:
    assert agent_keys.Agent(reading(text).ask("kafka1")).get_keys() == ()


# The mark: lines up to it are skipped, the rest is the root shell's

MARK = "0123456789abcdef0123456789abcdef"
passwords = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), min_size=1, max_size=30)
scripts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)


class Machine:
    """Stub `id` and `sudo` on the PATH of a local shell."""

    def __init__(self, folder: Path, uid: int, reads_password: bool = True) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._stub("id", f"echo {uid}")
        read = (
            f'[ "$1" = -S ] && {{ IFS= read -r p; printf \'%s\' "$p" >{folder}/password; }}' if reads_password else ":"
        )
        self._stub(
            "sudo", f'printf %s "$1" >{folder}/called\n{read}\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"'
        )

    def _stub(self, name: str, body: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.folder / name).chmod(0o755)

    def run(self, text: str, password: str = "", command: str = "cat") -> subprocess.CompletedProcess[bytes]:
        head = f"{password}\n{MARK}\n" if password else f"{MARK}\n"
        words = by_sudo(MARK, command, bool(password))
        path = f"{self.folder}:{os.environ['PATH']}"
        ended = subprocess.run(
            ["sh", "-c", words.replace(f"PATH={PATH}:$PATH", ":")], input=(head + text).encode(), env={"PATH": path},
            capture_output=True, check=False, timeout=10,
        )  # fmt: skip
        # What the shell under sudo has said, as it stands between the marks.
        begun, _, said = ended.stdout.partition(f"\n{MARK}\n".encode())
        said, _, status = said.rpartition(f"\n{MARK} ".encode())
        assert not begun
        return subprocess.CompletedProcess(ended.args, int(status), said, ended.stderr)

    def said(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()


def examples(number: int) -> Any:
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@examples(40)
@given(scripts, passwords)
def test_sudo_gets_the_password_and_the_shell_the_script(tmp_path: Path, script: str, password: str) -> None:
    machine = Machine(tmp_path, uid=1000)
    assert machine.run(script, password).stdout.decode() == script
    assert (machine.said("called"), machine.said("password")) == ("-S", password)


@examples(15)
@given(scripts, passwords)
def test_a_password_that_sudo_does_not_ask_for_is_skipped(tmp_path: Path, script: str, password: str) -> None:
    assert Machine(tmp_path, uid=1000, reads_password=False).run(script, password).stdout.decode() == script


@examples(15)
@given(scripts)
def test_without_a_password_sudo_must_not_ask(tmp_path: Path, script: str) -> None:
    machine = Machine(tmp_path, uid=1000)
    assert machine.run(script).stdout.decode() == script
    assert machine.said("called") == "-n"


@pytest.mark.parametrize("password", ["", "secret"])
def test_root_needs_no_sudo(password: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path, uid=0)
    assert machine.run("echo $((6 * 7))\n", password, "sh -s").stdout == b"42\n"
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("password", ["  blanks  ", "'\"`$HOME", "back\\slash", "é€", "-n", MARK[:-1]])
def test_odd_passwords(password: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path, uid=1000)
    assert machine.run("echo ok", password, "sh -s").stdout == b"ok\n"
    assert machine.said("password") == password


def test_without_the_mark_nothing_is_run(tmp_path: Path) -> None:
    words = by_sudo("another", "sh -s", with_password=False)
    done = subprocess.run(["sh", "-c", words], input=b"echo seen\n", capture_output=True, check=False, timeout=10)
    assert b"seen" not in done.stdout


def test_no_password_is_in_an_argument(tmp_path: Path) -> None:
    assert "secret" not in by_sudo(MARK, "sh -s", with_password=True)


# The channel


class Wire:
    """A paramiko channel with canned answers; an exception among them is raised."""

    def __init__(self, *answers: Any, status: int = 0, complaints: bytes = b"", begins: bool = True) -> None:
        self.answers, self.status, self.complaints = list(answers), status, complaints
        self.begins, self.sent, self.asked, self.closed, self.ended = begins, b"", "", False, False

    def settimeout(self, seconds: float) -> None:
        self.silence = seconds

    def exec_command(self, command: str) -> None:
        self.asked = command
        if self.begins:
            mark = re.findall(r"[0-9a-f]{32}", command)[0].encode()
            broken = any(isinstance(one, Exception) for one in self.answers)
            self.answers.insert(0, b"\n%s\n" % mark)
            self.answers += [] if broken else [b"\n%s %d\n" % (mark, self.status)]
            self.complaints = b"\n%s\n%s\n%s %d\n" % (mark, self.complaints, mark, self.status)

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def shutdown_write(self) -> None:
        self.ended = True

    def recv(self, _: int) -> bytes:
        answer = self.answers.pop(0) if self.answers else b""
        if isinstance(answer, Exception):
            raise answer
        return bytes(answer)

    def recv_exit_status(self) -> int:
        return self.status

    def close(self) -> None:
        self.closed = True

    # As `authenticate` looks at it: what is there is there at once.

    eof_received = True

    def recv_ready(self) -> bool:
        return bool(self.answers)

    def recv_stderr_ready(self) -> bool:
        return bool(self.complaints)

    def recv_stderr(self, _: int) -> bytes:
        said, self.complaints = self.complaints, b""
        return said


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_session, "select", lambda ready, *_: (ready, [], []))


class Through(SimpleNamespace):
    """A connection that leads to wires, one after the other."""

    def _set(self, **values: Any) -> None:
        vars(self).update(values)


def through(*wires: Wire, password: str | None = None, user: str = "joe") -> Any:
    left = list(wires)
    return Through(
        open=lambda: None,
        user=user,
        original_host="kafka1",
        terminal=False,
        refused={},
        config=SimpleNamespace(sudo=SimpleNamespace(password=password)),
        transport=SimpleNamespace(open_session=lambda timeout: left.pop(0)),
    )


def test_lines_are_heard_as_they_come() -> None:
    heard: list[str] = []
    wire = Wire(b"one\ntw", b"o\nthr", b"ee")
    answer = channel.run(through(wire), "echo", heard.append)
    assert heard == ["one", "two", "three"]
    assert answer == ScriptResult(0, "one\ntwo\nthree", "")


@pytest.mark.parametrize("password", [None, "pass word"])
def test_the_password_goes_first_and_over_standard_input_alone(password: str | None) -> None:
    wire = Wire()
    channel.run(through(wire, password=password), "the script")
    *first, mark, script = [line for line in wire.sent.decode().split("\n") if line]
    assert (first, script) == ([password] if password else [], "the script")
    assert not password or wire.sent.startswith(b"pass word\n")
    assert re.fullmatch(r"[0-9a-f]{32}", mark)
    assert "pass word" not in wire.asked


@pytest.mark.parametrize("user", ["root", "joe"])
def test_what_a_login_reads_is_not_the_script(user: str) -> None:
    """A .bashrc that has a `read` took its first line, or the mark that is waited for."""
    wire = Wire()
    channel.run(through(wire, user=user), "the script")
    assert wire.sent.startswith(b"\n" * 8)
    assert wire.sent.endswith(b"\n" * 8 + b"the script")


def test_an_answer_ends_with_its_mark_whatever_keeps_the_stream_open() -> None:
    wire = Wire(b"ok\n")
    recv, recv_stderr = wire.recv, wire.recv_stderr
    wire.recv = lambda _: recv(_) or pytest.fail("waits on")  # type: ignore[method-assign]
    wire.recv_stderr = lambda _: recv_stderr(_) or pytest.fail("waits on")  # type: ignore[method-assign]
    wire.recv_exit_status = pytest.fail  # type: ignore[method-assign]
    assert channel.run(through(wire), "") == ScriptResult(0, "ok\n", "")
    assert wire.closed


def test_a_password_that_a_login_reads_and_repeats_is_not_told() -> None:
    wire = Wire(b"got pass word\n", status=1, begins=False)
    with pytest.raises(HostFailure, match=re.escape("it said: got ...")):
        channel.run(through(wire, password="pass word"), "")


def test_a_shell_that_begins_when_all_input_has_ended_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A .bashrc that reads has held it up; its status is not the script's."""
    monkeypatch.setattr(shell_session.ShellSession, "authenticate", lambda *_: False)
    with pytest.raises(HostFailure, match="the login of joe runs no commands here"):
        channel.run(through(Wire(status=97), password="secret"), "")


def test_marks_differ() -> None:
    wires = [Wire(), Wire()]
    for wire in wires:
        channel.run(through(wire), "")
    assert wires[0].sent != wires[1].sent


def test_a_file_is_sent_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "CHUNK", 3)
    (tmp_path / "f").write_bytes(bytes(range(256)))
    wire = Wire()
    channel.send(through(wire), "cat >/x", tmp_path / "f")
    assert re.sub(rb"^\n*[0-9a-f]{32}\n", b"", wire.sent) == bytes(range(256))
    assert "cat >/x" in wire.asked


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no output for 1200 s: timed out"),
        (OSError("reset"), "connection lost (reset)"),
        (EOFError(), "connection lost"),
        (SSHException("x"), "connection lost (x)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_connection_that_breaks(error: Exception, words: str) -> None:
    with pytest.raises(HostFailure, match=re.escape(words)):
        channel.run(through(Wire(b"ok\n", error)), "")


@pytest.mark.parametrize(
    ("complaints", "words"),
    [
        ("sh: 1: exec: sudo: not found", "joe is not root, and there is no sudo"),
        ("Sorry, try again.\nsudo: 3 incorrect password attempts", "sudo does not take the password of joe: sudo: 3"),
        ("sudo: no password was provided", "sudo does not take the password of joe"),
        ("sudo: a password is required", "sudo asks joe for a password: use fab --prompt-for-sudo-password"),
        ("sudo: a terminal is required to read the password", "sudo asks joe for a password"),
        ("joe is not in the sudoers file.", "sudo refuses joe: joe is not in the sudoers file."),
        ("Sorry, user joe is not allowed to execute '/bin/sh' as root on h.", "sudo refuses joe: Sorry"),
    ],
)
def test_sudo_that_refuses(complaints: str, words: str) -> None:
    with pytest.raises(HostFailure, match=re.escape(words)):
        channel.run(through(Wire(status=1, complaints=complaints.encode(), begins=False)), "")


@pytest.mark.parametrize(
    ("status", "complaints"),
    [(0, "sudo: a password is required"), (1, "sudo: a password is required"), (1, "no space"), (1, "")],
)
def test_other_endings_are_answers(status: int, complaints: str) -> None:
    """What a script says about sudo is not what sudo says about the login."""
    answer = channel.run(through(Wire(status=status, complaints=complaints.encode())), "")
    assert answer == ScriptResult(status, "", complaints)


def test_a_password_that_sudo_does_not_take_is_offered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three failures lock many an account: nothing else goes where sudo would take it for a second password."""
    wire = Wire(begins=False, status=1)

    def exec_command(command: str) -> None:
        asks = re.findall(r"[0-9a-f]{32}[?]", command)[0]
        wire.complaints = f"{asks}Sorry, try again.\n{asks}".encode()

    wire.exec_command = exec_command  # type: ignore[method-assign]
    with pytest.raises(HostFailure, match="it said: Sorry, try again"):
        channel.run(through(wire, password="wrong"), "the script")
    assert (wire.sent, wire.ended) == (b"wrong\n", True)


def test_sudo_that_wants_a_terminal_gets_one() -> None:
    refusing = Wire(status=1, complaints=b"sudo: sorry, you must have a tty to run sudo", begins=False)
    wire, third = Wire(b"ok\n"), Wire(b"ok\n")
    c = through(refusing, wire, third)
    assert channel.run(c, "the script") == channel.run(c, "the script") == ScriptResult(0, "ok\n", "")
    assert ["script -qec" in one.asked for one in (refusing, wire, third)] == [False, True, True]
    assert wire.sent.endswith(b"the script")


@pytest.mark.parametrize("user", ["root", "joe"])
def test_a_login_without_a_shell(user: str) -> None:
    wire = Wire(b"This account is currently not available.\n", status=1, begins=False)
    words = f"the login of {user} runs no commands here, it said: This account is currently not available."
    with pytest.raises(HostFailure, match=re.escape(words)):
        channel.run(through(wire, user=user), "")


def test_a_password_that_sudo_has_refused_is_not_offered_again() -> None:
    """In this run, whichever connection of the host is asked: in the next one it may be right."""
    c = through(Wire(status=1, complaints=b"sudo: 1 incorrect password attempt", begins=False), password="wrong")
    for _ in range(2):
        with pytest.raises(HostFailure, match="does not take the password of joe: sudo: 1 incorrect"):
            channel.run(c, "true")
    twin = through(password="wrong")
    twin.refused = c.refused
    with pytest.raises(HostFailure, match="does not take the password of joe"):
        channel.run(twin, "true")
    assert channel.run(through(Wire(b"ok\n"), password="wrong"), "true").output == "ok\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (host_key.KeyRefused("another key"), HostCode.HOST_KEY),
        (AuthenticationException("no"), HostCode.LOGIN_DENIED),
        (socket.gaierror(-2, "Name or service not known"), HostCode.NO_ADDRESS),
        (SSHException("Error reading SSH protocol banner"), HostCode.NO_SSHD),
        (EOFError(), HostCode.NO_SSHD),
        (ConnectionRefusedError(111, "Connection refused"), HostCode.UNREACHABLE),
        (TimeoutError("timed out"), HostCode.UNREACHABLE),
    ],
)
def test_the_code_of_a_failed_connection(error: Exception, code: HostCode) -> None:
    assert cause(SimpleNamespace(gateway=None), error) is code
    assert cause(SimpleNamespace(gateway="nc proxy 22"), OSError()) is HostCode.PROXY
