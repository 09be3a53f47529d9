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

Properties = Mapping[str, str]
# A removed log directory with data; the service's id and metadata quorum; where services connect to each other.
DIRECTORY, IDENTITY, QUORUM = RollCode.LOG_DIR_REMOVED, RollCode.IDENTITY_CHANGED, RollCode.QUORUM_PORT_CHANGED
HOW = f"set the old ones again and install, then {FAB} security.move leads from the old to the new while they run"


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
    for what, before, after in _moved(found.properties, found.on_disk):
        text = f"runs with {what} {before}, but its file has {after}: restarted one by one, old and new"
        yield _blocker(QUORUM, target, f"{text} services cannot connect to each other. To change it, {HOW}")


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


def _identity(properties: Properties) -> dict[str, str]:
    if "zookeeper.connect" in properties and "process.roles" not in properties:
        where = f"ZooKeeper{running_config.chroot_of(properties['zookeeper.connect'])}"
    else:
        where = "controllers"
    number = properties.get("node.id") or properties.get("broker.id")
    return ({"metadata in": where} if number else {}) | ({"id": number} if number else {})


def _places(properties: Properties) -> dict[str, frozenset[str]]:
    """Return where members of a quorum, and its clients, connect to each other; two must have one in common."""
    ports = (properties.get("clientPort", ""), _with_tls(properties.get("secureClientPort", "")))
    found = {"port for clients": frozenset(filter(None, ports))} if any(ports) else {}
    for key, value in properties.items():
        if key.startswith("server."):
            found[f"ports of {key}"] = frozenset(_of_server(properties, ":".join(value.split(":")[-2:])))
    if "controller" in properties.get("process.roles", ""):
        listeners = running_config.controllers(properties)
        found["controller listener"] = frozenset(f"{one.name}:{one.port}" for one in listeners)
    return found


def _of_server(properties: Properties, ports: str) -> Iterator[str]:
    """Yield what a ZooKeeper server takes from the others: plaintext, TLS, or both while it changes."""
    encrypted, either = (properties.get(key) == "true" for key in ("sslQuorum", "portUnification"))
    if either or not encrypted:
        yield ports
    if either or encrypted:
        yield _with_tls(ports)


def _with_tls(port: str) -> str:
    return f"{port} (TLS)" if port else ""


def _moved(before: Properties, after: Properties) -> Iterator[tuple[str, str, str]]:
    """Yield where services connect to each other, before and after, where nothing is left in common."""
    left = _places(after)
    for what, places in _places(before).items():
        if left.get(what, places).isdisjoint(places):
            yield what, _listed(places), _listed(left[what])
    yield from _between_brokers(before, after)


def _between_brokers(before: Properties, after: Properties) -> Iterator[tuple[str, str, str]]:
    """Yield where brokers connect to each other, if those with the old file or with the new one could not."""
    names = [{one.name for one in running_config.clients(each)} for each in (before, after)]
    used = [running_config.inter_broker(each) for each in (before, after)]
    known = all(name in mine for name, mine in zip(used, names, strict=True))
    if known and (used[0] not in names[1] or used[1] not in names[0]):
        yield "listener between brokers", used[0], used[1]


def _listed(places: Collection[str]) -> str:
    return " and ".join(sorted(places)) or "none"
