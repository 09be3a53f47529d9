"""Status: the hosts and the cluster, read at the same time and shown on one screen."""

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, field
from datetime import UTC, datetime
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.identity import host_membership, voters
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import kraft, node_resources
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import State
from kafka_fab.live import replication_throttle
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import look
from kafka_fab.live.ensemble_roles import service_roles
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.hosts.storage import written_id
from kafka_fab.operate.status import disk_drift, health, move_due, operation
from kafka_fab.operate.status.health import FileSystem, HealthProblem, Level
from kafka_fab.operate.status.operation import LastOperation, OperationState
from kafka_fab.operate.status.service_line import ServiceLine, lines
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of
from kafka_fab.runbook.codes import MoveCode, StatusCode
from kafka_fab.typed_command import FAB

EVERY = 2.0
# A cluster without a controller or quorum leader is given the time of one election before it is judged.
ELECTION, PAUSE = 6.0, 0.3
GIB = 1 << 30


@dataclass(frozen=True)
class Status:
    """All that the screen shows."""

    lines: tuple[ServiceLine, ...]
    state: State
    disks: tuple[FileSystem, ...]
    operation: LastOperation | None
    problems: tuple[HealthProblem, ...]
    unreachable: dict[str, str]
    pending: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # A sentence for each service that stays at another version than that of the settings, or at a level.
    prepared: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """Return the level of the worst problem."""
        return health.worst(self.problems)


def status(c: Context, watch: bool = False, json: bool = False) -> None:
    """Print the services and the problems of a cluster; exit with 1 if it is degraded, 2 if it is critical."""
    hosts = fleet(c, quiet=True)
    while watch:
        began = time.monotonic()
        _repaint(text(hosts.cluster.name, gather(hosts)))
        time.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    found = gather(hosts)
    print(document("status", hosts.cluster.name, as_dict(found)) if json else text(hosts.cluster.name, found))
    code = health.CODES[found.level]
    if code:
        raise Exit(code=code)


def _repaint(screen: str) -> None:
    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() else ""
    print(f"{clear}{time.strftime('%H:%M:%S')}\n{screen}", flush=True)


def gather(hosts: Fleet) -> Status:
    """Return the status, from all chosen hosts and the cluster."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=1) as pool:
        reading = pool.submit(look, cluster)
        done = hosts.run(lambda c: services.run(c, _commands(cluster, node_of(c)), extra=script.STATUS), "status")
        moved = [running.keep(cluster, progress.host, progress.changes) for progress in done if not progress.error]
        state = reading.result()
    mixed = _mixed_up(cluster, state)
    if mixed:
        # Nothing is judged by the answers of two clusters.
        state = State(state.brokers, frozenset(), unknown=(mixed,))
    elif any(moved):
        # A service listens elsewhere than conf/ says: its host has reported where.
        state = look(cluster)
    elif state.unknown and _may_be_election(cluster, done):
        state = _after_election(cluster, state)
    roles = service_roles(cluster, state)
    moves = move_due.passes(cluster)
    found = tuple(line for progress in done for line in lines(cluster, progress, roles, moves))
    disks = tuple(disk for progress in done for disk in _disks(progress))
    last = operation.newest(change for progress in done for change in progress.changes)
    drift = [one for progress in done for one in disk_drift.problems(progress.host, progress.changes)]
    problems = (
        *_of_services(found, done),
        *_exited(found),
        *health.of_cluster(cluster, state),
        *health.of_voters(_voters(cluster, done), state.quorum),
        *health.of_disks(disks),
        *operation.problems(last),
        *drift,
        *move_due.problems(moves, {host for one in drift if one.code is MoveCode.MOVE_NEEDED for host in one.names}),
        *_throttles(cluster, last),
        *_certificates(cluster, done),
    )
    unreachable = {progress.host: progress.error for progress in done if progress.error}
    pending = {progress.host: disk_drift.pending(progress.changes) for progress in done}
    pending = {host: changes for host, changes in pending.items() if changes}
    return Status(found, state, disks, last, problems, unreachable, pending, tuple(report.prepared(done)))


def _mixed_up(cluster: Cluster, state: State) -> str:
    """Return which hosts, or that the ensemble, belong to another cluster, in a sentence; nothing where none does."""
    written = written_id(cluster)
    foreign = host_membership.foreign(cluster, written)
    if foreign:
        return host_membership.described(foreign)
    return host_membership.ensemble_mismatch(cluster, state.identity, written)


def _may_be_election(cluster: Cluster, done: Iterable[HostProgress]) -> bool:
    """Return whether a majority of the controllers or ZooKeeper servers runs, so that an election may be going on."""
    quorum = {
        (node.host, service.unit)
        for node in cluster.controllers or cluster.ensemble
        for service in services_of(cluster, node)
        if service.role != Role.BROKER or node.combined
    }
    active = {(progress.host, change.name) for progress in done for change in progress.changes if _is_active(change)}
    return 2 * len(active & quorum) > len(quorum)


def _is_active(change: Change) -> bool:
    return change.kind == "state" and key_values(change.detail).get("ActiveState") == "active"


def _after_election(cluster: Cluster, state: State) -> State:
    """Return the state as soon as only single brokers do not answer, or at the end of an election's time."""
    latest = [state]

    def read() -> bool:
        latest[0] = look(cluster)
        return set(latest[0].unknown) <= set(latest[0].unresponsive.values())

    if not set(state.unknown) <= set(state.unresponsive.values()):
        until(read, ELECTION, PAUSE)
    return latest[0]


def _throttles(cluster: Cluster, last: LastOperation | None) -> Iterable[HealthProblem]:
    """Yield the brokers that still have the throttle of an interrupted reassignment; asked only where there is one."""
    if not last or last.state != OperationState.INTERRUPTED or not last.throttle:
        return
    found, unknown = replication_throttle.found_and_unknown(cluster, [node for node in cluster.brokers if node.broker])
    throttled = sorted(node.host for node, rate in found.items() if rate == str(last.throttle))
    unanswered = sorted(node.host for node in unknown)
    if throttled or unanswered:
        where = [f"is still set on {', '.join(throttled)}"] if throttled else []
        where += [f"may be set on {', '.join(unanswered)}, which did not answer"] if unanswered else []
        text = f"the replication throttle of {last.task} {last.run} ({last.throttle} bytes/s) {' and '.join(where)}"
        yield HealthProblem(Level.DEGRADED, StatusCode.THROTTLE_LEFT, text, (*throttled, *unanswered))


def _commands(cluster: Cluster, node: Node) -> list[str]:
    directories = dict.fromkeys(path for service in services_of(cluster, node) for path in service.data)
    storage = [join(("storage", kraft.metadata_directory(cluster, node)))] if node.controller else []
    steps = node_resources.steps(cluster, node)
    desired = [item for name in node_resources.STEPS for item in steps[name]]
    return [
        *script.lookups(desired),
        *services.state_commands(cluster, node),
        *(join(("crash", service.unit, service.log)) for service in services_of(cluster, node)),
        *running.commands(cluster, node),
        *_certificate_commands(cluster, node),
        join(("space", *directories)),
        "operation",
        *storage,
        # In a subshell: as_wanted redefines how the library reports.
        *("(", "as_wanted", *map(script.call, disk_drift.compared(desired)), ")"),
    ]


def _certificate_commands(cluster: Cluster, node: Node) -> list[str]:
    if not cluster.settings.security.tls:
        return []
    from kafka_fab.operate.certificates import on_hosts

    return on_hosts.commands(cluster, node)


def _certificates(cluster: Cluster, done: Iterable[HostProgress]) -> Iterable[HealthProblem]:
    """Return the certificates that end soon, or have ended."""
    if not cluster.settings.security.tls:
        return ()
    from kafka_fab.operate.status import certificate_health

    return certificate_health.problems(cluster, done, datetime.now(UTC))


def _voters(cluster: Cluster, done: Iterable[HostProgress]) -> Iterator[voters.MetadataDir]:
    """Yield the controllers' disks, as their hosts report them."""
    for progress in done:
        for change in progress.changes:
            if change.kind == "storage":
                yield voters.disk(cluster.nodes[progress.host], change.name, key_values(change.detail))


def _disks(progress: HostProgress) -> Iterable[FileSystem]:
    for change in progress.changes:
        words = key_values(change.detail)
        if change.kind == "space" and "block" in words:
            block = int(words["block"])
            yield FileSystem(progress.host, change.name, block * int(words["blocks"]), block * int(words["free"]))


def _of_services(found: Iterable[ServiceLine], done: Iterable[HostProgress]) -> Iterable[HealthProblem]:
    for one in done:
        owned_by_others = [change.detail for change in one.changes if (change.status, change.kind) == ("note", "owner")]
        for text in owned_by_others:
            yield HealthProblem(Level.DEGRADED, StatusCode.FOREIGN_SERVICE, f"{one.host}: {text}", (one.host,))
    for line in found:
        if line.state not in ("active", "foreign") and not line.exited:
            text = f"{line.host}: {line.service} is {line.state}"
            yield HealthProblem(Level.DEGRADED, StatusCode.SERVICE_DOWN, text, (line.host,))


def _exited(found: Iterable[ServiceLine]) -> Iterable[HealthProblem]:
    for line in found:
        if line.exited:
            yield HealthProblem(Level.DEGRADED, StatusCode.CRASHED, line.exited, (line.host,))


def text(cluster: str, found: Status) -> str:
    """Return the screen of a cluster, which begins with its name."""
    rows: list[tuple[object, ...]] = [("host", "service", "id", "state", "up", "version", "role", "config")]
    rows += [(x.host, x.service, x.id, x.state, x.up, x.version, x.role, x.config_cell) for x in found.lines]
    unreachable = (f"{host}: {reason}" for host, reason in found.unreachable.items())
    problems = map(str, found.problems)
    last = [f"last operation: {found.operation}"] if found.operation else []
    pending = (f"{host}: not installed yet: {disk_drift.few(new)} ({FAB} plan)" for host, new in found.pending.items())
    below = (_partitions(found.state), _space(found.disks), *last, *found.prepared, *pending, *problems)
    return "\n".join([f"cluster {cluster}: {found.level}", report.table(rows), *unreachable, *below])


def _partitions(state: State) -> str:
    if state.unknown and not state.partitions:
        return "partitions: not read"
    topics = len({one.topic for one in state.partitions})
    moving = f", {len(state.reassigning)} being reassigned" if state.reassigning else ""
    return f"{counted(len(state.partitions), 'partition')} in {counted(topics, 'topic')}{moving}"


def _space(disks: tuple[FileSystem, ...]) -> str:
    if not disks:
        return "disks: unknown"
    fullest = max(disks, key=lambda disk: disk.used_percent)
    used = f"{fullest.used_percent} % of {fullest.size / GIB:.0f} GiB used"
    number = f"{len(disks)} data director{'y' if len(disks) == 1 else 'ies'}"
    return f"{number}; fullest disk: {fullest.host} {fullest.path}, {used}"


def as_dict(found: Status) -> dict[str, Any]:
    """Return the status for JSON, as docs/status.md describes it."""
    return {
        "level": found.level,
        "services": [_service(line) for line in found.lines],
        "unreachable": found.unreachable,
        "problems": [asdict(one) for one in found.problems],
        "partitions": len(found.state.partitions),
        "topics": len({one.topic for one in found.state.partitions}),
        "reassigning": [str(one) for one in sorted(found.state.reassigning)],
        "disks": list(map(_disk, found.disks)),
        "operation": asdict(found.operation) if found.operation else None,
        "pending": found.pending,
        "prepared": found.prepared,
    }


def _service(line: ServiceLine) -> dict[str, Any]:
    shown = {key: value for key, value in asdict(line).items() if key not in ("pending", "up", "move")}
    changes = {"dynamic": line.pending.reconfigure, "restart": line.pending.restart}
    return shown | {"uptime": line.up, "config_changes": changes}


def _disk(disk: FileSystem) -> dict[str, Any]:
    sizes = {"size_bytes": disk.size, "free_bytes": disk.free, "used_percent": disk.used_percent}
    return {"host": disk.host, "path": disk.path, **sizes}
