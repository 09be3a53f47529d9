"""Connections: made as `ssh` would make them, host keys checked, failures said in plain words."""

import logging
import socket
import threading
from functools import partial
from typing import Any

import fabric
from invoke.util import ExceptionHandlingThread
from paramiko.ssh_exception import (
    AuthenticationException,
    ChannelException,
    SSHException,
)

from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.ssh import directives, fabric_switches, host_key, jump, tcp
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.identity_files import Identities
from kafka_fab.remote.ssh.openssh import FixedSshConfig, OpenSSH
from kafka_fab.remote.ssh.proxy_command import Proxy
from kafka_fab.remote.ssh.transport import HungUp, Policy, Transport
from kafka_fab.runbook.codes import HostCode

__all__ = ["Connection", "HostFailure", "reason"]

# Its errors reach the user through the exceptions; on standard error they would be tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

SECONDS_TO_CONNECT = 10
SECONDS_WITHOUT_ANSWER = 60
SECONDS_BETWEEN_KEEPALIVES = 15
DENIED = "{place} does not let {user} in{tried}: try `ssh {user}@{name}`"
TOO_MANY = (
    "{place} has hung up on {user}{tried}: that is one key too many there (MaxAuthTries), or sshd's journal there says "
    "why: name the right key by IdentityFile, with IdentitiesOnly yes, and try `ssh {user}@{name}`"
)
SILENT = (
    "{place} takes the connection and says nothing: is it sshd that listens there, and does it answer `ssh {name}`?"
)


class Connection(fabric.Connection):
    """A host's connection that checks its key and tells its progress."""

    progress: HostProgress
    # The Fleet that it is of.
    fleet: Any
    # Whose password a host's sudo has refused in this run, in its words, by host, user and password.
    refused: dict[tuple[str, str, str], str]
    # Whether sudo wants a terminal there.
    terminal = False

    def __init__(
        self, host: str, config: fabric.Config, openssh: OpenSSH, progress: HostProgress, hop: jump.Hop | None = None
    ) -> None:
        """Connect as `ssh HOST` would, or as it would to a hop on the way to another host."""
        self._set(_openssh=openssh, _hop=hop, _proxy=None)
        answer = openssh.ask(host, hop.user, hop.port, hop.before) if hop else openssh.ask(host)
        directives.refuse(answer, openssh.usual, is_hop=bool(hop))
        self._set(answer=answer)
        config.base_ssh_config = FixedSshConfig(answer)
        seconds = fabric_switches.seconds_to_connect(config) or answer.number("connecttimeout") or SECONDS_TO_CONNECT
        super().__init__(
            host, user=_unless(answer["user"], config, "user"), port=int(_unless(answer["port"], config, "port")),
            config=config, connect_timeout=seconds,
        )  # fmt: skip
        self._set(progress=progress, fleet=None, refused={}, _ahead=None, _opening=threading.Lock())
        self._set(place=host_key.HostIdentity(answer, self.port))
        # Fabric will not have it twice.
        self.connect_kwargs.pop("timeout", None)
        keys = self.connect_kwargs.pop("key_filename", [])
        given = [keys] if isinstance(keys, str) else list(keys)
        passphrase, ask_agent = self.connect_kwargs.get("passphrase"), self.connect_kwargs.get("allow_agent", True)
        self._set(identities=Identities(answer, given, passphrase, bool(ask_agent)))
        # What answers with nothing at all is told from what is slow to let us in.
        self.connect_kwargs.update(
            transport_factory=partial(Transport, self.place), banner_timeout=seconds, look_for_keys=False,
            allow_agent=True,
        )  # fmt: skip
        self.client.set_missing_host_key_policy(Policy(self.place))

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
                # Before it is closed: a ProxyCommand is asked how it has ended.
                words = reason(self, error)
                self.close()
                raise HostFailure(words, cause(self, error)) from error
            self.progress.connected = True
            interval = self.answer.number("serveraliveinterval")
            self.transport.set_keepalive(interval or SECONDS_BETWEEN_KEEPALIVES)
            patience = interval * max(1, self.answer.number("serveralivecountmax"))
            _notice_a_dead_peer(self.transport.sock, patience or SECONDS_WITHOUT_ANSWER)
            return result

    def _opened(self) -> Any:
        self.connect_kwargs.pop("sock", None)
        if not self.gateway and tcp.is_narrowed(self.answer):
            self.connect_kwargs["sock"] = tcp.dialled(self.answer, self.host, self.port, self.connect_timeout)
        # Anew each time: at the end of a connection paramiko forgets it, and would ask an agent of its own choice.
        self.client._agent = self.identities
        return super().open()

    def close(self) -> None:
        """Hang up, here before the hops that lead here, also where the host has not let us in."""
        super().close()
        self.client.close()
        if self._proxy:
            self._proxy.close()
            self._set(_proxy=None)
        if isinstance(self.gateway, Connection):
            self.gateway.close()

    def resolve_connect_kwargs(self, _given: Any) -> Any:
        """Return Fabric's keyword arguments; the keys of ssh_config are offered by `Identities`."""
        return self.config.connect_kwargs

    def get_gateway(self) -> Any:
        """Return the way to the host: another connection, a command, or nothing."""
        way = jump.way(self.answer, self._hop)
        if isinstance(way, jump.Hop):
            # A configuration of its own: keys of this host are not offered to the one before it.
            return Connection(way.host, self.config.clone(), self._openssh, HostProgress(way.host), way)
        return way or self.config.gateway

    def open_gateway(self) -> Any:
        """Return the socket that leads through the gateway."""
        if not isinstance(self.gateway, str):
            return self._through(self.gateway)
        proxy = Proxy(self.gateway)
        self._set(_proxy=proxy)
        return proxy.socket

    def _through(self, hop: Any) -> Any:
        place = (self.host, int(self.port))
        try:
            hop.open()
            _refuse_unproven(hop)
            return hop.transport.open_channel("direct-tcpip", place, ("", 0), timeout=self.connect_timeout)
        except HostFailure as failure:
            raise HostFailure(
                f"the way there leads through {hop.original_host}: {failure}", HostCode.PROXY
            ) from failure
        except ChannelException as error:
            text = f"{hop.original_host}, through which the way leads, does not reach {self.host} port {self.port}"
            raise HostFailure(f"{text} ({error.text})", HostCode.PROXY) from error

    def tried(self) -> str:
        """Return which keys were offered, and which not, and what became of a password, in brackets."""
        transport = self.client.get_transport()
        return str(self.identities.words(transport.about_password if transport else ""))

    def proxy_words(self, silent: bool) -> str:
        """Return how the ProxyCommand has ended, or that it leads to nothing; nothing where it does its work."""
        if self._proxy is None:
            return ""
        return self._proxy.ending() or (self._proxy.silence() if silent else "")


def _refuse_unproven(hop: Any) -> None:
    if not hop.transport.proven:
        raise HostFailure(
            "its key is not the one in known_hosts, and with StrictHostKeyChecking no nothing goes through it, "
            f"as `ssh` has it: if it was reinstalled, run `ssh-keygen -R {hop.place.sought}`",
            HostCode.HOST_KEY,
        )


def _unless(value: str, config: fabric.Config, key: str) -> str:
    """Return what ssh says, unless that is its default and Fabric's configuration has another value."""
    default = fabric.Config.global_defaults()[key]
    own = config.get(key)
    return str(own) if own != default and str(value) == str(default) else value


def _notice_a_dead_peer(sock: Any, seconds: int) -> None:
    # Unanswered keepalives end the connection; without this the kernel tries for a quarter of an hour.
    if isinstance(sock, socket.socket) and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)


def reason(connection: fabric.Connection, error: Exception) -> str:
    """Return a failed connection's reason and remedy."""
    name, host = connection.original_host, connection.host
    place, user = f"{host} port {connection.port}", connection.user
    words = getattr(error, "strerror", None) or str(error) or "no answer in time"
    if isinstance(error, host_key.KeyRefused):
        return str(error)
    if _is_denied(error):
        form = TOO_MANY if isinstance(error, HungUp) else DENIED
        return form.format(place=place, user=user, name=name, tried=connection.tried())
    said = connection.proxy_words(silent=_is_silent(error) or isinstance(error, EOFError))
    if said:
        return f"{said}: try `ssh {name}`"
    return _form(error).format(name=name, host=host, place=place, user=user, error=error, words=words)


def cause(connection: fabric.Connection, error: Exception) -> HostCode:
    """Return the code of a failed connection's reason."""
    if isinstance(error, host_key.KeyRefused):
        return HostCode.HOST_KEY
    if _is_denied(error):
        return HostCode.LOGIN_DENIED
    if isinstance(connection.gateway, str):
        return HostCode.PROXY
    if isinstance(error, socket.gaierror):
        return HostCode.NO_ADDRESS
    return HostCode.NO_SSHD if isinstance(error, SSHException | EOFError) else HostCode.UNREACHABLE


def _is_denied(error: Exception) -> bool:
    return isinstance(error, AuthenticationException | HungUp) or "No authentication methods" in str(error)


def _is_silent(error: Exception) -> bool:
    return any(words in str(error) for words in ("protocol banner", "No existing session"))


def _form(error: Exception) -> str:
    if isinstance(error, SSHException):
        return SILENT if _is_silent(error) else "{place}: {error}"
    if isinstance(error, socket.gaierror):
        return "{host} has no address: write its HostName into ~/.ssh/config, or its address into /etc/hosts"
    if isinstance(error, EOFError):
        return "{place} takes the connection and hangs up: see sshd's journal there"
    return "{place} cannot be reached ({words}): is the host up, and sshd on it?"
