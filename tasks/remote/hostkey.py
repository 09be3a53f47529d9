"""Host key: whether a host's key is the one that is known, by the rules of OpenSSH and under the name that it uses."""

import subprocess
from dataclasses import dataclass
from tempfile import NamedTemporaryFile

from paramiko import PKey, Transport
from paramiko.ssh_exception import SSHException

from tasks.remote import certificate, known
from tasks.remote.known import AUTHORITY, REVOKED, Line
from tasks.remote.openssh import Answer

CERTIFIED = "-cert-v01@openssh.com"
# What paramiko can check.
USABLE = frozenset(Transport._key_info)  # type: ignore[attr-defined]
KINDS = {"rsa-sha2-512": "ssh-rsa", "rsa-sha2-256": "ssh-rsa"}
USUAL_PORT = 22


class KeyRefused(SSHException):
    """Why a host's key is not accepted, in a sentence."""


@dataclass(frozen=True)
class Place:
    """A host whose key is to be checked."""

    answer: Answer
    port: int

    @property
    def sought(self) -> str:
        """Return the name that OpenSSH looks for: with its port unless that is the usual one."""
        bare = self.answer.word("hostkeyalias") or self.port == USUAL_PORT
        return self.answer.known_as if bare else f"[{self.answer.known_as}]:{self.port}"

    def lines(self, name: str = "") -> list[Line]:
        """Return what is known of it, or of another name."""
        files = [*self.answer.files("userknownhostsfile"), *self.answer.files("globalknownhostsfile")]
        return known.of_host(files, name or self.sought)

    def __str__(self) -> str:
        return f"{self.answer['hostname']} port {self.port}"


def algorithms(place: Place) -> tuple[str, ...]:
    """Return the algorithms to ask a host for: first those of the keys that are known of it."""
    found = place.lines()
    certified = any(line.marker == AUTHORITY for line in found)
    kinds = {line.kind for line in found if not line.marker}
    allowed = place.answer.word("hostkeyalgorithms").split(",")
    usable = [one for one in allowed if one in USABLE and (certified or CERTIFIED not in one)]
    first = [one for one in usable if CERTIFIED in one or KINDS.get(one, one) in kinds]
    return tuple(dict.fromkeys([*first, *usable]))


def check(place: Place, key: PKey) -> None:
    """Raise KeyRefused unless a host's key is the one that is known, or may be new."""
    strict = place.answer.word("stricthostkeychecking").lower()
    if strict in ("no", "off", "false"):
        return
    blob, found = key.asbytes(), place.lines()
    shown = certificate.read(key.public_blob.key_blob) if key.public_blob else None
    _refuse_revoked(place, found, {blob, *([shown.authority] if shown else [])})
    _refuse_listed(place, key)
    if shown and any(line.marker == AUTHORITY and line.blob == shown.authority for line in found):
        _check_certificate(place, shown)
        return
    plain = [line for line in found if not line.marker]
    if any(line.blob == blob for line in plain) or _is_known_without_port(place, blob):
        return
    if plain:
        raise KeyRefused(_changed(place))
    if strict != "accept-new":
        raise KeyRefused(_unknown(place, found))
    files = place.answer.paths("userknownhostsfile")
    if files:
        known.remember(files[0], Line("", place.sought, key.get_name(), blob), place.answer.is_on("hashknownhosts"))


def _refuse_revoked(place: Place, found: list[Line], blobs: set[bytes]) -> None:
    if any(line.marker == REVOKED and line.blob in blobs for line in found):
        raise KeyRefused(f"the key of {place} is marked as revoked in known_hosts: give the host a new one")


def _refuse_listed(place: Place, key: PKey) -> None:
    for file in place.answer.files("revokedhostkeys"):
        with NamedTemporaryFile("w", suffix=".pub") as public:
            public.write(f"{key.get_name()} {key.get_base64()}\n")
            public.flush()
            argv = ["ssh-keygen", "-Q", "-f", str(file), public.name]
            if subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode:
                raise KeyRefused(f"the key of {place} is revoked by {file}: give the host a new one")


def _check_certificate(place: Place, shown: certificate.Certificate) -> None:
    refusal = shown.refusal(place.answer.known_as, place.answer.word("casignaturealgorithms"))
    if refusal:
        raise KeyRefused(f"the certificate of {place} {refusal}: sign the host's key anew (ssh-keygen -s ... -h)")


def _is_known_without_port(place: Place, blob: bytes) -> bool:
    if place.sought == place.answer.known_as or place.lines():
        return False
    found = place.lines(place.answer.known_as)
    revoked = any(line.marker == REVOKED and line.blob == blob for line in found)
    return not revoked and any(not line.marker and line.blob == blob for line in found)


def _changed(place: Place) -> str:
    return (
        f"the key of {place} is not the one in known_hosts: if the host was set up anew, run "
        f"`ssh-keygen -R {place.sought}` and connect once with `ssh {place.answer.name}`; "
        "if it was not, someone is in between"
    )


def _unknown(place: Place, found: list[Line]) -> str:
    if any(line.marker == AUTHORITY for line in found):
        return (
            f"{place} shows no certificate of the @cert-authority in known_hosts, and its plain key is not known: "
            "give its sshd a HostCertificate"
        )
    return (
        f"the key of {place} is not known here: connect once with `ssh {place.answer.name}` and compare the fingerprint"
    )
