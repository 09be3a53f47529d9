"""Resources: what should be on a host, as frozen values. remote/scripts/library has one function per kind."""

from dataclasses import field
from hashlib import sha256

from kafka_fab.cluster.values.path_rules import CLOSED, SHARED
from kafka_fab.cluster.values.unit_names import unit_file
from kafka_fab.frozen_value import dataclass


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
    """A directory with owner and mode; one that is shared may be another cluster's, too.

    A scratch one holds nothing of value: a start empties it, and makes it where it is not there.
    """

    path: str
    owner: str = "root"
    group: str = "root"
    mode: str = "755"
    shared: bool = False
    scratch: bool = False


@dataclass(frozen=True)
class Owner:
    """Whose the services of this host are: none of them is somebody else's; `services` are units and directories."""

    cluster: str
    folder: str
    host: str
    hosts: tuple[str, ...]
    by: str
    services: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the arguments of the library's function."""
        units = (word for unit, directories in self.services for word in (unit, ",".join(directories)))
        return (self.cluster, self.folder, self.host, ",".join(self.hosts), self.by, *units)


@dataclass(frozen=True)
class Places:
    """Directories that, behind their links, are neither the system's nor in each other."""

    paths: tuple[str, ...]
    closed: frozenset[str] = field(default=CLOSED, repr=False)
    shared: frozenset[str] = field(default=SHARED, repr=False)


@dataclass(frozen=True)
class File:
    """A file with content, owner and mode; of a secret one no value is ever shown.

    Of `levels`, keys that an upgrade has written into the file on the host, the file keeps what it has.
    """

    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "644"
    secret: bool = False
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtraFiles:
    """The paths of the user's files of a unit: somebody else's file is at none of them."""

    unit: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class ExtraFilesAbsent:
    """The user's files that a unit had earlier, which do not exist any more, but for those that are kept."""

    unit: str
    kept: tuple[str, ...]


@dataclass(frozen=True)
class NodeStore:
    """A host's private key, made there and never sent elsewhere, with the chain issued to it, in each of its stores.

    `stores` are paths with owner and group. Without a chain the host asks for one, for a subject and names in the form
    of openssl; `reason` says why there is none.
    """

    path: str
    chain: str
    stores: tuple[tuple[str, str, str], ...]
    subject: str
    names: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Pkcs12:
    """A node's store as PKCS12, for brokers that take no PEM; its password is made on the host, in `secrets`."""

    path: str
    store: str
    secrets: str
    chain: str
    owner: str
    group: str

    @property
    def chain_sum(self) -> str:
        """Return the checksum by which a host knows which chain the store was made from."""
        return sha256(self.chain.encode()).hexdigest()


@dataclass(frozen=True)
class Download:
    """An archive on the host, checked by SHA-512, unless its tree is there already."""

    url: str
    path: str
    tree: str
    sha512: str = ""


@dataclass(frozen=True)
class Tree:
    """An extracted archive, complete or absent."""

    path: str
    archive: str


@dataclass(frozen=True)
class Link:
    """A symbolic link, moved by rename, once none of the `units` starts from another tree."""

    path: str
    target: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Units:
    """Systemd units, enabled and loaded by systemd as they are on disk."""

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
class Data:
    """A service's data directories: one that its file names and that is none of these any more holds no data.

    `snapshot` is the file as it was when the service started, `abandoned` are directories whose data may be lost.
    """

    role: str
    setting: str
    snapshot: str
    file: str
    directories: tuple[str, ...]
    abandoned: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetadataStore:
    """Where a node with data keeps its metadata: `controllers`, or `ZooKeeper` and the path there; never changed."""

    where: str
    snapshot: str
    file: str
    directories: tuple[str, ...]


@dataclass(frozen=True)
class FixedKey:
    """A key whose value fits a pattern of the shell, or that is not changed while its service runs."""

    role: str
    snapshot: str
    file: str
    key: str
    pattern: str
    setting: str


@dataclass(frozen=True)
class ConnectsBy:
    """A key by whose value a service connects to others, which is not changed at once while it runs.

    `default` is what the service takes where its file does not have the key; of a list the first value counts. With
    `metadata`, the directory of a quorum that has stored its voters' listeners, nor while it is stopped: `file` has it.
    """

    unit: str
    snapshot: str
    key: str
    default: str
    value: str
    file: str = ""
    metadata: str = ""


@dataclass(frozen=True)
class ListenerLogin:
    """How clients log in at a listener, which is not changed while it is open: brokers are restarted one by one.

    `prefix` is that of its own keys; `mechanism` and `client_auth` are their values, empty where there is none.
    """

    unit: str
    snapshot: str
    name: str
    prefix: str
    protocol: str
    mechanism: str = ""
    client_auth: str = ""


@dataclass(frozen=True)
class SharedCa:
    """A file of CAs that keeps one of them at least: with others only, services would trust each other no more."""

    path: str
    authorities: str


@dataclass(frozen=True)
class Members:
    """The ids of a quorum, which stay what they are in a file once its server has data.

    `key` holds them: `server.` begins the keys of ZooKeeper's servers, controller.quorum.voters lists a static quorum.
    """

    role: str
    group: str
    file: str
    key: str
    ids: tuple[int, ...]
    directories: tuple[str, ...]


@dataclass(frozen=True)
class Version:
    """The tree and the Java (`java`, its home) that a unit starts from: an upgrade alone changes them under a service.

    Until then `files`, the service's own, and the link of one that runs or has data stay as they are.
    """

    link: str
    tree: str
    java: str
    unit: str
    files: tuple[str, ...]
    directories: tuple[str, ...]


@dataclass(frozen=True)
class VersionRecord:
    """A host's record of the tree that its data may be written by from now on."""

    tree: str


@dataclass(frozen=True)
class Saved:
    """A service's files of before its upgrade to a tree, or to another Java, saved once for the way back."""

    unit: str
    link: str
    tree: str
    java: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """A service's saved files in their places again; the link, too, once none of `units` is at another tree."""

    unit: str
    link: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class SavedAbsent:
    """A service's saved files that do not exist any more: nothing leads back."""

    unit: str


@dataclass(frozen=True)
class Port:
    """A port on which only the unit itself listens."""

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
class RunningConfig:
    """A unit that, if it runs, runs the files on disk; otherwise it needs a restart."""

    unit: str
    snapshot: str
    files: tuple[str, ...]
    link: str
    log: str

    @classmethod
    def of(cls, unit: str, files: tuple[str, ...], link: str, log: str) -> "RunningConfig":
        """Return the comparison of a service's files with those that it copied to /run when it started."""
        return cls(unit, f"/run/{unit}", (*files, unit_file(unit)), link, log)


@dataclass(frozen=True)
class Absent:
    """A path that does not exist; a directory is removed only if it is empty, or with its content."""

    path: str
    with_content: bool = False


@dataclass(frozen=True)
class LinkAbsent:
    """A link of ours that does not exist."""

    path: str


@dataclass(frozen=True)
class TreeAbsent:
    """An extracted archive that does not exist, unless another cluster uses it."""

    path: str


@dataclass(frozen=True)
class TreesAbsent:
    """A tree that does not exist, nor any other in a folder that this cluster has used, unless another cluster does."""

    folder: str
    tree: str


@dataclass(frozen=True)
class PackagedKept:
    """Files, units and links that a package has put on a host, left to its removal."""


@dataclass(frozen=True)
class RecordsAbsent:
    """A cluster's records, removed from a host."""

    folder: str


@dataclass(frozen=True)
class UnitAbsent:
    """A systemd unit that is stopped, disabled and removed."""

    name: str


Resource = (
    User
    | Owner
    | Places
    | LinkAbsent
    | TreeAbsent
    | TreesAbsent
    | PackagedKept
    | RecordsAbsent
    | Java
    | Directory
    | File
    | ExtraFiles
    | ExtraFilesAbsent
    | NodeStore
    | Pkcs12
    | Download
    | Tree
    | Link
    | Units
    | Identity
    | Data
    | MetadataStore
    | FixedKey
    | ConnectsBy
    | ListenerLogin
    | SharedCa
    | Members
    | Version
    | VersionRecord
    | Saved
    | Restored
    | SavedAbsent
    | Port
    | RunningConfig
    | Absent
    | UnitAbsent
    | Asset
    | Sysctl
)
