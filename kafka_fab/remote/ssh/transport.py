"""Transport: the talk with a host by the algorithms, and the ways to be let in, that ssh_config allows."""

from typing import Any

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from kafka_fab.remote.ssh import host_key
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.identity_files import accepted_kinds, goes
from kafka_fab.runbook.codes import HostCode
from kafka_fab.typed_command import FAB

# What ssh_config may narrow down, by paramiko's name for it.
ALGORITHMS = {"Ciphers": "ciphers", "MACs": "digests", "KexAlgorithms": "kex"}
# One algorithm by two names, of which paramiko has one.
TWINS = {"curve25519-sha256": "curve25519-sha256@libssh.org"}
PASSWORDS = ("password", "keyboard-interactive")


class HungUp(EOFError):
    """The host has ended the connection while it was offered keys."""


class Transport(paramiko.Transport):
    """A transport that does what `ssh` would, and nothing that it would not."""

    # What became of the password, or that one is wanted.
    about_password = ""
    # Whether the host's key is proven; to whom it is not no password is said.
    proven = True
    # The ways that the host has said that it does not go.
    _closed: frozenset[str] = frozenset()

    def __init__(self, place: host_key.HostIdentity, sock: Any, **options: Any) -> None:
        super().__init__(sock, **options)
        self._place = place
        accepted = accepted_kinds(place.answer)
        usual = paramiko.Transport._preferred_pubkeys  # type: ignore[attr-defined]
        self._preferred_pubkeys = tuple(one for one in usual if one in accepted)
        security = self.get_security_options()
        for key, name in ALGORITHMS.items():
            allowed = place.answer.word(key.lower()).split(",")
            allowed += [twin for one, twin in TWINS.items() if one in allowed]
            setattr(security, name, self._some(key, [one for one in getattr(security, name) if one in allowed]))
        security.key_types = self._some("HostKeyAlgorithms", host_key.algorithms(place))

    def _some(self, key: str, usable: Any) -> tuple[str, ...]:
        if not usable:
            asked = self._place.answer.word(key.lower())
            raise HostFailure(
                f"{key} of the ssh_config of {self._place.answer.name} allows nothing that kafka-fab has ({asked}): "
                "allow one more",
                HostCode.SSH_CONFIG,
            )
        return tuple(usable)

    def address(self) -> str:
        """Return where the host has answered; nothing where the way leads through something else."""
        try:
            place = self.sock.getpeername()
        except (OSError, AttributeError):
            return ""
        return str(place[0]).partition("%")[0] if isinstance(place, tuple) and self._is_direct() else ""

    def _is_direct(self) -> bool:
        return not (self._place.answer.word("proxyjump") or self._place.answer.word("proxycommand"))

    def _goes(self, way: str) -> bool:
        return way not in self._closed and goes(self._place.answer, way)

    def auth_publickey(self, username: str, key: Any, event: Any = None) -> list[str]:
        """Offer a key, unless the host has no use for any."""
        if "publickey" in self._closed:
            raise AuthenticationException("no key is taken here")
        try:
            more: list[str] = super().auth_publickey(username, key, event)
        except BadAuthenticationType:
            self._closed |= {"publickey"}
            raise
        except SSHException as error:
            if self.is_active():
                raise
            raise HungUp from error
        if more and not set(more) & set(PASSWORDS):
            # The host wants another key beside this one.
            raise AuthenticationException("one key is not enough")
        return more

    def auth_password(self, username: str, password: str, event: Any = None, fallback: bool = True) -> list[str]:
        """Say the password once, by a way that ssh_config allows, to a host whose key is proven."""
        if not self.proven:
            self.about_password = "the password was not said, since its key is not the one in known_hosts"
        elif not any(self._goes(way) for way in PASSWORDS):
            self.about_password = "the password was not said, as ssh_config has it"
        else:
            self.about_password = "the password was refused, or is not enough"
            if not self._say(username, password, event, fallback):
                return []
        raise AuthenticationException(self.about_password)

    def _say(self, username: str, password: str, event: Any, fallback: bool) -> list[str]:
        if not self._goes("password"):
            return list(self.auth_interactive(username, lambda _title, _words, asked: [password] * len(asked[:1])))
        return list(super().auth_password(username, password, event, fallback and self._goes("keyboard-interactive")))

    def auth_interactive_dumb(self, username: str, *_: Any) -> list[str]:
        """Ask nobody: many hosts are worked on at once."""
        self.about_password = f"it requires a password besides the key: use {FAB} --prompt-for-login-password"
        raise AuthenticationException(f"{username}: {self.about_password}")


class Policy(paramiko.MissingHostKeyPolicy):
    """Judges every host's key: paramiko itself does not know any host keys."""

    def __init__(self, place: host_key.HostIdentity) -> None:
        self._place = place

    def missing_host_key(self, client: paramiko.SSHClient, _name: str, key: paramiko.PKey) -> None:
        """Refuse a key by raising, as paramiko requires."""
        transport: Any = client.get_transport()
        transport.proven = host_key.check(self._place, key, transport.address())
