"""Resources: what should be on a host, as frozen values. remote/lib.sh has one function per kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A system user without login, with a group of the same name."""

    name: str
    home: str


@dataclass(frozen=True)
class Java:
    """A Java within a range of feature versions; a package is installed where none is found."""

    lowest: int
    highest: int
    packages: tuple[str, ...]
    home: str = ""


@dataclass(frozen=True)
class Directory:
    """A directory with owner and mode."""

    path: str
    owner: str = "root"
    group: str = "root"
    mode: str = "755"


@dataclass(frozen=True)
class File:
    """A file with content, owner and mode; of a secret one no value is ever shown."""

    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "644"
    secret: bool = False


@dataclass(frozen=True)
class Download:
    """An archive on the host, checked by SHA-512, unless its tree is there already."""

    url: str
    path: str
    tree: str
    sha512: str = ""


@dataclass(frozen=True)
class Tree:
    """An extracted archive: there as a whole or not at all."""

    path: str
    archive: str


@dataclass(frozen=True)
class Link:
    """A symbolic link, moved by rename."""

    path: str
    target: str


@dataclass(frozen=True)
class Units:
    """Systemd units, enabled and known to systemd in the form that is on disk."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """A key in a file, if the file is there, has just this value (empty key: the whole file).

    One that is kept is there wherever partitions are.
    """

    path: str
    key: str
    value: str
    meaning: str
    kept: bool = False


@dataclass(frozen=True)
class Port:
    """A port on which nobody listens but the unit itself."""

    number: int
    unit: str


@dataclass(frozen=True)
class Asset:
    """One file from elsewhere, checked by SHA-256 or SHA-512: fetched by the host, or sent from here."""

    path: str
    source: str
    checksum: str


@dataclass(frozen=True)
class Sysctl:
    """The kernel's running values, as a file of sysctl.d gives them for the next boot."""

    file: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class InStep:
    """A unit that, if it runs, runs with the files that are on disk (else a restart is due)."""

    unit: str
    snapshot: str
    files: tuple[str, ...]
    link: str
    log: str


@dataclass(frozen=True)
class Gone:
    """A path that is not there any more; a directory only if nothing is in it, or with all that is."""

    path: str
    with_content: bool = False


@dataclass(frozen=True)
class UnitGone:
    """A systemd unit that is neither enabled nor running nor there."""

    name: str


Resource = (
    User
    | Java
    | Directory
    | File
    | Download
    | Tree
    | Link
    | Units
    | Identity
    | Port
    | InStep
    | Gone
    | UnitGone
    | Asset
    | Sysctl
)
