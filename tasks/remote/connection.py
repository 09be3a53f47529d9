"""Connections: ssh_config as OpenSSH reads it, host keys checked, failures said in plain words."""

import logging
import re
import shlex
import socket
import threading
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import fabric
import paramiko
from invoke.util import ExceptionHandlingThread
from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    PasswordRequiredException,
    SSHException,
)

from tasks.cluster.secret import hidden
from tasks.remote.progress import Progress

# Its errors reach the user through the exceptions; on standard error they would be tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

DEPTH = 16
SECONDS_TO_CONNECT = 10
SECONDS_WITHOUT_ANSWER = 60
_READING = threading.Lock()

REFUSALS = {
    BadHostKeyException: "the key of {place} is not the one in known_hosts: if the host was set up anew, run "
    "`ssh-keygen -R {host}` and connect once with `ssh {name}`; if it was not, someone is in between",
    PasswordRequiredException: "the private key is encrypted: load it with ssh-add, or use fab --prompt-for-passphrase",
    AuthenticationException: "{place} does not let {user} in: try `ssh {user}@{name}`",
}


class HostFailure(Exception):
    """What went wrong on one host, in a sentence, without secrets that a command on the host has repeated."""

    def __init__(self, words: str) -> None:
        super().__init__(hidden(words))


@cache
def ssh_config(folder: Path, given: str = "") -> paramiko.SSHConfig:
    """Return a cluster's ssh_config file laid over the given one, else over the user's and the system's."""
    own = [folder / "ssh_config"]
    usual = [Path(given)] if given else [Path.home() / ".ssh/config", Path("/etc/ssh/ssh_config")]
    config = paramiko.SSHConfig()
    for file in filter(Path.is_file, own + usual):
        config.parse(StringIO(expand(file)))
    return config


def expand(file: Path, depth: int = 0) -> str:
    """Return an ssh_config with its Include lines replaced by what they name; paramiko knows none."""
    lines = []
    for line in file.read_text().splitlines():
        match = re.fullmatch(r"\s*include(?:\s+|\s*=\s*)(.+)", line, re.IGNORECASE)
        lines += _included(file, shlex.split(match[1]), depth) if match else [line]
    return "\n".join(lines) + "\n"


def _included(file: Path, patterns: list[str], depth: int) -> list[str]:
    # OpenSSH follows sixteen includes within each other; files that include themselves end there.
    if depth == DEPTH:
        return []
    places = [file.parent / Path(pattern).expanduser() for pattern in patterns]
    found = [name for place in places for name in sorted(Path(place.anchor).glob(str(place.relative_to(place.anchor))))]
    return [expand(name, depth + 1) for name in found if name.is_file()]


class Connection(fabric.Connection):
    """A host's connection that checks its key and tells its progress."""

    progress: Progress
    # Whether sudo wants a terminal there.
    terminal = False

    def __init__(self, host: str, config: fabric.Config, progress: Progress) -> None:
        super().__init__(host, config=config, connect_timeout=config.timeouts.connect or SECONDS_TO_CONNECT)
        self._set(progress=progress, _ahead=None, _opening=threading.Lock())
        _check_host_keys(self)
        if isinstance(self.gateway, fabric.Connection):
            _check_host_keys(self.gateway)

    def open_ahead(self) -> None:
        """Begin to connect while there is other work to do; `open` waits for the end of it."""
        if not (self.is_connected or self._ahead):
            ahead = ExceptionHandlingThread(target=self._open)
            ahead.start()
            self._set(_ahead=ahead)

    def open(self) -> Any:
        """Connect; raise HostFailure with what to do."""
        ahead = self._ahead
        self._set(_ahead=None)
        if ahead:
            ahead.join()
            failed = ahead.exception()
            if failed:
                raise failed.value
        return None if self.is_connected else self._open()

    def _open(self) -> Any:
        # Several threads may find it lost at once; the second one must not cut off what the first has made anew.
        with self._opening:
            if self.is_connected:
                return None
            try:
                result = super().open()
            except (OSError, SSHException) as error:
                raise HostFailure(reason(self, error)) from error
            self.transport.set_keepalive(15)
            _notice_a_dead_peer(self.transport.sock)
            return result


def _notice_a_dead_peer(sock: Any) -> None:
    # Unanswered keepalives end the connection; without this the kernel tries for a quarter of an hour.
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SECONDS_WITHOUT_ANSWER * 1000)


def _check_host_keys(connection: fabric.Connection) -> None:
    mode = str(connection.ssh_config.get("stricthostkeychecking", "yes")).lower()
    files = connection.ssh_config.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2")
    if connection.ssh_config.get("identitiesonly", "no") == "yes":
        connection.connect_kwargs.update(look_for_keys=False, allow_agent=False)
    if mode in ("no", "off"):
        return
    with _READING:
        known = _known_hosts(str(files))
    # Its public way reads the files for every connection anew, and each line against all before it.
    connection.client._system_host_keys = known
    if mode != "accept-new":
        connection.client.set_missing_host_key_policy(paramiko.RejectPolicy())


@cache
def _known_hosts(files: str) -> paramiko.HostKeys:
    """Return the keys of these files and of the system's, which are only looked up from here on."""
    known = paramiko.HostKeys()
    for name in [*files.split(), "/etc/ssh/ssh_known_hosts"]:
        file = Path(name).expanduser()
        if file.is_file():
            known.load(str(file))
    return known


def reason(connection: fabric.Connection, error: Exception) -> str:
    """Return a failed connection's reason and remedy."""
    name, host = connection.original_host, connection.host
    place, user = f"{host} port {connection.port}", connection.user
    if "not found in known_hosts" in str(error):
        return f"the key of {place} is not known here: connect once with `ssh {name}` and compare the fingerprint"
    if isinstance(error, SSHException):
        found = next((text for kind, text in REFUSALS.items() if isinstance(error, kind)), "{place}: {error}")
    elif isinstance(error, socket.gaierror):
        found = "{host} has no address: write its HostName into ~/.ssh/config, or its address into /etc/hosts"
    else:
        found = "{place} cannot be reached ({words}): is the host up, and sshd on it?"
    words = getattr(error, "strerror", None) or str(error) or "no answer in time"
    return found.format(name=name, host=host, place=place, user=user, error=error, words=words)
