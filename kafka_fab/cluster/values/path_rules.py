"""Path rules: what a path on a host must look like, which belong to the system, and how two of ours may lie."""

from enum import Enum
from itertools import combinations

from kafka_fab.frozen_value import dataclass

# Kept short of the 255 bytes that file systems allow: what is written beside a file has a longer name.
LONGEST_NAME = 200
LONGEST_PATH = 1000
# Folders of the FHS and of today's distributions in which nothing of Kafka's stands: the kernel's, a package's,
# or emptied by the system.
_CLOSED = """
/bin /boot /dev /efi /lib /lib32 /lib64 /libx32 /lost+found /nix /proc /root /run /sbin /snap /sys /tmp /usr
/var/account /var/backups /var/crash /var/games /var/lock /var/mail /var/run /var/tmp /var/yp
/etc/alternatives /etc/apt /etc/cron.d /etc/cron.daily /etc/cron.hourly /etc/cron.monthly /etc/cron.weekly
/etc/default /etc/dnf /etc/dpkg /etc/init.d /etc/ld.so.conf.d /etc/logrotate.d /etc/modprobe.d
/etc/modules-load.d /etc/network /etc/pam.d /etc/pki /etc/profile.d /etc/rpm /etc/security /etc/selinux
/etc/skel /etc/ssh /etc/ssl /etc/sudoers.d /etc/sysconfig /etc/sysctl.d /etc/systemd /etc/tmpfiles.d /etc/udev
/etc/yum.repos.d
/var/cache/apt /var/cache/dnf /var/cache/yum /var/lib/apt /var/lib/dbus /var/lib/dnf /var/lib/dpkg
/var/lib/misc /var/lib/pam /var/lib/private /var/lib/rpm /var/lib/systemd /var/lib/yum /var/log/journal
/var/log/private /var/spool/cron /var/spool/mail
"""
CLOSED = frozenset(_CLOSED.split())
# What stands open in a closed one.
OPEN = frozenset({"/usr/local"})
# Folders of everybody's: a folder of ours may stand in them, and they themselves are never ours.
_SHARED = """
/ /etc /etc/opt /home /media /mnt /opt /srv /usr/local /usr/local/bin /usr/local/etc /usr/local/games
/usr/local/include /usr/local/lib /usr/local/libexec /usr/local/man /usr/local/sbin /usr/local/share
/usr/local/src /var /var/cache /var/lib /var/local /var/log /var/opt /var/spool
"""
SHARED = frozenset(_SHARED.split())


class PathKind(Enum):
    """What a path is to us."""

    OURS = "a directory that is ours alone"
    TREE = "a directory that comes as a whole"
    WITHIN = "a directory of one service, which may lie in another of that service"
    PARENT = "a directory that holds ours beside other things"
    LINK = "a link that is ours"
    LENT = "somebody else's, which is only read"


@dataclass(frozen=True)
class NamedPath:
    """A path that settings name, or that follows from them: what it is called, and what it is to us."""

    name: str
    path: str
    kind: PathKind = PathKind.OURS
    file: str = "conf/cluster.yaml"
    line: int = 0
    service: str = ""


@dataclass(frozen=True)
class Clash:
    """Two places that cannot both stand where they are; `inner` lies in `outer`, or is the same."""

    inner: NamedPath
    outer: NamedPath

    def __str__(self) -> str:
        first, second = self.inner, self.outer
        # Said of the one that the user has written.
        if not first.line and second.line:
            if first.path == second.path:
                return f"{second.name}: {second.path} is {first.name}, too: give each one of its own"
            return f"{second.name}: {first.name} ({first.path}) lies inside {second.path}: keep the two apart"
        if first.path == second.path:
            return f"{first.name}: {first.path} is {second.name}, too: give each one of its own"
        return f"{first.name}: {first.path} lies inside {second.name} ({second.path}): keep the two apart"

    @property
    def place(self) -> tuple[str, int]:
        """Return the file and line where the clash is reported."""
        told = self.inner if self.inner.line or not self.outer.line else self.outer
        return told.file, told.line


def malformed(path: str) -> str:
    """Return why a path is not in its one form, or nothing: one folder has one name, or two settings may hide one."""
    names = path.split("/")[1:]
    if ".." in names:
        return "`..` means another folder where a link stands before it: write the path without it"
    if "" in names or "." in names:
        plain = "/" + "/".join(name for name in names if name not in ("", "."))
        return f"write {plain}" if plain != "/" else "the root of all files is not ours: name a folder of Kafka's own"
    if len(path) > LONGEST_PATH or any(len(name) > LONGEST_NAME for name in names):
        return f"too long: at most {LONGEST_NAME} letters in a name and {LONGEST_PATH} in all"
    return ""


def of_the_system(place: NamedPath) -> str:
    """Return why a path must be left to the system, or nothing."""
    if place.kind is PathKind.LENT:
        return ""
    if place.path.rpartition("/")[2] == "lost+found":
        return f"{place.path} is the file system's own: name a folder beside it"
    owner = next((folder for folder in lineage(place.path) if folder in CLOSED | OPEN), "/")
    if owner in CLOSED:
        where = "belongs to the system" if owner == place.path else f"lies in {owner}, which belongs to the system"
        return f"{place.path} {where}: name a folder elsewhere, such as in /opt, /srv or /var/lib"
    if place.path in SHARED and place.kind is not PathKind.PARENT:
        return f"{place.path} belongs to the system: name a folder of Kafka's own in it, such as {place.path}/kafka"
    return ""


def lineage(path: str) -> list[str]:
    """Return a path and all folders above it, the nearest first, without the root."""
    names = path.split("/")
    return ["/".join(names[:end]) for end in range(len(names), 1, -1)]


def clashes(places: list[NamedPath]) -> list[Clash]:
    """Return each pair of places of one host of which one is, or lies in, the other and is not meant to."""
    pairs = (_ordered(one, other) for one, other in combinations(places, 2))
    return [
        Clash(inner, outer) for inner, outer in pairs if outer.path in lineage(inner.path) and not _meant(inner, outer)
    ]


def _ordered(one: NamedPath, other: NamedPath) -> tuple[NamedPath, NamedPath]:
    """Return the two, the one further down first; of two that are the same, the later one."""
    return (one, other) if len(one.path) > len(other.path) else (other, one)


def _meant(inner: NamedPath, outer: NamedPath) -> bool:
    kinds = {inner.kind, outer.kind}
    if outer.kind is PathKind.LENT:
        return inner.path != outer.path or inner.kind is PathKind.LENT
    # What a whole tree lies in, the folder that holds it lies in, too: that one is told of.
    if outer.kind is PathKind.PARENT or inner.kind is PathKind.TREE:
        return inner.path != outer.path
    return PathKind.WITHIN in kinds and inner.service == outer.service
