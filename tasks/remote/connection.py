"""Connections: made as `ssh` would make them, host keys checked, failures said in plain words."""

import logging
import os
import socket
import subprocess
import threading
from functools import partial
from tempfile import TemporaryFile
from typing import Any

import fabric
import paramiko
from invoke.util import ExceptionHandlingThread
from paramiko.ssh_exception import (
    AuthenticationException,
    ChannelException,
    PasswordRequiredException,
    SSHException,
)

from tasks.remote import agent, dial, hostkey, jump
from tasks.remote.failure import HostFailure
from tasks.remote.openssh import Answer, OpenSSH, Read
from tasks.remote.progress import Progress

__all__ = ["Connection", "HostFailure", "reason"]

# Its errors reach the user through the exceptions; on standard error they would be tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

SECONDS_TO_CONNECT = 10
SECONDS_WITHOUT_ANSWER = 60
SECONDS_BETWEEN_KEEPALIVES = 15
# What ssh_config may narrow down, by paramiko's name for it.
ALGORITHMS = {"ciphers": "ciphers", "macs": "digests", "kexalgorithms": "kex"}

REFUSALS = {
    PasswordRequiredException: "the private key is encrypted: load it with ssh-add, or use fab --prompt-for-passphrase",
    AuthenticationException: "{place} does not let {user} in: try `ssh {user}@{name}`",
}
SILENT = (
    "{place} takes the connection and says nothing: is it sshd that listens there, and does it answer `ssh {name}`?"
)


class Connection(fabric.Connection):
    """A host's connection that checks its key and tells its progress."""

    progress: Progress
    # The Fleet that it is of.
    fleet: Any
    # Whether sudo wants a terminal there.
    terminal = False

    def __init__(
        self, host: str, config: fabric.Config, openssh: OpenSSH, progress: Progress, hop: jump.Hop | None = None
    ) -> None:
        """Connect as `ssh HOST` would, or as it would to a hop on the way to another host."""
        self._set(_openssh=openssh, _hop=hop, _proxy_words=None)
        answer = openssh.ask(host, hop.user, hop.port, hop.before) if hop else openssh.ask(host)
        self._set(answer=answer)
        config.base_ssh_config = Read(answer)
        seconds = config.timeouts.connect or answer.number("connecttimeout") or SECONDS_TO_CONNECT
        super().__init__(
            host, user=_unless(answer["user"], config, "user"), port=int(_unless(answer["port"], config, "port")),
            config=config, connect_timeout=seconds,
        )  # fmt: skip
        self._set(progress=progress, fleet=None, _ahead=None, _opening=threading.Lock())
        self._set(place=hostkey.Place(answer, self.port))
        # What answers with nothing at all is told from what is slow to let us in.
        self.connect_kwargs.update(
            transport_factory=partial(_transport, self.place), banner_timeout=seconds, look_for_keys=False,
            allow_agent=_has_keys(answer) and self.connect_kwargs.get("allow_agent", True),
        )  # fmt: skip
        self.client.set_missing_host_key_policy(_Checked(self.place))
        self.client._agent = agent.of(answer)

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
                result = self._opened()
            except HostFailure:
                self.close()
                raise
            except (OSError, SSHException, EOFError) as error:
                self.close()
                raise HostFailure(reason(self, error)) from error
            interval = self.answer.number("serveraliveinterval")
            self.transport.set_keepalive(interval or SECONDS_BETWEEN_KEEPALIVES)
            patience = interval * max(1, self.answer.number("serveralivecountmax"))
            _notice_a_dead_peer(self.transport.sock, patience or SECONDS_WITHOUT_ANSWER)
            return result

    def _opened(self) -> Any:
        self.connect_kwargs.pop("sock", None)
        if not self.gateway and dial.is_narrowed(self.answer):
            self.connect_kwargs["sock"] = dial.dialled(self.answer, self.host, self.port, self.connect_timeout)
        return super().open()

    def close(self) -> None:
        """Hang up, here before the hops that lead here, also where the host has not let us in."""
        super().close()
        self.client.close()
        if isinstance(self.gateway, Connection):
            self.gateway.close()

    def resolve_connect_kwargs(self, _given: Any) -> Any:
        """Return Fabric's keyword arguments, with those of ssh's identity files that are there."""
        given = self.config.connect_kwargs
        keys = given.get("key_filename", [])
        mine = [str(path) for path in self.answer.files("identityfile")] if _has_keys(self.answer) else []
        given["key_filename"] = [*([keys] if isinstance(keys, str) else keys), *mine]
        return given

    def get_gateway(self) -> Any:
        """Return the way to the host: another connection, a command, or nothing."""
        way = jump.way(self.answer, self._hop)
        if isinstance(way, jump.Hop):
            # A configuration of its own: keys of this host are not offered to the one before it.
            return Connection(way.host, self.config.clone(), self._openssh, Progress(way.host), way)
        return way or self.config.gateway

    def open_gateway(self) -> Any:
        """Return the socket that leads through the gateway."""
        if not isinstance(self.gateway, str):
            return self._through(self.gateway)
        words = TemporaryFile()  # noqa: SIM115  it lasts as long as the connection
        self._set(_proxy_words=words)
        mine, its = socket.socketpair()
        shell = os.environ.get("SHELL") or "/bin/sh"
        with its:
            its_end: Any = its
            subprocess.Popen([shell, "-c", f"exec {self.gateway}"], stdin=its_end, stdout=its_end, stderr=words)
        return mine

    def _through(self, hop: fabric.Connection) -> Any:
        place = (self.host, int(self.port))
        try:
            hop.open()
            return hop.transport.open_channel("direct-tcpip", place, ("", 0), timeout=self.connect_timeout)
        except HostFailure as failure:
            raise HostFailure(f"the way there leads through {hop.original_host}: {failure}") from failure
        except ChannelException as error:
            text = f"{hop.original_host}, through which the way leads, does not reach {self.host} port {self.port}"
            raise HostFailure(f"{text} ({error.text})") from error

    def proxy_words(self) -> str:
        """Return the last line that a ProxyCommand has said on standard error."""
        if self._proxy_words is None:
            return ""
        self._proxy_words.seek(0)
        lines = self._proxy_words.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _has_keys(answer: Answer) -> bool:
    return answer.word("pubkeyauthentication").lower() not in ("no", "false")


def _unless(value: str, config: fabric.Config, key: str) -> str:
    """Return what ssh says, unless that is its default and Fabric's configuration has another value."""
    default = fabric.Config.global_defaults()[key]
    own = config.get(key)
    return str(own) if own != default and str(value) == str(default) else value


def _transport(place: hostkey.Place, sock: Any, **options: Any) -> paramiko.Transport:
    """Return a transport that asks for the algorithms that OpenSSH would."""
    transport = paramiko.Transport(sock, **options)
    security = transport.get_security_options()
    for key, name in ALGORITHMS.items():
        allowed = place.answer.word(key).split(",")
        chosen = tuple(one for one in getattr(security, name) if one in allowed)
        if chosen:
            setattr(security, name, chosen)
    security.key_types = hostkey.algorithms(place) or security.key_types
    return transport


class _Checked(paramiko.MissingHostKeyPolicy):
    """Judges every host's key: paramiko itself is told of none that is known."""

    def __init__(self, place: hostkey.Place) -> None:
        self._place = place

    def missing_host_key(self, _client: paramiko.SSHClient, _name: str, key: paramiko.PKey) -> None:
        hostkey.check(self._place, key)


def _notice_a_dead_peer(sock: Any, seconds: int) -> None:
    # Unanswered keepalives end the connection; without this the kernel tries for a quarter of an hour.
    if isinstance(sock, socket.socket) and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)


def reason(connection: fabric.Connection, error: Exception) -> str:
    """Return a failed connection's reason and remedy."""
    name, host = connection.original_host, connection.host
    place, user = f"{host} port {connection.port}", connection.user
    words = getattr(error, "strerror", None) or str(error) or "no answer in time"
    said = connection.proxy_words()
    if isinstance(error, hostkey.KeyRefused):
        return str(error)
    if said and not isinstance(error, tuple(REFUSALS)):
        return f"its ProxyCommand ended ({said}): try `ssh {name}`"
    return _form(error).format(name=name, host=host, place=place, user=user, error=error, words=words)


def _form(error: Exception) -> str:
    if isinstance(error, SSHException):
        silent = any(words in str(error) for words in ("protocol banner", "No existing session"))
        other = SILENT if silent else "{place}: {error}"
        return next((text for kind, text in REFUSALS.items() if isinstance(error, kind)), other)
    if isinstance(error, socket.gaierror):
        return "{host} has no address: write its HostName into ~/.ssh/config, or its address into /etc/hosts"
    if isinstance(error, EOFError):
        return "{place} takes the connection and hangs up: see sshd's journal there"
    return "{place} cannot be reached ({words}): is the host up, and sshd on it?"
