"""One round trip: a script over an own SSH channel to `sh -s`, under sudo where it is needed."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import NoReturn

from paramiko import Channel
from paramiko.ssh_exception import SSHException

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote.channel import login_shell
from kafka_fab.remote.channel.shell_session import SECONDS_TO_LOG_IN, OnLine, ShellSession
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import HostCode
from kafka_fab.typed_command import FAB

IDLE_TIMEOUT = 1200
LOST = "connection lost ({}): what was under way ends there by itself; run again to go on"
NO_SHELL = (
    "the login of {user} runs no commands here, it said: {said}; `ssh {name} sh -c true` must work: "
    "give it sh, bash, dash, zsh, fish or tcsh as its shell"
)
CHUNK = 1 << 20
# Lines for what a login's files read before the shell does: they would take the first ones of the script.
SPARE = "\n" * 8


@dataclass(frozen=True)
class ScriptResult:
    """How a script ended, and what it said."""

    status: int
    output: str
    stderr: str


@dataclass(frozen=True)
class Input:
    """What a remote command reads; without an end it also learns from its input when the connection is gone."""

    chunks: Callable[[], Iterable[bytes]]
    ends: bool


def ignore_line(_: str) -> None:
    """Let a line pass."""


def run(c: Connection, script: str, on_line: OnLine = ignore_line, idle_timeout: int = IDLE_TIMEOUT) -> ScriptResult:
    """Run a script as root and return its answer; `on_line` gets each line as it comes, and may reply.

    Raises HostFailure when the connection breaks, when no output comes for `idle_timeout` seconds, when the login
    does not come to a shell, and when sudo refuses.
    """
    return _exchange(c, "sh -s", _text(script), on_line, idle_timeout)


def follow(c: Connection, script: str, on_line: OnLine, idle_timeout: int | None = None) -> ScriptResult:
    """Run a script made by `held` as root, as long as the connection lasts; raise HostFailure as `run` does."""
    return _exchange(c, "sh -s", _text(script), on_line, idle_timeout)


def send(c: Connection, command: str, file: Path) -> ScriptResult:
    """Run a shell command as root with a file as its standard input; raise HostFailure as `run` does."""

    def chunks() -> Iterator[bytes]:
        with file.open("rb") as content:
            yield from iter(partial(content.read, CHUNK), b"")

    return _exchange(c, f"sh -c {quote(command)}", Input(chunks, ends=True), ignore_line, IDLE_TIMEOUT)


def _text(script: str) -> Input:
    return Input(lambda: iter([f"{SPARE}{script}".encode()]), ends=False)


def _exchange(c: Connection, command: str, data: Input, on_line: OnLine, idle_timeout: int | None) -> ScriptResult:
    try:
        return _answer(c, command, data, on_line, idle_timeout)
    except _NoTerminal:
        # Nothing has run there yet: sudo looks at this before anything else.
        c._set(terminal=True)
        return _answer(c, command, data, on_line, idle_timeout)


def _answer(c: Connection, command: str, data: Input, on_line: OnLine, idle_timeout: int | None) -> ScriptResult:
    session = None
    try:
        session = _begin(c, command, data)
        output = session.listen(on_line, idle_timeout)
        stderr = session.stderr()
        status = session.channel.recv_exit_status() if session.out.status is None else session.out.status
    except TimeoutError as error:
        raise HostFailure(_timed_out(c, session, idle_timeout), HostCode.IDLE_TIMEOUT) from error
    except (OSError, SSHException, EOFError) as error:
        raise HostFailure(LOST.format(error), HostCode.CONNECTION_LOST) from error
    if not session.out.begun or session.rejected:
        _refuse(c, session, status, stderr)
    if session.out.status is None:
        raise HostFailure(LOST.format("the host hung up"), HostCode.CONNECTION_LOST)
    session.close()
    return ScriptResult(session.out.status, output, stderr.strip())


def _timed_out(c: Connection, session: ShellSession | None, idle_timeout: int | None) -> str:
    if session and session.out.begun:
        return f"no output for {idle_timeout} s: timed out; check the host, then run again"
    return f"its login has not come to a shell within {SECONDS_TO_LOG_IN} s: see what `ssh {c.original_host} true` does"


def _begin(c: Connection, command: str, data: Input) -> ShellSession:
    if _login(c) in c.refused:
        # Not once more, whichever part of a task asks: three failures would lock many an account.
        raise HostFailure(c.refused[_login(c)], HostCode.SUDO)
    c.open()
    channel: Channel = c.transport.open_session(timeout=30)
    mark, password = secrets.token_hex(16), c.config.sudo.password
    session = ShellSession(channel, mark)
    if c.user == "root":
        # Nothing to become.
        channel.exec_command(login_shell.as_root(mark, command))
        head = ""
    else:
        channel.exec_command(login_shell.by_sudo(mark, command, bool(password), c.terminal))
        head = f"{SPARE}{mark}\n"
    if c.user != "root" and password:
        _send(channel, [f"{password}\n".encode()])
        if not session.authenticate(login_shell.prompt(mark)):
            session.rejected = True
            channel.shutdown_write()
            return session
    _send(channel, chain([head.encode()], data.chunks()))
    if data.ends:
        channel.shutdown_write()
    return session


def begin(c: Connection, script: str) -> ShellSession:
    """Return the session of a script made by `held` that runs as root from now on; raise HostFailure.

    What is sent to it reaches the script by descriptor 3.
    """
    if c.user != "root":
        # Whether sudo wants a terminal is known after the first answer.
        run(c, "")
    try:
        return _begin(c, "sh -s", _text(script))
    except (OSError, SSHException, EOFError) as error:
        raise HostFailure(LOST.format(error), HostCode.CONNECTION_LOST) from error


def _send(channel: Channel, chunks: Iterable[bytes]) -> None:
    try:
        for chunk in chunks:
            channel.sendall(chunk)
    except OSError:
        # The other side has hung up; its own words, which follow, are the better reason.
        return


class _NoTerminal(Exception):
    """Sudo requires a terminal and there is none."""


def _refuse(c: Connection, session: ShellSession, status: int, stderr: str) -> NoReturn:
    """Raise HostFailure with why the root shell has never begun."""
    words = stderr.replace(login_shell.prompt(session.mark), "").strip()
    if "must have a tty" in words and not c.terminal:
        raise _NoTerminal
    _refuse_sudo(c, words)
    if status < 0:
        raise HostFailure(LOST.format("the host hung up"), HostCode.CONNECTION_LOST)
    said = " ".join([session.out.foreign.decode(errors="replace"), words]).split()
    # A login's own files may have read the password, and repeat it.
    shown = " ".join(said).replace(c.config.sudo.password or "\0", "...")
    told = shown[-200:] or f"nothing, and ended with status {status}"
    raise HostFailure(NO_SHELL.format(user=c.user, name=c.original_host, said=told), HostCode.LOGIN_SHELL)


def _login(c: Connection) -> tuple[str, str, str]:
    return c.original_host, c.user, c.config.sudo.password or ""


def _refuse_sudo(c: Connection, words: str) -> None:
    last = words.splitlines()[-1] if words else ""
    if "sudo: not found" in words or "exec: sudo" in words:
        raise HostFailure(
            f"{c.user} is not root, and there is no sudo: connect as root, or install sudo", HostCode.SUDO
        )
    if "incorrect password" in words or "no password was provided" in words:
        c.refused[_login(c)] = f"sudo does not take the password of {c.user}: {last}"
        raise HostFailure(c.refused[_login(c)], HostCode.SUDO)
    if "a password is required" in words or "a terminal is required" in words:
        raise HostFailure(f"sudo asks {c.user} for a password: use {FAB} --prompt-for-sudo-password", HostCode.SUDO)
    if "not in the sudoers file" in words or "not allowed to execute" in words:
        raise HostFailure(f"sudo refuses {c.user}: {last}", HostCode.SUDO)
