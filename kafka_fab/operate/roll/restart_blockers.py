"""Pending: what a restart would do to a service beside restarting it, as its file has changed since its start. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import RemovedLogDir, Running
from kafka_fab.gate.state import Blocker
from kafka_fab.operate.roll.roll_service import Target
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB

# A directory with data that is out of the file; who the service is, and where its metadata is; a quorum's ports.
DIRECTORY, IDENTITY, QUORUM = RollCode.LOG_DIR_REMOVED, RollCode.IDENTITY_CHANGED, RollCode.QUORUM_PORT_CHANGED
WHOLE = f"stop the whole cluster and start it again ({FAB} restart), or write the old one and install"


def blockers(cluster: Cluster, group: Iterable[Target], abandoned: Collection[str] = ()) -> tuple[Blocker, ...]:
    """Return why services should not be restarted with the files that are on their disks by now."""
    return tuple(found for one in group for found in _of_service(cluster, one, abandoned))


def _of_service(cluster: Cluster, target: Target, abandoned: Collection[str]) -> Iterator[Blocker]:
    found = cluster.running.get((target.host, target.role), Running())
    if not found.properties or not found.on_disk:
        return
    for left in found.left:
        if left.directory not in abandoned:
            yield _blocker(DIRECTORY, target, _leaves(left))
    for what, (before, after) in _turns(_identity(found.properties), _identity(found.on_disk)):
        text = f"runs with {what} {before}, and its file says {after} by now: it would start as another. Write {before}"
        yield _blocker(IDENTITY, target, f"{text} again, and install")
    for what, (before, after) in _turns(_ports(found.properties), _ports(found.on_disk)):
        text = f"runs with {what} {before}, and its file says {after} by now: those that are restarted and the others"
        yield _blocker(QUORUM, target, f"{text} would not find each other: {WHOLE}")


def _blocker(code: RollCode, target: Target, text: str) -> Blocker:
    return Blocker(code, target.name, f"{target.name} {text}", lasting=True)


def _leaves(left: RemovedLogDir) -> str:
    shown = ", ".join(left.names[:3]) + (f" and {left.count - 3} more" if left.count > 3 else "")
    return (
        f"keeps {left.count} log{'s' * (left.count != 1)} ({shown}) in {left.directory}, which is out of its file by "
        "now: it would start without them. Name the directory again and install, or move what it holds to other "
        f"brokers first; what may be lost is given up with --abandon-dir {left.directory}"
    )


def _turns(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for what, value in before.items():
        if after.get(what, value) != value:
            yield what, (value, after[what])


def _identity(properties: Mapping[str, str]) -> dict[str, str]:
    if "zookeeper.connect" in properties and "process.roles" not in properties:
        where = f"ZooKeeper{running_config.chroot_of(properties['zookeeper.connect'])}"
    else:
        where = "controllers"
    number = properties.get("node.id") or properties.get("broker.id")
    return ({"its metadata in": where} if number else {}) | ({"the id": number} if number else {})


def _ports(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the ports by which servers of a quorum, and those that need it, know each other."""
    found = {"clientPort": properties["clientPort"]} if "clientPort" in properties else {}
    for key, value in properties.items():
        if key.startswith("server."):
            found[f"the ports of {key}"] = ":".join(value.split(":")[-2:])
    for listener in (
        running_config.controllers(properties) if "controller" in properties.get("process.roles", "") else ()
    ):
        found[f"the port of {listener.name}"] = str(listener.port)
    return found
