"""Status: hosts and cluster asked at once, and told on one screen."""

import json as json_text
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, field
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.identity import host_membership, voters
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import kraft, node_resources
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import State
from kafka_fab.live import replication_throttle
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import look
from kafka_fab.live.ensemble_roles import standings
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.hosts.storage import written_id
from kafka_fab.operate.status import disk_drift, health, operation
from kafka_fab.operate.status.health import FileSystem, HealthProblem
from kafka_fab.operate.status.operation import Operation
from kafka_fab.operate.status.service_line import ServiceLine, lines
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of

EVERY = 2.0
# A cluster that has just lost its controller, or its quorum its leader, is not judged before it has another one.
ELECTION, PAUSE = 6.0, 0.3
GIB = 1 << 30


@dataclass(frozen=True)
class Status:
    """All that a screen tells; `level` is ok, degraded or critical."""

    lines: tuple[ServiceLine, ...]
    state: State
    disks: tuple[FileSystem, ...]
    operation: Operation | None
    troubles: tuple[HealthProblem, ...]
    unreachable: dict[str, str]
    pending: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def level(self) -> str:
        """Return how bad the worst trouble is."""
        return health.level(self.troubles)


def status(c: Context, watch: bool = False, json: bool = False) -> None:
    """Print what runs where and what is wrong; exit with 1 where it is degraded, 2 where critical."""
    hosts = fleet(c, quiet=True)
    while watch:
        began = time.monotonic()
        _repaint(text(gather(hosts)))
        time.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    found = gather(hosts)
    print(json_text.dumps(as_dict(found), indent=2) if json else text(found))
    code = health.CODES[found.level]
    if code:
        raise Exit(code=code)


def _repaint(screen: str) -> None:
    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() else ""
    print(f"{clear}{time.strftime('%H:%M:%S')}\n{screen}", flush=True)


def gather(hosts: Fleet) -> Status:
    """Ask all chosen hosts, and the cluster meanwhile."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=1) as pool:
        looked = pool.submit(look, cluster)
        done = hosts.run(lambda c: services.say(c, _commands(cluster, node_of(c)), extra=script.STATUS), "status")
        news = [running.note(cluster, progress.host, progress.changes) for progress in done if not progress.error]
        state = looked.result()
    wrong = _of_others(cluster, state)
    if wrong:
        # Nothing is judged by the answers of two clusters.
        state = State(state.brokers, frozenset(), unknown=(wrong,))
    elif any(news):
        # It was asked where it should run, while its host said where it does.
        state = look(cluster)
    elif state.unknown and _may_pass(cluster, done):
        state = _past_election(cluster, state)
    roles = standings(cluster, state)
    found = tuple(line for progress in done for line in lines(cluster, progress, roles))
    disks = tuple(disk for progress in done for disk in _disks(progress))
    last = operation.newest(change for progress in done for change in progress.changes)
    troubles = (
        *_services(found, done),
        *(HealthProblem(health.DEGRADED, line.crashes, (line.host,)) for line in found if line.crashes),
        *health.of_cluster(cluster, state),
        *health.of_voters(_voters(cluster, done), state.quorum),
        *health.of_disks(disks),
        *operation.trouble(last),
        *(one for progress in done for one in disk_drift.trouble(progress.host, progress.changes)),
        *_throttles(cluster, last),
    )
    unreachable = {progress.host: progress.error for progress in done if progress.error}
    pending = {progress.host: disk_drift.pending(progress.changes) for progress in done}
    return Status(found, state, disks, last, troubles, unreachable, {host: new for host, new in pending.items() if new})


def _of_others(cluster: Cluster, state: State) -> str:
    """Return which hosts, or that the ensemble, are another cluster's, in a sentence; nothing where none is."""
    written = written_id(cluster)
    foreign = host_membership.foreign(cluster, written)
    return host_membership.words(foreign) if foreign else host_membership.strange(cluster, state.identity, written)


def _may_pass(cluster: Cluster, done: Iterable[HostProgress]) -> bool:
    """Return whether a majority of those that keep the metadata runs, so that what is unknown may be an election."""
    keepers = {
        (node.host, service.unit)
        for node in cluster.controllers or cluster.ensemble
        for service in services_of(cluster, node)
        if service.role != "kafka" or node.combined
    }
    active = {(progress.host, change.name) for progress in done for change in progress.changes if _is_active(change)}
    return 2 * len(active & keepers) > len(keepers)


def _is_active(change: Change) -> bool:
    return change.kind == "state" and key_values(change.detail).get("ActiveState") == "active"


def _past_election(cluster: Cluster, state: State) -> State:
    """Return the state as soon as nothing but single brokers is unknown, or as it is after the time of an election."""
    seen = [state]

    def read() -> bool:
        seen[0] = look(cluster)
        return set(seen[0].unknown) <= set(seen[0].silent.values())

    if not set(state.unknown) <= set(state.silent.values()):
        until(read, ELECTION, PAUSE)
    return seen[0]


def _throttles(cluster: Cluster, last: Operation | None) -> Iterable[HealthProblem]:
    """Yield which brokers are still slowed down by a move that was cut off; they are asked only where there is one."""
    if not last or last.how != operation.LEFT or not last.throttle:
        return
    found, unknown = replication_throttle.looked_for(cluster, [node for node in cluster.brokers if node.broker])
    mine = sorted(node.host for node, rate in found.items() if rate == str(last.throttle))
    silent = sorted(node.host for node in unknown)
    if mine or silent:
        where = [f"is set on {', '.join(mine)}"] if mine else []
        where += [f"may be set on {', '.join(silent)}: no answer"] if silent else []
        text = f"its throttle of {last.throttle} bytes/s {', and '.join(where)}"
        yield HealthProblem(health.DEGRADED, text, (*mine, *silent))


def _commands(cluster: Cluster, node: Node) -> list[str]:
    directories = dict.fromkeys(path for service in services_of(cluster, node) for path in service.data)
    storage = [join(("storage", kraft.metadata_directory(cluster, node)))] if node.controller else []
    steps = node_resources.steps(cluster, node)
    wanted = [item for name in node_resources.STEPS for item in steps[name]]
    return [
        *script.looks(wanted),
        *services.state_commands(cluster, node),
        *(join(("crash", service.unit, service.log)) for service in services_of(cluster, node)),
        *running.commands(cluster, node),
        join(("space", *directories)),
        "operation",
        *storage,
        # In a shell of its own, for which another way to say things is set.
        *("(", "as_wanted", *map(script.call, disk_drift.looked_at(wanted)), ")"),
    ]


def _voters(cluster: Cluster, done: Iterable[HostProgress]) -> Iterator[voters.MetadataDir]:
    """Yield the controllers' disks as their hosts tell them."""
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


def _services(found: Iterable[ServiceLine], done: Iterable[HostProgress]) -> Iterable[HealthProblem]:
    for one in done:
        strangers = [change.detail for change in one.changes if (change.status, change.kind) == ("note", "owner")]
        yield from (HealthProblem(health.DEGRADED, f"{one.host}: {text}", (one.host,)) for text in strangers)
    for line in found:
        if line.state not in ("active", "foreign") and not line.crashes:
            yield HealthProblem(health.DEGRADED, f"{line.host}: {line.service} is {line.state}", (line.host,))


def text(found: Status) -> str:
    """Return the screen."""
    rows: list[tuple[object, ...]] = [("host", "service", "id", "state", "up", "version", "role", "in step")]
    rows += [(x.host, x.service, x.id, x.state, x.up, x.version, x.role, x.in_step) for x in found.lines]
    unreachable = (f"{host}: {reason}" for host, reason in found.unreachable.items())
    troubles = (f"{one.level}: {one.text}" for one in found.troubles)
    last = [f"last operation: {found.operation}"] if found.operation else []
    pending = (f"{host}: to be installed: {disk_drift.few(new)} (fab plan)" for host, new in found.pending.items())
    below = (_partitions(found.state), _space(found.disks), *last, *pending, *troubles)
    return "\n".join([report.table(rows), *unreachable, *below])


def _partitions(state: State) -> str:
    topics = len({one.topic for one in state.partitions})
    moving = f", {len(state.reassigning)} being moved" if state.reassigning else ""
    number = len(state.partitions)
    return f"{number} partition{'s' * (number != 1)} of {topics} topic{'s' * (topics != 1)}{moving}"


def _space(disks: tuple[FileSystem, ...]) -> str:
    if not disks:
        return "disks: not known"
    fullest = max(disks, key=lambda disk: disk.used_percent)
    place = f"{fullest.host} {fullest.path} {fullest.used_percent} % of {fullest.size / GIB:.0f} GiB"
    return f"{len(disks)} data directories; the fullest disk: {place}"


def as_dict(found: Status) -> dict[str, Any]:
    """Return the status as JSON has it: docs/status.md."""
    return {
        "level": found.level,
        "services": [asdict(line) for line in found.lines],
        "unreachable": found.unreachable,
        "troubles": [asdict(one) for one in found.troubles],
        "partitions": len(found.state.partitions),
        "topics": len({one.topic for one in found.state.partitions}),
        "reassigning": sorted(found.state.reassigning),
        "disks": [{**asdict(disk), "used_percent": disk.used_percent} for disk in found.disks],
        "operation": asdict(found.operation) if found.operation else None,
        "pending": found.pending,
    }
