"""Host disks: the replicas in the hosts' log directories, looked up over SSH."""

import re
from collections.abc import Iterable, Mapping, Sequence
from shlex import join

from kafka_fab.cluster.change import Change, key_values, read_changes
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live.client.describe_log_dirs import LogDir, ReplicaLog
from kafka_fab.operate.placement.segments import SegmentFile
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.ssh.connection import Connection, HostFailure

# A partition's folder; one that is deleted, moved away or stray has a suffix behind its number.
FOLDER = re.compile(r"(?P<topic>.+)-(?P<number>\d+)(?P<future>\..+-future)?")
IDLE_TIMEOUT = 120


def directories(hosts: Fleet) -> dict[str, tuple[LogDir, ...] | str]:
    """Return the log directories of each broker's host, or why they cannot be read."""
    cluster = hosts.cluster
    done = hosts.run(lambda c: _directories(c, cluster), "placement", [node.host for node in cluster.brokers])
    return {progress.host: progress.error or progress.value for progress in done}


def _directories(c: Connection, cluster: Cluster) -> tuple[LogDir, ...]:
    return parsed(_said(c, [join(("ask_sizes", *cluster.kafka.log_dirs))]))


def parsed(said: Iterable[Change]) -> tuple[LogDir, ...]:
    """Return the log directories that a host's lines report."""
    said = tuple(said)
    replicas: dict[str, list[ReplicaLog]] = {}
    for change in said:
        words = key_values(change.detail) if change.kind == "replica" else {}
        match = FOLDER.fullmatch(words.get("folder", ""))
        if match:
            replica = ReplicaLog(match["topic"], int(match["number"]), int(words["size"]), future=bool(match["future"]))
            replicas.setdefault(change.name, []).append(replica)
    return tuple(_directory(one, replicas.get(one.name, ())) for one in said if one.kind == "directory")


def _directory(change: Change, replicas: Sequence[ReplicaLog]) -> LogDir:
    if change.status != "ok":
        return LogDir(change.name, error=change.detail)
    words = {key: int(value) for key, value in key_values(change.detail).items()}
    total, free = (words["block"] * words[key] for key in ("blocks", "free"))
    return LogDir(change.name, tuple(replicas), total, free)


def files(
    hosts: Fleet, partition: str, places: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[SegmentFile]] | str]:
    """Return the files of a partition by host and folder, or why a host's cannot be read."""

    def look(c: Connection) -> dict[str, list[SegmentFile]]:
        return listed(_said(c, [join(("ask_files", path, partition)) for path in places[c.original_host]]))

    done = hosts.run(look, "placement", list(places))
    return {progress.host: progress.error or progress.value for progress in done}


def listed(said: Iterable[Change]) -> dict[str, list[SegmentFile]]:
    """Return the files that a host's lines report, by their folder."""
    found: dict[str, list[SegmentFile]] = {}
    for change in said:
        words = key_values(change.detail)
        folder, _, name = words["path"].rpartition("/")
        found.setdefault(f"{change.name}/{folder}", []).append(SegmentFile(name, int(words["size"])))
    return found


def _said(c: Connection, commands: Iterable[str]) -> list[Change]:
    text = script.with_library("\n".join(commands), apply=False, extra=script.PLACEMENT)
    answer = channel.run(c, text, idle_timeout=IDLE_TIMEOUT)
    if answer.status > 0:
        raise HostFailure(answer.stderr or f"the script ended with status {answer.status}")
    return read_changes(answer.output.splitlines())


def of_node(node: Node, found: Mapping[str, tuple[LogDir, ...] | str]) -> tuple[tuple[LogDir, ...], str]:
    """Return a node's directories, or none and why."""
    mine = found[node.host]
    return ((), f"{node.host}: {mine}") if isinstance(mine, str) else (mine, "")
