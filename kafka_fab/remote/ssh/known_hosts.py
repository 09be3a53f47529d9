"""Known hosts: what known_hosts files say of a host, read as OpenSSH does: odd lines are passed over."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import field
from fnmatch import translate
from functools import cache
from pathlib import Path

from kafka_fab.frozen_value import dataclass

AUTHORITY, REVOKED = "@cert-authority", "@revoked"
BLANKS = re.compile("[ \t]+")
# OpenSSH passes over them within base64.
WHITE = re.compile("[\r\f\v]")
MARKERS = ("", AUTHORITY, REVOKED)
# The strings that make up a key of a kind, its name among them.
PARTS = {
    "ssh-ed25519": 2,
    "ssh-rsa": 3,
    "ssh-dss": 5,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}


@dataclass(frozen=True)
class KnownKey:
    """A key of a known_hosts file: whose it is, and what is said of it."""

    marker: str
    hosts: str
    kind: str
    blob: bytes


@dataclass
class KnownHostsFile:
    """The lines of a file; those for one plain name are found without a walk through all."""

    named: dict[str, list[KnownKey]] = field(default_factory=dict)
    others: list[KnownKey] = field(default_factory=list)

    def add(self, line: KnownKey) -> None:
        """Add a line that comes after all others."""
        if line.hosts.startswith("|") or set("*?!") & set(line.hosts):
            self.others.append(line)
            return
        for name in set(line.hosts.lower().split(",")):
            self.named.setdefault(name, []).append(line)

    def of(self, name: str) -> Iterator[KnownKey]:
        """Yield the lines that are about a name, which is in lower case."""
        yield from self.named.get(name, ())
        yield from (line for line in self.others if is_about(line.hosts, name))


def lines(text: str) -> Iterator[KnownKey]:
    """Yield the lines of a file that hold a key."""
    for raw in text.split("\n"):
        words = [word for word in BLANKS.split(raw) if word]
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or marker not in MARKERS:
            continue
        hosts, kind, encoded = words[:3]
        blob = _key(kind, encoded)
        if blob:
            yield KnownKey(marker, hosts, kind, blob)


def _key(kind: str, encoded: str) -> bytes:
    """Return a key's bytes; nothing where they are not a whole key of its kind."""
    written = WHITE.sub("", encoded).encode(errors="surrogateescape")
    try:
        blob = base64.b64decode(written, validate=True)
    except ValueError:
        return b""
    parts = list(_parts(blob))
    # Python takes more padding than there should be.
    whole = (
        base64.b64encode(blob) == written
        and parts[:1] == [kind.encode()]
        and len(parts) == PARTS.get(kind)
        and all(parts)
    )
    return blob if whole else b""


def _parts(blob: bytes) -> Iterator[bytes]:
    """Yield the strings of a key, and an empty one where the last is cut off."""
    while blob:
        size = int.from_bytes(blob[:4], "big")
        part, cut_off = blob[4 : 4 + size], len(blob) < 4 + size
        yield b"" if cut_off else part
        blob = blob[4 + size :]


def is_about(hosts: str, name: str) -> bool:
    """Return whether a line's first field, a hash or a list of patterns, means a name."""
    if hosts.startswith("|"):
        return _is_hash_of(hosts, name)
    found = False
    for pattern in hosts.lower().split(","):
        if _matches(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _matches(pattern: str, name: str) -> bool:
    return bool(_expression(pattern).fullmatch(name))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    # Of the shell's wildcards OpenSSH has two; brackets are those of [host]:port.
    return re.compile(translate(pattern.replace("[", "[[]")), re.DOTALL)


def _is_hash_of(field_: str, name: str) -> bool:
    _, kind, salt, digest, *more = [*field_.split("|"), "", "", ""]
    if kind != "1" or any(more):
        return False
    try:
        key, wanted = base64.b64decode(salt), base64.b64decode(digest)
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(key, name.encode(), hashlib.sha1).digest(), wanted)


@cache
def read(path: Path) -> KnownHostsFile:
    """Return a file's lines, read once a run; an unreadable one has none, as for OpenSSH."""
    try:
        # As it is: to Python a carriage return would end a line.
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return KnownHostsFile()
    found = KnownHostsFile()
    for line in lines(text):
        found.add(line)
    return found


def of_host(files: Iterable[Path], name: str) -> list[KnownKey]:
    """Return the lines of files that are about a name."""
    return [line for file in files for line in read(file).of(name)]


def remember(path: Path, line: KnownKey, hashed: bool) -> None:
    """Add a line to a file, as OpenSSH does where StrictHostKeyChecking says accept-new; one that cannot be is not."""
    known = read(path)
    hosts = _hashed(line.hosts) if hashed else line.hosts
    known.add(KnownKey(line.marker, hosts, line.kind, line.blob))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"{hosts} {line.kind} {base64.b64encode(line.blob).decode()}\n")
    except OSError:
        return


def _hashed(name: str) -> str:
    salt = secrets.token_bytes(20)
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
