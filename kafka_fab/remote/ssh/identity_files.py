"""Identity files: the keys by which we are known to a host, in order, and why others are not offered."""

import base64
import binascii
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from paramiko import ECDSAKey, Ed25519Key, PKey, RSAKey
from paramiko.message import Message
from paramiko.ssh_exception import PasswordRequiredException, SSHException

from kafka_fab.remote.ssh import host_certificate
from kafka_fab.remote.ssh.agent_keys import Agent
from kafka_fab.remote.ssh.openssh import HOME, SshConfig
from kafka_fab.typed_command import FAB

KINDS = (Ed25519Key, RSAKey, ECDSAKey)
BEGIN, END, MAGIC = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END", b"openssh-key-v1\0"
# The ways to be let in, and what switches each off.
WAYS = {
    "publickey": ("pubkeyauthentication",),
    "password": ("passwordauthentication",),
    # The second is what it was called up to OpenSSH 8.6.
    "keyboard-interactive": ("kbdinteractiveauthentication", "challengeresponseauthentication"),
}
CLOSED = f"is encrypted: load it with ssh-add, or use {FAB} --prompt-for-passphrase"


class Identities:
    """Stands where paramiko expects an agent: its keys are those of ssh_config's files and of the agent."""

    def __init__(
        self, answer: SshConfig, given: list[str], passphrase: str | None = None, ask_agent: bool = True
    ) -> None:
        self._answer = answer
        self._passphrase = passphrase
        self._given = [Path(path).expanduser() for path in given]
        self._agent = Agent(answer, asked=not ask_agent)
        self.offered: list[str] = []
        self.left_out: list[str] = []

    def get_keys(self) -> Iterator[Any]:
        """Yield the keys, one after the other as each is refused: those that are meant for the host come first."""
        self.offered, self.left_out = [], []
        if goes(self._answer, "publickey"):
            yield from self._keys()

    def _keys(self) -> Iterator[Any]:
        named = {blob: path for path in self._files() for blob in public(path)}
        held = self._agent.get_keys()
        mine = {key.asbytes() for key in held}
        for key in (one for one in held if one.asbytes() in named):
            yield from self._with_certificates(key, f"the agent's key of {named[key.asbytes()]}")
        for path in self._files():
            # One that the agent holds need not be opened.
            if mine.isdisjoint(public(path)):
                yield from self._of(path)
        if not self._answer.is_on("identitiesonly"):
            for key in (one for one in held if one.asbytes() not in named):
                yield from self._with_certificates(key, f"the agent's key {key.comment}".rstrip())

    def _files(self) -> list[Path]:
        asked = [self._answer.path(word) for word in self._answer["identityfile"] if word.lower() != "none"]
        return list(dict.fromkeys([*self._given, *asked]))

    def _of(self, path: Path) -> Iterator[Any]:
        try:
            key = _opened(path, self._passphrase)
        except FileNotFoundError:
            if not _is_usual(path):
                self.left_out.append(f"{path} is not there")
        except PasswordRequiredException:
            self.left_out.append(f"{path} {CLOSED}")
        except _Unusable as error:
            self.left_out.append(f"{path} {error}")
        except OSError as error:
            self.left_out.append(f"{path} cannot be read ({(error.strerror or str(error)).lower()})")
        else:
            yield from self._with_certificates(key, str(path))

    def _with_certificates(self, key: Any, words: str) -> Iterator[Any]:
        for path, shown in self._certificates():
            if host_certificate.subject(shown) == key.asbytes():
                key.load_certificate(str(path))
                yield from self._accepted(key, f"{words} with {path}")
                key.public_blob = None
        yield from self._accepted(key, words)

    def _accepted(self, key: Any, words: str) -> Iterator[Any]:
        kind = key.public_blob.key_type if key.public_blob else key.get_name()
        # One kind of key, two algorithms.
        names = {kind.replace("ssh-rsa", f"rsa-sha2-{size}") for size in (512, 256)}
        least = self._answer.number("requiredrsasize") or self._answer.number("rsaminsize")
        if not names & set(accepted_kinds(self._answer)):
            self.left_out.append(f"{words} is of a kind that PubkeyAcceptedAlgorithms leaves out")
        elif "rsa" in kind and key.get_bits() < least:
            self.left_out.append(f"{words} has {key.get_bits()} bits, fewer than RequiredRSASize {least}")
        else:
            self.offered.append(words)
            yield key

    def _certificates(self) -> Iterator[tuple[Path, bytes]]:
        beside = [path.with_name(f"{path.name}-cert.pub") for path in self._files()]
        for path in dict.fromkeys([*self._answer.files("certificatefile"), *beside]):
            with suppress(OSError, ValueError, IndexError):
                kind, encoded = path.read_text().split()[:2]
                if "-cert-v01@" in kind:
                    yield path, base64.b64decode(encoded)

    def words(self, more: str = "") -> str:
        """Return what has been offered, and what not, in brackets."""
        told = [f"offered {', '.join(self.offered)}" if self.offered else "no key was offered", *self.left_out, more]
        return f" ({'; '.join(filter(None, told))})"

    def close(self) -> None:
        """Hang up on the agent."""
        self._agent.close()


def accepted_kinds(answer: SshConfig) -> list[str]:
    """Return the algorithms that a key of ours may have; the second word is that of OpenSSH up to 8.4."""
    return (answer.word("pubkeyacceptedalgorithms") or answer.word("pubkeyacceptedkeytypes")).split(",")


def goes(answer: SshConfig, way: str) -> bool:
    """Return whether ssh_config allows for a way to be let in."""
    preferred = answer.word("preferredauthentications")
    wanted = not preferred or way in preferred.split(",")
    return wanted and not any(answer.is_off(key) for key in WAYS[way])


class _Unusable(Exception):
    """Why a file is no key for us."""


def _is_usual(path: Path) -> bool:
    """Return whether a file is one of those that `ssh` looks for by itself."""
    return path.parent == Path(HOME, ".ssh") and path.name.startswith("id_")


def _opened(path: Path, passphrase: str | None) -> PKey:
    found = path.stat()
    if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077:
        # `ssh` does not take it either.
        raise _Unusable(f"can be read by others: chmod 600 {path}")
    for kind in KINDS:
        with suppress(ValueError, TypeError, binascii.Error):
            try:
                return kind.from_private_key_file(str(path), passphrase)
            except PasswordRequiredException:
                raise
            except SSHException:
                continue
    raise _Unusable("holds no private key that can be used here, or its passphrase is another one")


def public(path: Path) -> set[bytes]:
    """Return the public keys that stand for a private one: beside it, in its place, or in front of it."""
    found = set[bytes]()
    for file in (path, path.with_name(f"{path.name}.pub")):
        with suppress(OSError, ValueError, IndexError):
            text = file.read_text(encoding="ascii")
            found.add(_in_front(text) if text.startswith(BEGIN) else base64.b64decode(text.split()[1], validate=True))
    return found - {b""}


def _in_front(text: str) -> bytes:
    """Return the public key of OpenSSH's own format, which is in the clear where the private one is encrypted."""
    whole = base64.b64decode(text.removeprefix(BEGIN).partition(END)[0])
    message = Message(whole.removeprefix(MAGIC))
    for _ in ("cipher", "key derivation", "its options"):
        message.get_binary()
    message.get_int()
    return bytes(message.get_binary()) if whole.startswith(MAGIC) else b""
