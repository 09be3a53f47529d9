"""Host key: whether a host's key is the one that is known, by the rules of OpenSSH and under the name that it uses."""

import subprocess
from base64 import b64encode
from ipaddress import ip_address
from shlex import join, quote
from tempfile import NamedTemporaryFile

from paramiko import PKey, RSAKey, Transport
from paramiko.ssh_exception import SSHException

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote.ssh import host_certificate, known_hosts
from kafka_fab.remote.ssh.known_hosts import AUTHORITY, REVOKED, KnownKey
from kafka_fab.remote.ssh.openssh import SshConfig

CERTIFIED = "-cert-v01@openssh.com"
# What paramiko can check.
USABLE = frozenset(Transport._key_info)  # type: ignore[attr-defined]
KINDS = {"rsa-sha2-512": "ssh-rsa", "rsa-sha2-256": "ssh-rsa"}
USUAL_PORT = 22


class KeyRefused(SSHException):
    """Why a host's key is not accepted, in a sentence."""


@dataclass(frozen=True)
class HostIdentity:
    """A host whose key is to be checked."""

    answer: SshConfig
    port: int

    @property
    def sought(self) -> str:
        """Return the name that OpenSSH looks for: with its port unless that is the usual one."""
        return self.answer.known_as if self.answer.word("hostkeyalias") else self.named(self.answer.known_as)

    def named(self, name: str) -> str:
        """Return a name with the port, as known_hosts has it."""
        return name if self.port == USUAL_PORT else f"[{name}]:{self.port}"

    @property
    def portless(self) -> str:
        """Return the name that OpenSSH looks for where that with the port is not known; nothing where it does not."""
        return "" if self.sought == self.answer.known_as else self.answer.known_as

    def lines(self, name: str = "") -> list[KnownKey]:
        """Return what is known of it, or of another name."""
        files = [*self.answer.files("userknownhostsfile"), *self.answer.files("globalknownhostsfile")]
        return known_hosts.of_host(files, name or self.sought)

    def __str__(self) -> str:
        return f"{self.answer['hostname']} port {self.port}"


def algorithms(place: HostIdentity) -> tuple[str, ...]:
    """Return the algorithms to ask a host for: first those of the keys that are known of it."""
    found = place.lines()
    beside = place.lines(place.portless) if place.portless else []
    certified = any(line.marker == AUTHORITY for line in [*found, *beside])
    kinds = {line.kind for line in found if not line.marker}
    allowed = place.answer.word("hostkeyalgorithms").split(",")
    usable = [one for one in allowed if one in USABLE and (certified or CERTIFIED not in one)]
    first = [one for one in usable if CERTIFIED in one or KINDS.get(one, one) in kinds]
    return tuple(dict.fromkeys([*first, *usable]))


def check(place: HostIdentity, key: PKey, address: str = "") -> bool:
    """Return whether a host's key is proven, or may be new; raise KeyRefused where it is not and has to be.

    `address` is where the host has answered, nothing where a ProxyCommand or another host leads there. False is
    what StrictHostKeyChecking no lets pass: whoever it is must get no password.
    """
    shown = host_certificate.read(key.public_blob.key_blob) if key.public_blob else None
    _refuse_small(place, key)
    _refuse_listed(place, key)
    if _is_local(place, address):
        return True
    try:
        _prove(place, key, shown)
        _refuse_elsewhere(place, key, address)
    except _Unproven as error:
        if place.answer.is_off("stricthostkeychecking"):
            return False
        raise KeyRefused(str(error)) from error
    return True


class _Unproven(Exception):
    """Why a key does not prove the host's identity; StrictHostKeyChecking no accepts it."""


def _is_local(place: HostIdentity, address: str) -> bool:
    if not place.answer.is_on("nohostauthenticationforlocalhost") or place.answer.word("hostkeyalias"):
        return False
    return bool(address) and ip_address(address).is_loopback


def _prove(place: HostIdentity, key: PKey, shown: host_certificate.HostKeyCertificate | None) -> None:
    found = place.lines()
    if _is_proven(place, found, key, shown) or _is_proven_without_port(place, key, shown):
        return
    files = place.answer.paths("userknownhostsfile")
    if not (place.answer.word("stricthostkeychecking") == "accept-new" or place.answer.is_off("stricthostkeychecking")):
        raise _Unproven(_unknown(place, found))
    if not files:
        raise KeyRefused(
            f"the key of {place} is not known, and is not kept (UserKnownHostsFile none), so that `ssh` refuses it: "
            "name a file there, or /dev/null"
        )
    line = KnownKey("", place.sought, key.get_name(), key.asbytes())
    known_hosts.remember(files[0], line, place.answer.is_on("hashknownhosts"))


def _is_proven(
    place: HostIdentity, found: list[KnownKey], key: PKey, shown: host_certificate.HostKeyCertificate | None
) -> bool:
    """Return whether lines prove a key, False where they say nothing of it; raise where they speak against it."""
    blob = key.asbytes()
    _refuse_revoked(place, found, {blob, *([shown.authority] if shown else [])})
    if shown and any(line.marker == AUTHORITY and line.blob == shown.authority for line in found):
        _check_certificate(place, shown)
        return True
    plain = [line for line in found if not line.marker]
    if plain and all(line.blob != blob for line in plain):
        raise _Unproven(_changed(place))
    return bool(plain)


def _is_proven_without_port(place: HostIdentity, key: PKey, shown: host_certificate.HostKeyCertificate | None) -> bool:
    try:
        return bool(place.portless) and _is_proven(place, place.lines(place.portless), key, shown)
    except _Unproven:
        return False


def _refuse_elsewhere(place: HostIdentity, key: PKey, address: str) -> None:
    """Raise where CheckHostIP is on, and another key is known of the address that the name has led to."""
    if not place.answer.is_on("checkhostip") or address in ("", place.answer["hostname"]):
        return
    plain = [line for line in place.lines(place.named(address)) if not line.marker]
    if plain and not any(line.blob == key.asbytes() for line in plain):
        raise _Unproven(
            f"the key of {place} is not the one in known_hosts of its address {address} (CheckHostIP): if the address "
            f"is now the host's, run `ssh-keygen -R {place.named(address)}`; if not, suspect a man-in-the-middle attack"
        )


def _refuse_small(place: HostIdentity, key: PKey) -> None:
    least = place.answer.number("requiredrsasize") or place.answer.number("rsaminsize")
    if isinstance(key, RSAKey) and key.get_bits() < least:
        raise KeyRefused(
            f"the key of {place} has {key.get_bits()} bits, fewer than RequiredRSASize {least}: give the host a new one"
        )


def _refuse_revoked(place: HostIdentity, found: list[KnownKey], blobs: set[bytes]) -> None:
    if any(line.marker == REVOKED and line.blob in blobs for line in found):
        raise _Unproven(f"the key of {place} is marked as revoked in known_hosts: give the host a new one")


def _refuse_listed(place: HostIdentity, key: PKey) -> None:
    """Raise where RevokedHostKeys lists the key, its certificate, or who has signed it."""
    for file in place.answer.paths("revokedhostkeys"):
        shown = key.public_blob
        with NamedTemporaryFile("w", suffix=".pub") as public:
            kind, blob = (shown.key_type, shown.key_blob) if shown else (key.get_name(), key.asbytes())
            public.write(f"{kind} {b64encode(blob).decode()}\n")
            public.flush()
            argv = ["ssh-keygen", "-Q", "-f", str(file), public.name]
            if subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode:
                raise KeyRefused(
                    f"the key of {place} is revoked by {file}, or that cannot be read (RevokedHostKeys): "
                    "give the host a new one, or mend the file"
                )


def _check_certificate(place: HostIdentity, shown: host_certificate.HostKeyCertificate) -> None:
    refusal = shown.refusal(place.answer.known_as, place.answer.word("casignaturealgorithms"))
    if refusal:
        raise _Unproven(f"the certificate of {place} {refusal}: sign the host's key again (ssh-keygen -s ... -h)")


def _changed(place: HostIdentity) -> str:
    return (
        f"the key of {place} is not the one in known_hosts: if the host was reinstalled, run "
        f"`{_forget_command(place)}` and connect once with `{_connect_command(place)}`; "
        "if it was not, suspect a man-in-the-middle attack"
    )


def _connect_command(place: HostIdentity) -> str:
    """Return the command that reads the same ssh_config as we do, and writes the key into the same file."""
    files = place.answer.paths("userknownhostsfile")
    if not place.answer.file:
        return join(("ssh", place.answer.name))
    known = ("-o", f"UserKnownHostsFile={files[0]}") if files else ()
    return join(("ssh", "-F", place.answer.file, *known, place.answer.name))


def _forget_command(place: HostIdentity) -> str:
    files = place.answer.paths("userknownhostsfile")
    named = f" -f {quote(str(files[0]))}" if files and place.answer.file else ""
    return f"ssh-keygen -R {place.sought}{named}"


def _unknown(place: HostIdentity, found: list[KnownKey]) -> str:
    if any(line.marker == AUTHORITY for line in found):
        return (
            f"{place} has no certificate of the @cert-authority in known_hosts, and its plain key is not known: "
            "set HostCertificate in its sshd_config"
        )
    return (
        f"the key of {place} is not in known_hosts: connect once with `{_connect_command(place)}` "
        "and compare the fingerprint"
    )
