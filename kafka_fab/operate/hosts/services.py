"""Services: the services of a host, read and changed by functions of the library."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from shlex import join

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import RunningConfig
from kafka_fab.cluster.roles import kraft
from kafka_fab.cluster.roles.service import Service
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.values.role import Role
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import cluster_of, node_of, owner_call
from kafka_fab.remote.ssh.connection import Connection, HostFailure

# A file system with less free space is full: a starting service writes logs, checkpoints and indexes.
FREE_MIB = 32


def having(hosts: Fleet, role: Role) -> list[str]:
    """Return the chosen hosts that have a service in a role."""
    cluster = hosts.cluster
    return [host for host in hosts.hosts if any(s.role == role for s in services_of(cluster, cluster.nodes[host]))]


def service_of(cluster: Cluster, node: Node, role: Role) -> Service:
    """Return a node's service in a role that it has."""
    return next(service for service in services_of(cluster, node) if service.role == role)


def run(
    c: Connection, commands: Iterable[str], idle_timeout: int = channel.IDLE_TIMEOUT, extra: Path | None = None
) -> list[Change]:
    """Run functions of the library on a host and return their changes; raise HostFailure where one failed."""
    reader, changes = ChangeReader(), c.progress.changes
    begin = len(changes)

    def on_line(line: str) -> None:
        change = reader.feed(line)
        if change:
            changes.append(change)

    answer = channel.run(
        c, script.with_library("\n".join([owner_call(c), *commands]), extra=extra), on_line, idle_timeout
    )
    printed = changes[begin:]
    failures = [f"{change.name}: {change.detail}" for change in printed if change.status == "failed"]
    if failures or answer.status:
        raise HostFailure("; ".join(failures) or answer.stderr or f"the script ended with status {answer.status}")
    return printed


def written_to(cluster: Cluster, node: Node, service: Service) -> tuple[str, ...]:
    """Return the directories that a service writes to: its data, its metadata and its logs."""
    kafka = cluster.kraft and service.role != Role.ZOOKEEPER
    metadata = (kraft.metadata_directory(cluster, node),) if kafka else ()
    return tuple(dict.fromkeys((*service.data, *metadata, str(PurePosixPath(service.log).parent))))


def last_log_lines(c: Connection, service: Service) -> str:
    """Return the last lines of a service's log and journal, each indented, after the directories on full disks."""
    directories = written_to(cluster_of(c), node_of(c), service)
    calls = (("no_room", str(FREE_MIB), *directories), ("last_words", service.unit, service.log))
    lines = channel.run(c, script.with_library("\n".join(map(join, calls)))).output.splitlines()
    return "\n".join(f"    {line}" for line in lines if line.strip())


def state_commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that report the state of each service of a node."""
    own = services_of(cluster, node)
    configs = [item for service in own for item in service.module.steps(cluster, node)["running-config"]]
    return [
        join(("state", s.unit, s.snapshot, s.link, s.log, *s.files)) for s in configs if isinstance(s, RunningConfig)
    ]


def unit_state(c: Connection, unit: str) -> str:
    """Return the active state of a unit: active, activating, failed, inactive ..."""
    command = join(("systemctl", "show", "-p", "ActiveState", "-p", "SubState", "--value", unit))
    return " ".join(channel.run(c, script.with_library(command)).output.split())
