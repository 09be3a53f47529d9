"""Restart blockers: why a restart with the changed files on disk would harm the service. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import RemovedLogDir, Running
from kafka_fab.gate.state import Blocker
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.output.counted import counted
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB

# A removed log directory with data; the service's id and metadata quorum; the ports of a quorum.
DIRECTORY, IDENTITY, QUORUM = RollCode.LOG_DIR_REMOVED, RollCode.IDENTITY_CHANGED, RollCode.QUORUM_PORT_CHANGED
ALL_AT_ONCE = f"stop and start all of the cluster ({FAB} restart), or set the old port again and install"


def blockers(cluster: Cluster, group: Iterable[ServiceRef], abandoned: Collection[str] = ()) -> tuple[Blocker, ...]:
    """Return why services must not be restarted with the files that are on disk now."""
    return tuple(found for one in group for found in _of_service(cluster, one, abandoned))


def _of_service(cluster: Cluster, target: ServiceRef, abandoned: Collection[str]) -> Iterator[Blocker]:
    found = cluster.running.get((target.host, target.role), Running())
    if not found.properties or not found.on_disk:
        return
    for left in found.left:
        if left.directory not in abandoned:
            yield _blocker(DIRECTORY, target, _removed_directory(left))
    for what, (before, after) in _differences(_identity(found.properties), _identity(found.on_disk)):
        text = (
            f"runs with {what} {before}, but its file has {after}: it would start with another identity. Set {before}"
        )
        yield _blocker(IDENTITY, target, f"{text} again and install")
    for what, (before, after) in _differences(_ports(found.properties), _ports(found.on_disk)):
        text = f"runs with {what} {before}, but its file has {after}: restarted one by one, old and new servers"
        yield _blocker(QUORUM, target, f"{text} cannot connect to each other. To change it, {ALL_AT_ONCE}")


def _blocker(code: RollCode, target: ServiceRef, text: str) -> Blocker:
    return Blocker(code, target.name, f"{target.name} {text}", lasting=True)


def _removed_directory(left: RemovedLogDir) -> str:
    shown = ", ".join(left.names[:3]) + (f" and {left.count - 3} more" if left.count > 3 else "")
    return (
        f"keeps {counted(left.count, 'log')} ({shown}) in {left.directory}, which its file no longer "
        "has: it would start without them. Add the directory again and install, or move the replicas to other "
        f"brokers first; accept the loss of the data with --abandon-dir {left.directory}"
    )


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for what, value in before.items():
        if after.get(what, value) != value:
            yield what, (value, after[what])


def _identity(properties: Mapping[str, str]) -> dict[str, str]:
    if "zookeeper.connect" in properties and "process.roles" not in properties:
        where = f"ZooKeeper{running_config.chroot_of(properties['zookeeper.connect'])}"
    else:
        where = "controllers"
    number = properties.get("node.id") or properties.get("broker.id")
    return ({"metadata in": where} if number else {}) | ({"id": number} if number else {})


def _ports(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the ports by which the members of a quorum, and its clients, connect to it."""
    found = {"clientPort": properties["clientPort"]} if "clientPort" in properties else {}
    for key, value in properties.items():
        if key.startswith("server."):
            found[f"ports of {key}"] = ":".join(value.split(":")[-2:])
    for listener in (
        running_config.controllers(properties) if "controller" in properties.get("process.roles", "") else ()
    ):
        found[f"port of {listener.name}"] = str(listener.port)
    return found
