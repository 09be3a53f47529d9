"""Parts: the files of a bundle, and what was skipped, as hosts report them. Pure values."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from kafka_fab.cluster.values.secret import is_secret

HIDDEN = b"(hidden)"
INNER = re.compile(r'([\w.-]+)[ \t]*=[ \t]*("[^"]*"|[^ \t;,"]+)')
# Common words, which are in many lines; as `distinctive` in bundle.sh.
COMMON = re.compile(
    r"true|false|null|none|required|password|kafka|zookeeper|broker|controller|admin|\d{1,7}", re.IGNORECASE
)
# Shorter values are in many lines, too.
LEAST = 5


@dataclass(frozen=True)
class BundleFile:
    """A file of the bundle: its name, its source, and the number of lines with hidden values."""

    name: str
    source: str
    content: bytes
    hidden: int = 0
    note: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file or command that was skipped, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Collected:
    """The files from a host or from here; `error` is why they are incomplete."""

    where: str
    parts: tuple[BundleFile, ...] = ()
    skipped: tuple[Skipped, ...] = field(default=())
    error: str = ""


def parsed(where: str, data: bytes) -> Collected:
    """Return the files in the output of a host, even if it is incomplete."""
    parts: list[BundleFile] = []
    skipped: list[Skipped] = []
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
        elif kind == "skipped":
            skipped.append(Skipped(words[0], words[1]))
    return Collected(where, tuple(parts), tuple(skipped))


def without(taken: Collected, secrets: Collection[str]) -> Collected:
    """Return the files without secret values."""
    return replace(taken, parts=tuple(_without(part, secrets) for part in taken.parts))


def _without(part: BundleFile, secrets: Collection[str]) -> BundleFile:
    content = part.content
    # The longest first: one secret may be the beginning of another.
    for secret in sorted(secrets, key=len, reverse=True):
        content = content.replace(secret.encode(), HIDDEN)
    if content == part.content:
        return part
    return replace(part, content=content, hidden=sum(HIDDEN in line for line in content.splitlines()))


def secrets(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the secret values of some keys, and those inside them, as in a JAAS line."""
    return frozenset(
        value for key, text in pairs if is_secret(key) for value in _values(text) if _is_distinctive(value)
    )


def _values(text: str) -> Iterator[str]:
    yield text.strip("\"'; ")
    for name, value in INNER.findall(text):
        if is_secret(name) or name.startswith("user_"):
            yield value.strip('"')


def _is_distinctive(value: str) -> bool:
    return len(value) >= LEAST and not COMMON.fullmatch(value)
