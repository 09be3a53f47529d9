"""Finding: one check of a preflight, and the facts that a host reported for it. Plain values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from kafka_fab.runbook.codes import PreflightCode


class Severity(StrEnum):
    """How bad a finding is: an error stops a start, a warning does not."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


OK, WARNING, ERROR = Severity
# The statuses of remote/scripts/library for what should be on a host, and the one of preflight.sh.
STATUSES = ("fact", "ok", "would", "failed", "foreign")


# By the name of the check, which may be the kind of a line of the library.
CODES = {
    "connection": PreflightCode.CONNECTION,
    "clocks": PreflightCode.CLOCKS,
    "host name": PreflightCode.NAME,
    "own host name": PreflightCode.OWN_NAME,
    "reverse DNS": PreflightCode.REVERSE_NAME,
    "connectivity": PreflightCode.CONNECTIVITY,
    "voter's disk": PreflightCode.VOTER_DISK,
    "cluster id": PreflightCode.CLUSTER_ID,
    "systemd": PreflightCode.SYSTEMD,
    "bash": PreflightCode.BASH,
    "download": PreflightCode.DOWNLOAD,
    "disk": PreflightCode.DISK,
    "mount point": PreflightCode.MOUNT,
    "file system": PreflightCode.FILE_SYSTEM,
    "open files": PreflightCode.OPEN_FILES,
    "memory maps": PreflightCode.MEMORY_MAPS,
    "memory": PreflightCode.MEMORY,
    "swap": PreflightCode.SWAP,
    "java": PreflightCode.JAVA,
    "environment": PreflightCode.ENVIRONMENT,
    "systemd limit": PreflightCode.LIMIT,
    "log dir": PreflightCode.LOG_DIR,
    "file owner": PreflightCode.FILE_OWNER,
    "permissions": PreflightCode.ACCESS,
    "temporary files": PreflightCode.NOEXEC,
    "configuration": PreflightCode.CONFIGURATION,
    "identity": PreflightCode.IDENTITY,
    "port": PreflightCode.PORT,
    "data": PreflightCode.DATA,
    "metadata": PreflightCode.METADATA,
    "fixed-key": PreflightCode.FIXED_KEY,
    "members": PreflightCode.MEMBERS,
    "version": PreflightCode.VERSION,
    "owner": PreflightCode.OWNER,
    "places": PreflightCode.PATHS,
    "tree": PreflightCode.TREE,
    "unit": PreflightCode.UNIT,
    "units": PreflightCode.UNIT,
    "directory": PreflightCode.DIRECTORY,
    "manifest": PreflightCode.MANIFEST,
    "user": PreflightCode.NOT_MANAGED,
    "sysctl": PreflightCode.NOT_MANAGED,
}


@dataclass(frozen=True)
class Finding:
    """One check: its name, the place, the level, the found and the expected value, and what to do."""

    check: str
    where: str
    level: Severity
    found: str
    expected: str = ""
    remedy: str = ""
    code: PreflightCode = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", CODES.get(self.check, PreflightCode.OTHER))


@dataclass(frozen=True)
class Fact:
    """One line of a host."""

    status: str
    kind: str
    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostFacts:
    """The facts of a host, with our time before the question and after the answer; or why there are none."""

    host: str
    facts: tuple[Fact, ...] = ()
    sent: float = 0.0
    received: float = 0.0
    error: str = ""

    def every(self, kind: str) -> Iterator[Fact]:
        """Yield the facts of a kind."""
        return (fact for fact in self.facts if fact.status == "fact" and fact.kind == kind)

    def names(self, kind: str) -> frozenset[str]:
        """Return the names of the facts of a kind."""
        return frozenset(fact.name for fact in self.every(kind))

    def values(self, kind: str, name: str) -> tuple[str, ...]:
        """Return the values of a fact, none where it was not reported."""
        return next((fact.values for fact in self.every(kind) if fact.name == name), ())

    def number(self, kind: str, name: str) -> int:
        """Return the number that a fact begins with, 0 where there is none."""
        first = "".join(self.values(kind, name)[:1]).strip()
        return int(first) if first.isdecimal() else 0

    def pairs(self, kind: str, name: str) -> dict[str, str]:
        """Return the KEY=VALUE values of a fact."""
        return dict(value.split("=", 1) for value in self.values(kind, name) if "=" in value)


def facts(lines: Iterable[str]) -> tuple[Fact, ...]:
    """Return the facts in a host's lines; other lines are ignored."""
    split = (line.split("\t") for line in lines)
    found = (fields for fields in split if fields[0] in STATUSES and len(fields) > 2)
    return tuple(Fact(fields[0], fields[1], fields[2], tuple(fields[3:])) for fields in found)


def level(error: bool, warning: bool = False) -> Severity:
    """Return the severity of a finding."""
    return ERROR if error else WARNING if warning else OK


def size(number: float) -> str:
    """Return a number of bytes with its unit."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"
