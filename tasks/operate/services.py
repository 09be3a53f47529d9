"""What start, stop, status and validate share: the services of a host, asked and told by script."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from shlex import join

from tasks.cluster import kraft, load, owner
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import InStep
from tasks.cluster.service import Service
from tasks.cluster.service import services as services_of
from tasks.remote import channel, script
from tasks.remote.change import Change, Reader
from tasks.remote.connection import Connection, HostFailure
from tasks.remote.fleet import Fleet

# With less than this free a file system is full: a service that starts writes its logs, checkpoints and indexes.
ROOM_MIB = 32


def node_of(c: Connection) -> Node:
    """Return the node of a connection's host."""
    return load.cluster().nodes[c.original_host]


def whose(c: Connection) -> str:
    """Return the call by which a script knows its cluster's services from those of others."""
    return join(("whose", *owner.of(load.cluster(), node_of(c)).words))


def having(hosts: Fleet, role: str) -> list[str]:
    """Return the chosen hosts that have a service in a role."""
    cluster = hosts.cluster
    return [host for host in hosts.hosts if any(s.role == role for s in services_of(cluster, cluster.nodes[host]))]


def service_of(cluster: Cluster, node: Node, role: str) -> Service:
    """Return a node's service in a role that it has."""
    return next(service for service in services_of(cluster, node) if service.role == role)


def say(
    c: Connection, commands: Iterable[str], silence: int = channel.SILENCE, extra: Path | None = None
) -> list[Change]:
    """Run functions of the library on a host and return what they said; raise HostFailure where one failed."""
    reader, changes = Reader(), c.progress.changes
    begin = len(changes)

    def heard(line: str) -> None:
        change = reader.feed(line)
        if change:
            changes.append(change)

    answer = channel.run(c, script.whole("\n".join([whose(c), *commands]), extra=extra), heard, silence)
    said = changes[begin:]
    failures = [f"{change.name}: {change.detail}" for change in said if change.status == "failed"]
    if failures or answer.status:
        raise HostFailure("; ".join(failures) or answer.complaints or f"the script ended with status {answer.status}")
    return said


def read(lines: Iterable[str]) -> list[Change]:
    """Return what lines of the library say."""
    reader = Reader()
    return [change for change in map(reader.feed, lines) if change]


def written_to(cluster: Cluster, node: Node, service: Service) -> tuple[str, ...]:
    """Return the directories that a service writes to: its data, its metadata and its logs."""
    kafka = cluster.kraft and service.role != "zookeeper"
    metadata = (kraft.metadata_directory(cluster, node),) if kafka else ()
    return tuple(dict.fromkeys((*service.data, *metadata, str(PurePosixPath(service.log).parent))))


def last_words(c: Connection, service: Service) -> str:
    """Return the last lines of a service's log and journal, each indented; first of all which disk of its is full."""
    directories = written_to(load.cluster(), node_of(c), service)
    asked = (("no_room", str(ROOM_MIB), *directories), ("last_words", service.unit, service.log))
    lines = channel.run(c, script.whole("\n".join(map(join, asked)))).output.splitlines()
    return "\n".join(f"    {line}" for line in lines if line.strip())


def state_commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that tell the state of each of a node's services."""
    mine = services_of(cluster, node)
    wanted = [item for service in mine for item in service.module.steps(cluster, node)["in-step"]]
    return [join(("state", s.unit, s.snapshot, s.link, s.log, *s.files)) for s in wanted if isinstance(s, InStep)]


def words(detail: str) -> dict[str, str]:
    """Return the KEY=VALUE words of a change's detail."""
    return dict(word.split("=", 1) for word in detail.split() if "=" in word)


def unit_state(c: Connection, unit: str) -> str:
    """Return the active state of a unit: active, activating, failed, inactive ..."""
    command = join(("systemctl", "show", "-p", "ActiveState", "-p", "SubState", "--value", unit))
    return " ".join(channel.run(c, script.whole(command)).output.split())
