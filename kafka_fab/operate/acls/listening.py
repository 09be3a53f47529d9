"""Listening: the decisions of authorizers heard from their logs, one process after the other, for a bounded time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from shlex import join

from kafka_fab.cluster.acls.seen_requests import Seen, merged, parsed
from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.roles.service import Service
from kafka_fab.cluster.values.role import Role
from kafka_fab.live import authorizer_logger, kraft_quorum
from kafka_fab.live.authorizer_logger import DEBUG, LOUD
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.protocol import Ask
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.hosts import services
from kafka_fab.operate.topics.defer_signals import defer_signals, ignore_signals
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import AccessCode, coded
from kafka_fab.typed_command import FAB

LOG = "kafka-authorizer.log"
# Different decisions of one process; kilobytes travel, whatever it logs.
MOST = 20_000
# What a host may take besides the time of listening.
SPARE = 60


class LevelLeft(RequestRejected):
    """A level of the logger that could not be set back."""


@dataclass(frozen=True)
class Target:
    """A process that is listened to: a broker, or the active controller that is none."""

    node: Node
    service: Service
    ask: Ask

    @property
    def name(self) -> str:
        """Return what it is, and its host."""
        return f"{self.kind} {self.service.id} on {self.node.host}"

    @property
    def kind(self) -> str:
        """Return whether it is a broker or a controller."""
        return "broker" if self.service.role == Role.BROKER else "controller"


@dataclass(frozen=True)
class Heard:
    """What one process has logged; `left` decisions were too many to tell apart."""

    target: Target
    seen: tuple[Seen, ...]
    decisions: int
    left: int


def targets(cluster: Cluster) -> tuple[Target, ...]:
    """Return the brokers, and the active controller: admin requests are authorized there."""
    quorum = kraft_quorum.described(cluster)[0] if cluster.kraft else None
    active = quorum.leader if quorum else None
    return tuple(one for one in all_targets(cluster) if one.service.role == Role.BROKER or one.service.id == active)


def all_targets(cluster: Cluster) -> tuple[Target, ...]:
    """Return every process that an audit may have changed: any controller may have been the active one."""
    controllers = [_target(cluster, node, Role.CONTROLLER) for node in cluster.controllers if not node.broker]
    return (*(_target(cluster, node, Role.BROKER) for node in cluster.brokers), *controllers)


def _target(cluster: Cluster, node: Node, role: Role) -> Target:
    where = endpoint.of_broker if role == Role.BROKER else endpoint.of_controller
    return Target(node, services.service_of(cluster, node, role), partial(ask, where(cluster, node)))


def restore_interrupted(hosts: Fleet, tell: Callable[[str], None]) -> dict[str, str]:
    """Set back the levels that an interrupted audit has left; return where that failed, and why."""
    some = all_targets(hosts.cluster)
    by_host: dict[str, list[Target]] = {}
    for target in some:
        by_host.setdefault(target.node.host, []).append(target)

    def look(c: Connection) -> Sequence[Change]:
        calls = [join(("noted_level", target.service.unit)) for target in by_host[c.original_host]]
        return services.run(c, calls, extra=script.AUDIT)

    failures = {}
    for target, level in _noted(by_host, hosts.run(look, "look", by_host)):
        tell(f"{target.name}: setting back the level that an interrupted audit has left ({level})")
        try:
            _restore(hosts, target, level)
        except LevelLeft as problem:
            failures[target.name] = str(problem)
    return failures


def _noted(by_host: Mapping[str, Sequence[Target]], done: Sequence[HostProgress]) -> Iterator[tuple[Target, str]]:
    for progress in done:
        for change in () if progress.error else progress.value:
            if change.kind == "level":
                yield next(one for one in by_host[progress.host] if one.service.unit == change.name), change.detail


def listen(hosts: Fleet, target: Target, seconds: int) -> Heard:
    """Return the decisions of one process in some seconds; raise Unreachable or RequestRejected.

    Its logger is set back however this ends; after a kill the next run does it, and a restart of the process does.
    """
    before = authorizer_logger.level(target.ask, target.service.id)
    if before in LOUD:
        # Somebody else's: it stays.
        return _heard(target, _decisions(hosts, target, seconds))
    _on_host(hosts, target, "note_level", target.service.unit, before)
    try:
        with defer_signals():
            authorizer_logger.set_level(target.ask, target.service.id, DEBUG)
        return _heard(target, _decisions(hosts, target, seconds))
    finally:
        with ignore_signals():
            _restore(hosts, target, before)


def _restore(hosts: Fleet, target: Target, level: str) -> None:
    try:
        authorizer_logger.set_level(target.ask, target.service.id, level)
    except (Unreachable, RequestRejected) as problem:
        text = f"its authorizer may still log at DEBUG: {problem}; a restart ends it, or run"
        text = f"{text} `{FAB} acls.audit --seconds 0` when it is up"
        raise LevelLeft(coded(text, AccessCode.LOGS_AT_DEBUG)) from problem
    _on_host(hosts, target, "forget_level", target.service.unit)


def _decisions(hosts: Fleet, target: Target, seconds: int) -> Sequence[Change]:
    log = f"{target.service.log_folder}/{LOG}"
    return _on_host(hosts, target, "decisions", str(seconds), str(MOST), log, seconds=seconds)


def _on_host(hosts: Fleet, target: Target, *words: str, seconds: int = 0) -> Sequence[Change]:
    def work(c: Connection) -> Sequence[Change]:
        return services.run(c, [join(words)], seconds + SPARE, script.AUDIT)

    [done] = hosts.run(work, "listen", [target.node.host])
    if done.error:
        raise RequestRejected(done.error)
    return tuple(done.value)


def _heard(target: Target, changes: Sequence[Change]) -> Heard:
    end = next((change for change in changes if change.kind == "decisions"), None)
    left = int(key_values(end.detail)["left"]) if end else 0
    return Heard(target, merged(_parsed(changes)), int(end.name) if end else 0, left)


def _parsed(changes: Sequence[Change]) -> Iterator[Seen]:
    for change in changes:
        one = parsed(change.detail, int(change.name)) if change.kind == "decision" else None
        if one:
            yield one
