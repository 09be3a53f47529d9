"""Voters: each controller's disk held against what the quorum knows, and when an empty one may be formatted. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from kafka_fab.cluster.model import Node
from kafka_fab.frozen_value import dataclass

# A voter on the disk that the quorum knows; no voter; a voter whose disk is empty; a voter on another disk.
SAME, OBSERVER, EMPTY, REPLACED = "same", "observer", "empty", "replaced"
MOUNTED = "Is its file system mounted?"


@dataclass(frozen=True)
class MetadataDir:
    """A controller's metadata directory as its host tells it; `error` says why it could not be asked."""

    host: str
    id: int
    path: str = ""
    formatted: bool = False
    directory: str = ""
    error: str = ""


@dataclass(frozen=True)
class Voters:
    """The voters as their leader describes them: directory ids by voter (empty in a static quorum), who keeps up."""

    directories: Mapping[int, str] = field(default_factory=dict)
    keeping_up: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Storage:
    """The disks of all controllers; whether any node has ever run; the voters, None where no controller leads."""

    disks: tuple[MetadataDir, ...]
    has_run: bool = False
    voters: Voters | None = None


def disk(node: Node, path: str, words: Mapping[str, str]) -> MetadataDir:
    """Return a controller's disk from the words of its host."""
    assert node.controller
    formatted = words.get("formatted") == "1"
    return MetadataDir(node.host, node.controller.id, path, formatted, words.get("directory.id", ""))


@dataclass(frozen=True)
class MetadataDirProblem:
    """What is wrong with a controller's disk, and what to do."""

    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.found}. {self.remedy}"


def standing(disk: MetadataDir, voters: Voters) -> str:
    """Return how a controller's disk stands to the quorum: same, observer, empty or replaced."""
    if disk.id not in voters.directories:
        return OBSERVER
    if not disk.formatted:
        return EMPTY
    known = voters.directories[disk.id]
    # A static quorum knows no directories, and a disk of before 3.7 has no id.
    return REPLACED if known and disk.directory and known != disk.directory else SAME


def replaced(disks: Iterable[MetadataDir], voters: Voters) -> dict[str, MetadataDirProblem]:
    """Return, by host, what is wrong with each disk that is not the one of its voter, and what to do."""
    found = {one.host: (one, standing(one, voters)) for one in disks if not one.error}
    return {host: _words(one, kind, voters) for host, (one, kind) in found.items() if kind in (EMPTY, REPLACED)}


def _words(disk: MetadataDir, kind: str, voters: Voters) -> MetadataDirProblem:
    known = voters.directories[disk.id]
    if kind == EMPTY:
        name = f" on directory {known}" if known else ""
        found = f"{disk.path} is not formatted, but controller {disk.id} is a voter{name}"
        return MetadataDirProblem(found, f"{MOUNTED} {_way(disk, bool(known))}")
    found = (
        f"{disk.path} is directory {disk.directory}, but voter {disk.id} is on directory {known}: the disk was "
        "replaced, and this controller has no vote"
    )
    return MetadataDirProblem(found, f"Run `fab quorum.remove {disk.host}`, then `fab quorum.add {disk.host}`")


def _way(disk: MetadataDir, dynamic: bool) -> str:
    start = f"`fab -H {disk.host} start`"
    if not dynamic:
        return f"If its data is lost, {start} formats it as soon as a majority of the others keeps up"
    return f"If its data is lost: `fab quorum.remove {disk.host}`, {start}, `fab quorum.add {disk.host}`"


def refusals(storage: Storage, chosen: Collection[str]) -> dict[str, MetadataDirProblem]:
    """Return, by host, why a controller's disk must not be formatted; every other may be, or is formatted already.

    An empty disk of a voter has forgotten votes and committed records: with it, a majority could elect a leader that
    misses some, or two leaders in one epoch.
    """
    bare = [one for one in storage.disks if one.host in chosen and not one.formatted and not one.error]
    found = {one.host: _refusal(one, storage) for one in bare}
    return {host: wrong for host, wrong in found.items() if wrong}


def risks(storage: Storage) -> dict[str, str]:
    """Return, by host, what is risked where a voter's empty disk is formatted all the same, in a static quorum."""
    known = storage.voters
    if known is None:
        return {}
    empty = [one for one in storage.disks if not one.error and standing(one, known) == EMPTY]
    text = "voter {}'s disk was empty: a majority of the others keeps up, so they hold every committed record"
    return {one.host: text.format(one.id) for one in empty if not known.directories[one.id] and _spared(one, known)}


def _refusal(disk: MetadataDir, storage: Storage) -> MetadataDirProblem | None:
    if not storage.has_run:
        return _unknown(disk, ", ".join(one.host for one in storage.disks if one.error))
    if storage.voters is None:
        return _leaderless(disk, storage)
    if standing(disk, storage.voters) == OBSERVER:
        return None
    dynamic = bool(storage.voters.directories[disk.id])
    return _words(disk, EMPTY, storage.voters) if dynamic or not _spared(disk, storage.voters) else None


def _unknown(disk: MetadataDir, silent: str) -> MetadataDirProblem | None:
    found = f"{disk.path} is not formatted, and {silent} cannot be asked whether the quorum has run before"
    return MetadataDirProblem(found, f"Bring {silent} up first, or take it out of hosts.ini") if silent else None


def _spared(disk: MetadataDir, voters: Voters) -> bool:
    """Return whether a majority of all voters keeps up without this one: then it holds every committed record."""
    return 2 * len(voters.keeping_up - {disk.id}) > len(voters.directories)


def _leaderless(disk: MetadataDir, storage: Storage) -> MetadataDirProblem:
    kept = [one.host for one in storage.disks if one.formatted]
    start = f"`fab -H {','.join(kept)} start`"
    first = f"{disk.path} is not formatted, though the quorum has run before"
    if 2 * len(kept) > len(storage.disks):
        found = f"{first}, and no controller leads that could tell whether {disk.id} is a voter"
        return MetadataDirProblem(found, f"{MOUNTED} Otherwise start the others first ({start}), then this one again")
    found = f"{first}: only {len(kept)} of {len(storage.disks)} controllers have their data, and no majority can exist"
    lost = f"{MOUNTED} If their data is lost, restore it from a backup"
    return MetadataDirProblem(
        found, lost + (f"; if these are new controllers, start the old ones first ({start})" if kept else "")
    )
