"""Host certificate: a host key signed by an authority, checked as OpenSSH checks one."""

import time

from paramiko import PKey
from paramiko.message import Message
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import SSHException

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote.ssh import known_hosts

OF_A_HOST = 2
# What stands between the nonce and the serial number, by the kind of key.
KEY_PARTS = {"ssh-ed25519": 1, "rsa-sha2-256": 2, "rsa-sha2-512": 2, "ssh-rsa": 2}
CURVE_PARTS = 2


@dataclass(frozen=True)
class HostKeyCertificate:
    """What a certificate says."""

    kind: int
    principals: tuple[str, ...]
    after: int
    before: int
    critical: bytes
    authority: bytes
    signed: bytes
    signature: bytes

    def refusal(self, name: str, algorithms: str) -> str:
        """Return why it does not prove that a host has a name; nothing where it does."""
        if self.kind != OF_A_HOST:
            return "is one of a user, not of a host"
        if self.principals and not any(known_hosts.is_about(one, name) for one in self.principals):
            return f"is for {', '.join(self.principals)}, not for {name}"
        if not self.after <= time.time() < self.before:
            return "is not valid now"
        if self.critical:
            return "has critical options, which are not known here"
        return "" if self._is_signed(algorithms) else "is not signed by its authority in a way that is allowed here"

    def _is_signed(self, algorithms: str) -> bool:
        if Message(self.signature).get_text() not in algorithms.split(","):
            return False
        try:
            authority = PKey.from_type_string(Message(self.authority).get_text(), self.authority)
            return bool(authority.verify_ssh_sig(self.signed, Message(self.signature)))
        except (UnknownKeyType, SSHException):
            return False


def read(blob: bytes) -> HostKeyCertificate:
    """Return what a certificate says."""
    message = Message(blob)
    kind = message.get_text().partition("-cert-v01")[0]
    message.get_binary()
    for _ in range(KEY_PARTS.get(kind, CURVE_PARTS)):
        message.get_binary()
    message.get_int64()
    of = message.get_int()
    message.get_binary()
    principals = _strings(message.get_binary())
    after, before = message.get_int64(), message.get_int64()
    critical = message.get_binary()
    message.get_binary()
    message.get_binary()
    authority, signature = message.get_binary(), message.get_binary()
    signed = blob[: len(blob) - 4 - len(signature)]
    return HostKeyCertificate(of, principals, after, before, critical, authority, signed, signature)


def subject(blob: bytes) -> bytes:
    """Return the plain key that a certificate is of."""
    message, found = Message(blob), Message()
    kind = message.get_text().partition("-cert-v01")[0]
    message.get_binary()
    found.add_string(kind)
    for _ in range(KEY_PARTS.get(kind, CURVE_PARTS)):
        found.add_string(message.get_binary())
    return found.asbytes()


def _strings(packed: bytes) -> tuple[str, ...]:
    message, found = Message(packed), list[str]()
    while message.get_remainder():
        found.append(message.get_binary().decode(errors="replace").lower())
    return tuple(found)
