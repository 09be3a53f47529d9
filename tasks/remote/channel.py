"""One round trip: a script over an own SSH channel to `sh -s`, under sudo where it is needed."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from shlex import quote

from paramiko import Channel
from paramiko.ssh_exception import SSHException

from tasks.remote.connection import Connection, HostFailure

SILENCE = 1200
LOST = "connection lost ({}): what was under way ends there by itself; run again to go on"
CHUNK = 1 << 20
Heard = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Answer:
    """How a script ended, and what it said."""

    status: int
    output: str
    complaints: str


@dataclass(frozen=True)
class Input:
    """What a remote command reads; without an end it also learns from its input when the connection is gone."""

    data: Iterable[bytes]
    ends: bool


def unheard(_: str) -> None:
    """Let a line pass."""


def run(c: Connection, script: str, heard: Heard = unheard, silence: int = SILENCE) -> Answer:
    """Run a script as root and return its answer; `heard` gets each line as it comes, and may reply.

    Raises HostFailure when the connection breaks, when nothing is heard for `silence` seconds, and when
    sudo refuses.
    """
    return _exchange(c, "sh -s", Input([script.encode()], ends=False), heard, silence)


def follow(c: Connection, script: str, heard: Heard, silence: int | None = None) -> Answer:
    """Run a script made by `held` as root, as long as the connection lasts; raise HostFailure as `run` does."""
    return _exchange(c, "sh -s", Input([script.encode()], ends=False), heard, silence)


def send(c: Connection, command: str, file: Path) -> Answer:
    """Run a shell command as root with a file as its standard input; raise HostFailure as `run` does."""
    with file.open("rb") as content:
        chunks = Input(iter(partial(content.read, CHUNK), b""), ends=True)
        return _exchange(c, f"sh -c {quote(command)}", chunks, unheard, SILENCE)


def _exchange(c: Connection, command: str, data: Input, heard: Heard, silence: int | None) -> Answer:
    try:
        channel = _begin(c, command, data, silence)
        output = listen(channel, heard)
        complaints = channel.makefile_stderr("rb").read().decode(errors="replace")
        answer = Answer(channel.recv_exit_status(), output, complaints.strip())
    except TimeoutError as error:
        raise HostFailure(f"nothing heard for {silence} s: look on the host, then run again") from error
    except (OSError, SSHException, EOFError) as error:
        raise HostFailure(LOST.format(error)) from error
    if answer.status < 0:
        raise HostFailure(LOST.format("the host hung up"))
    _refuse_sudo(c, answer)
    return answer


def _begin(c: Connection, command: str, data: Input, silence: int | None) -> Channel:
    c.open()
    channel: Channel = c.transport.open_session(timeout=30)
    channel.settimeout(silence)
    words, head = _elevated(c, command)
    channel.exec_command(words)
    _send(channel, Input(chain([head.encode()], data.data), data.ends))
    return channel


def _elevated(c: Connection, command: str) -> tuple[str, str]:
    """Return what runs a command as root, and what it reads before the command's own input."""
    if c.user == "root":
        # Nothing to become, and no shell more than it takes.
        return command, ""
    password = c.config.sudo.password
    mark = secrets.token_hex(16)
    return as_root(mark, command, bool(password)), f"{password}\n{mark}\n" if password else f"{mark}\n"


def begin(c: Connection, script: str) -> Channel:
    """Return the channel of a script made by `held` that runs as root from now on; raise HostFailure.

    Its output is for `listen`; what is sent to it reaches the script by descriptor 3.
    """
    try:
        return _begin(c, "sh -s", Input([script.encode()], ends=False), None)
    except (OSError, SSHException, EOFError) as error:
        raise HostFailure(LOST.format(error)) from error


def as_root(mark: str, command: str, with_password: bool) -> str:
    """Return the command that reads lines up to a mark and hands the rest to another command, as root.

    With a password its line comes first, for sudo; where sudo asks for none, the mark is how to skip it.
    """
    shell = f'while IFS= read -r line; do [ "$line" = {mark} ] && exec {command}; done; exit 97'
    sudo = "sudo -S -p ''" if with_password else "sudo -n"
    script = f'if [ "$(id -u)" = 0 ]; then exec sh -c {quote(shell)}; else exec {sudo} -- sh -c {quote(shell)}; fi'
    return f"sh -c {quote(script)}"


def _send(channel: Channel, data: Input) -> None:
    try:
        for chunk in data.data:
            channel.sendall(chunk)
        if data.ends:
            channel.shutdown_write()
    except OSError:
        # The other side has hung up; its own words, which follow, are the better reason.
        return


def listen(channel: Channel, heard: Heard) -> str:
    """Return all that a channel's script says; `heard` gets each line as it comes."""
    lines: list[str] = []
    rest = b""
    while data := channel.recv(65536):
        *whole, rest = (rest + data).split(b"\n")
        for raw in whole:
            lines.append(raw.decode(errors="replace"))
            reply = heard(lines[-1])
            if reply:
                channel.sendall(reply)
    return "\n".join([*lines, rest.decode(errors="replace")])


def _refuse_sudo(c: Connection, answer: Answer) -> None:
    words = answer.complaints
    if answer.status == 0 or not words:
        return
    if "sudo: not found" in words or "exec: sudo" in words:
        raise HostFailure(f"{c.user} is not root, and there is no sudo: connect as root, or install sudo")
    if "incorrect password" in words or "no password was provided" in words:
        raise HostFailure(f"sudo does not take the password of {c.user}: {words.splitlines()[-1]}")
    if "a password is required" in words or "a terminal is required" in words:
        raise HostFailure(f"sudo asks {c.user} for a password: use fab --prompt-for-sudo-password")
    if "not in the sudoers file" in words or "not allowed to execute" in words:
        raise HostFailure(f"sudo refuses {c.user}: {words.splitlines()[-1]}")
