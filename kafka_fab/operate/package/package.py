"""Package: what a DEB or an RPM is to hold and to say, as frozen values."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from kafka_fab.frozen_value import dataclass


class Format(StrEnum):
    """A kind of package."""

    DEB = "deb"
    RPM = "rpm"


@dataclass(frozen=True)
class PackageEntry:
    """A file of a package, with its content or where that is on this machine; a directory; a link with its target."""

    path: str
    content: bytes | Path = b""
    mode: int = 0o644
    mtime: int | None = None
    kind: str = ""
    target: str = ""
    only: Format | None = None


@dataclass(frozen=True)
class Package:
    """A package: its name and version, what it needs, its files, and its scripts by the step that runs them."""

    name: str
    version: str
    release: str
    summary: str
    details: str
    # When it counts as made: every build of the same input has the same bytes.
    epoch: int
    entries: tuple[PackageEntry, ...]
    scripts: Mapping[str, str]
    provides: tuple[str, ...] = ()
    depends: Mapping[Format, tuple[str, ...]] = field(default_factory=dict)
    recommends: Mapping[Format, tuple[str, ...]] = field(default_factory=dict)

    def file_name(self, kind: Format) -> str:
        """Return the file's name, as each packager writes it."""
        if kind is Format.DEB:
            return f"{self.name}_{self.version}-{self.release}_all.deb"
        return f"{self.name}-{self.version}-{self.release}.noarch.rpm"


def directories(paths: tuple[str, ...] | list[str], above: str) -> tuple[PackageEntry, ...]:
    """Return the directories of files below a place, and that place: a package owns what it names alone."""
    found: dict[str, None] = {above: None}
    for path in paths:
        parts = path.removeprefix(f"{above}/").split("/")[:-1]
        found |= dict.fromkeys(f"{above}/{'/'.join(parts[: at + 1])}" for at in range(len(parts)))
    return tuple(PackageEntry(path, mode=0o755, kind="dir") for path in sorted(found))
