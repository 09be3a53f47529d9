"""What start, stop, status and validate share: the services of a host, asked and told by script."""

from collections.abc import Iterable
from shlex import join

from tasks.cluster import broker, keeper, load
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import InStep
from tasks.remote import channel, script
from tasks.remote.change import Change, Reader
from tasks.remote.connection import Connection, HostFailure

ROLES = ("zookeeper", "kafka")
STEPS = {"zookeeper": keeper.steps, "kafka": broker.steps}


def node_of(c: Connection) -> Node:
    """Return the node of a connection's host."""
    return load.cluster().nodes[c.original_host]


def roles(node: Node) -> tuple[str, ...]:
    """Return a node's services, in the order in which they start."""
    return tuple(role for role, member in zip(ROLES, (node.zookeeper, node.broker), strict=True) if member)


def number(node: Node, role: str) -> int:
    """Return a node's id in one of its roles."""
    member = node.broker if role == "kafka" else node.zookeeper
    assert member
    return member.id


def log_file(cluster: Cluster, role: str) -> str:
    """Return the file that a service's own log goes to."""
    return f"{cluster.kafka.logs}/server.log" if role == "kafka" else f"{cluster.zookeeper.logs}/zookeeper.log"


def say(c: Connection, commands: Iterable[str], silence: int = channel.SILENCE) -> list[Change]:
    """Run functions of the library on a host and return what they said; raise HostFailure where one failed."""
    reader, changes = Reader(), c.progress.changes
    begin = len(changes)

    def heard(line: str) -> None:
        change = reader.feed(line)
        if change:
            changes.append(change)

    answer = channel.run(c, script.whole("\n".join(commands)), heard, silence)
    said = changes[begin:]
    failures = [f"{change.name}: {change.detail}" for change in said if change.status == "failed"]
    if failures or answer.status:
        raise HostFailure("; ".join(failures) or answer.complaints or f"the script ended with status {answer.status}")
    return said


def last_words(c: Connection, cluster: Cluster, role: str) -> str:
    """Return the last lines of a service's log and journal, each indented."""
    command = join(("last_words", role, log_file(cluster, role)))
    lines = channel.run(c, script.whole(command)).output.splitlines()
    return "\n".join(f"    {line}" for line in lines if line.strip())


def state_commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that tell the state of each of a node's services."""
    wanted = [item for role in roles(node) for item in STEPS[role](cluster, node)["in-step"]]
    return [join(("state", s.unit, s.snapshot, s.link, *s.files)) for s in wanted if isinstance(s, InStep)]


def words(detail: str) -> dict[str, str]:
    """Return the KEY=VALUE words of a change's detail."""
    return dict(word.split("=", 1) for word in detail.split() if "=" in word)


def unit_state(c: Connection, role: str) -> str:
    """Return the active state of a service: active, activating, failed, inactive ..."""
    command = join(("systemctl", "show", "-p", "ActiveState", "-p", "SubState", "--value", role))
    return " ".join(channel.run(c, script.whole(command)).output.split())
