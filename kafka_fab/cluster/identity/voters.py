"""Voters: each controller's disk compared with its voter, and when an empty one may be formatted. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from kafka_fab.cluster.identity import migration
from kafka_fab.cluster.identity.migration import Migration
from kafka_fab.cluster.model import Node
from kafka_fab.frozen_value import dataclass
from kafka_fab.typed_command import FAB


class DiskStatus(StrEnum):
    """How a controller's disk compares with the quorum: that of a voter or an observer, empty, or replaced."""

    VOTER = "voter"
    OBSERVER = "observer"
    EMPTY = "empty"
    REPLACED = "replaced"


MOUNTED = "Is its file system mounted?"


@dataclass(frozen=True)
class MetadataDir:
    """A controller's metadata directory as its host reports it; `error` says why the host did not."""

    host: str
    id: int
    path: str = ""
    formatted: bool = False
    directory: str = ""
    error: str = ""


@dataclass(frozen=True)
class Voters:
    """The voters as their leader describes them: the directory id of each (empty in a static quorum), who caught up.

    The high watermark is the offset up to which a majority has the metadata log.
    """

    directories: Mapping[int, str] = field(default_factory=dict)
    caught_up: frozenset[int] = frozenset()
    high_watermark: int = -1


@dataclass(frozen=True)
class Storage:
    """The disks of all controllers; whether any node has ever run; the voters, None where there is no leader.

    `migrations` are those of the ZooKeepers that services have in their files.
    """

    disks: tuple[MetadataDir, ...]
    has_run: bool = False
    voters: Voters | None = None
    migrations: tuple[Migration, ...] = ()


def disk(node: Node, path: str, values: Mapping[str, str]) -> MetadataDir:
    """Return a controller's disk from the values that its host reports."""
    assert node.controller
    formatted = values.get("formatted") == "1"
    return MetadataDir(node.host, node.controller.id, path, formatted, values.get("directory.id", ""))


@dataclass(frozen=True)
class MetadataDirProblem:
    """What is wrong with a controller's disk, and what to do."""

    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.found}. {self.remedy}"


def status(disk: MetadataDir, voters: Voters) -> DiskStatus:
    """Return how a controller's disk compares with the quorum."""
    if disk.id not in voters.directories:
        return DiskStatus.OBSERVER
    if not disk.formatted:
        return DiskStatus.EMPTY
    known = voters.directories[disk.id]
    # A static quorum has no directory ids, and a disk formatted before 3.7 has none.
    replaced = known and disk.directory and known != disk.directory
    return DiskStatus.REPLACED if replaced else DiskStatus.VOTER


def replaced(disks: Iterable[MetadataDir], voters: Voters) -> dict[str, MetadataDirProblem]:
    """Return, by host, the problem of each disk that is not the disk of its voter."""
    found = {one.host: (one, status(one, voters)) for one in disks if not one.error}
    wrong = (DiskStatus.EMPTY, DiskStatus.REPLACED)
    return {host: _problem(one, kind, voters) for host, (one, kind) in found.items() if kind in wrong}


def _problem(disk: MetadataDir, kind: DiskStatus, voters: Voters) -> MetadataDirProblem:
    known = voters.directories[disk.id]
    if kind == DiskStatus.EMPTY:
        name = f" with directory id {known}" if known else ""
        found = f"{disk.path} is not formatted, but controller {disk.id} is a voter{name}"
        return MetadataDirProblem(found, f"{MOUNTED} {_remedy(disk, bool(known))}")
    found = (
        f"{disk.path} has directory id {disk.directory}, but voter {disk.id} has directory id {known}: the disk was "
        "replaced, and this controller is not a voter"
    )
    return MetadataDirProblem(found, f"Run `{FAB} quorum.remove {disk.host}`, then `{FAB} quorum.add {disk.host}`")


def _remedy(disk: MetadataDir, dynamic: bool) -> str:
    start = f"`{FAB} -H {disk.host} start`"
    if not dynamic:
        return f"If its data is lost, {start} formats it as soon as a majority of the others has caught up"
    return f"If its data is lost: `{FAB} quorum.remove {disk.host}`, {start}, `{FAB} quorum.add {disk.host}`"


def refusals(storage: Storage, chosen: Collection[str]) -> dict[str, MetadataDirProblem]:
    """Return, by host, why a controller's disk must not be formatted; every other one may be, or is formatted.

    The empty disk of a voter has lost its votes and committed records: with it, a majority could elect a leader that
    lacks some records, or two leaders in one epoch.
    """
    empty = [one for one in storage.disks if one.host in chosen and not one.formatted and not one.error]
    found = {one.host: _refusal(one, storage) for one in empty}
    return {host: wrong for host, wrong in found.items() if wrong}


def risks(storage: Storage) -> dict[str, str]:
    """Return, by host, a note on each empty disk of a voter that may be formatted, in a static quorum."""
    known = storage.voters
    if known is None:
        return {}
    empty = [one for one in storage.disks if not one.error and status(one, known) == DiskStatus.EMPTY]
    text = "the disk of voter {} was empty: the other voters have every committed record, a majority has caught up"
    return {one.host: text.format(one.id) for one in empty if not known.directories[one.id] and _is_spare(one, known)}


def _refusal(disk: MetadataDir, storage: Storage) -> MetadataDirProblem | None:
    return _while_migrating(disk, storage) or _of_quorum(disk, storage)


def _while_migrating(disk: MetadataDir, storage: Storage) -> MetadataDirProblem | None:
    mark = storage.voters.high_watermark if storage.voters else None
    for one in storage.migrations:
        if why := migration.refusal(one, mark):
            found, remedy = why
            return MetadataDirProblem(f"{disk.path} is not formatted, and must not be: {found}", remedy)
    return None


def _of_quorum(disk: MetadataDir, storage: Storage) -> MetadataDirProblem | None:
    if not storage.has_run:
        return _unknown(disk, ", ".join(one.host for one in storage.disks if one.error))
    if storage.voters is None:
        return _leaderless(disk, storage)
    if status(disk, storage.voters) == DiskStatus.OBSERVER:
        return None
    dynamic = bool(storage.voters.directories[disk.id])
    return _problem(disk, DiskStatus.EMPTY, storage.voters) if dynamic or not _is_spare(disk, storage.voters) else None


def _unknown(disk: MetadataDir, unreachable: str) -> MetadataDirProblem | None:
    if not unreachable:
        return None
    found = f"{disk.path} is not formatted, and {unreachable} cannot be asked whether the quorum has run before"
    return MetadataDirProblem(found, f"Start {unreachable} first, or remove it from hosts.ini")


def _is_spare(disk: MetadataDir, voters: Voters) -> bool:
    """Return whether a majority of all voters has caught up without this one: it holds every committed record."""
    return 2 * len(voters.caught_up - {disk.id}) > len(voters.directories)


def _leaderless(disk: MetadataDir, storage: Storage) -> MetadataDirProblem:
    kept = [one.host for one in storage.disks if one.formatted]
    start = f"`{FAB} -H {','.join(kept)} start`"
    first = f"{disk.path} is not formatted, but the quorum has run before"
    if 2 * len(kept) > len(storage.disks):
        found = f"{first}; no controller leads, so it is unknown whether {disk.id} is a voter"
        return MetadataDirProblem(
            found, f"{MOUNTED} If its data is lost, start the others first ({start}), then this one again"
        )
    found = f"{first}: only {len(kept)} of {len(storage.disks)} controllers have their data: no majority is possible"
    lost = f"{MOUNTED} If their data is lost, restore it from a backup"
    return MetadataDirProblem(
        found, lost + (f"; if these are new controllers, start the old ones first ({start})" if kept else "")
    )
