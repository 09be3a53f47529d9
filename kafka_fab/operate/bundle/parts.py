"""Parts: the files of a bundle, and what is not in it, as hosts tell them. Pure values."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from kafka_fab.cluster.values.secret import is_secret

HIDDEN = b"(hidden)"
INNER = re.compile(r'([\w.-]+)[ \t]*=[ \t]*("[^"]*"|[^ \t;,"]+)')
# Words that stand in many innocent places, as the shell's `telling` has them.
COMMON = re.compile(
    r"true|false|null|none|required|password|kafka|zookeeper|broker|controller|admin|\d{1,7}", re.IGNORECASE
)
# A shorter one does, too.
LEAST = 5


@dataclass(frozen=True)
class BundleFile:
    """A file of the bundle: its name, where it comes from, and in how many lines something is hidden."""

    name: str
    source: str
    content: bytes
    hidden: int = 0
    note: str = ""


@dataclass(frozen=True)
class Skipped:
    """What is not in the bundle, and why."""

    source: str
    why: str


@dataclass(frozen=True)
class Collected:
    """All that was taken from a host, or from here; `error` says why it is not whole."""

    where: str
    parts: tuple[BundleFile, ...] = ()
    left: tuple[Skipped, ...] = field(default=())
    error: str = ""


def parsed(where: str, data: bytes) -> Collected:
    """Return what a host has written, also where it was cut off."""
    parts: list[BundleFile] = []
    left: list[Skipped] = []
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        if line[:1] == b"|":
            lines.append(line[1:])
            continue
        kind, *words = line.decode(errors="replace").split("\t")
        if kind == "part":
            parts.append(BundleFile(words[0], words[1], b""))
            lines = []
        elif kind == "end":
            parts[-1] = replace(parts[-1], content=b"".join(text + b"\n" for text in lines), hidden=int(words[0]))
        elif kind == "left":
            left.append(Skipped(words[0], words[1]))
    return Collected(where, tuple(parts), tuple(left))


def without(taken: Collected, secrets: Collection[str]) -> Collected:
    """Return what was taken without some secret values, wherever they stand."""
    return replace(taken, parts=tuple(_without(part, secrets) for part in taken.parts))


def _without(part: BundleFile, secrets: Collection[str]) -> BundleFile:
    content = part.content
    # The longest first: one may be the beginning of another.
    for secret in sorted(secrets, key=len, reverse=True):
        content = content.replace(secret.encode(), HIDDEN)
    if content == part.content:
        return part
    return replace(part, content=content, hidden=sum(HIDDEN in line for line in content.splitlines()))


def secrets(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the secret values among keys with their values, and those within them, as in a JAAS line."""
    return frozenset(value for key, text in pairs if is_secret(key) for value in _values(text) if _tells(value))


def _values(text: str) -> Iterator[str]:
    yield text.strip("\"'; ")
    for name, value in INNER.findall(text):
        if is_secret(name) or name.startswith("user_"):
            yield value.strip('"')


def _tells(value: str) -> bool:
    return len(value) >= LEAST and not COMMON.fullmatch(value)
