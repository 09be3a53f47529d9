"""Partition folders: a partition's files on the hosts, read over SSH and compared with what the brokers report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kafka_fab.operate.placement import host_disks
from kafka_fab.operate.placement.placement import Broker, LogOnDisk, PartitionPlacement, Placement
from kafka_fab.operate.placement.read import brokers
from kafka_fab.operate.placement.segments import PartitionFolder, SegmentFile
from kafka_fab.remote.fleet import Fleet


@dataclass(frozen=True)
class FolderReport:
    """What was found, and why some hosts could not be read."""

    folders: tuple[PartitionFolder, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplicaLocation:
    """The log directory of a replica, or the one that it moves to."""

    host: str
    broker: int
    log: LogOnDisk
    future: bool


def look(hosts: Fleet, placed: PartitionPlacement, part: Placement) -> FolderReport:
    """Return a partition's folders on all hosts that have a replica in a known log directory."""
    places = [place for place in _places(placed, part) if place.host in hosts.cluster.nodes]
    paths: dict[str, list[str]] = {}
    for place in places:
        paths.setdefault(place.host, []).append(place.log.path)
    found = host_disks.files(hosts, placed.name, paths)
    reports = hosts.cluster.release.log_dirs_version is not None
    # Asked again: what is written during the look makes the log larger than before.
    after = brokers(hosts) if reports else ()
    unread = {host: said for host, said in found.items() if isinstance(said, str)}
    folders = (_folder(placed, place, found[place.host], after) for place in places if place.host not in unread)
    return FolderReport(tuple(folders), unread)


def _places(placed: PartitionPlacement, part: Placement) -> Iterator[ReplicaLocation]:
    hosts = {broker.id: broker.host for broker in part.brokers}
    for replica in placed.replicas:
        for log in filter(None, (replica.log, replica.future)):
            yield ReplicaLocation(hosts[replica.broker], replica.broker, log, log is replica.future)


def _folder(
    placed: PartitionPlacement,
    place: ReplicaLocation,
    found: Mapping[str, Sequence[SegmentFile]] | str,
    after: Iterable[Broker],
) -> PartitionFolder:
    assert not isinstance(found, str)
    path = f"{place.log.path}/{placed.name}"
    if place.future:
        # A random suffix follows its name.
        path = next((folder for folder in found if folder.startswith(f"{path}.")), f"{path}.-future")
    sizes = [place.log.size, *_sizes(placed, place, after)]
    return PartitionFolder(
        place.host, place.broker, path, tuple(found.get(path, ())), (sizes[0], sizes[-1]) if after else None
    )


def _sizes(placed: PartitionPlacement, place: ReplicaLocation, after: Iterable[Broker]) -> Iterator[int]:
    """Yield the size that the broker reports of the same replica a moment later; nothing if it is gone."""
    wanted = placed.topic_partition, place.future
    for broker in after:
        for directory in broker.directories:
            if (broker.id, directory.path) == (place.broker, place.log.path):
                yield from (log.size for log in directory.replicas if (log.topic_partition, log.future) == wanted)
