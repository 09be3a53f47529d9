"""Overrides: dynamic broker configs that kafka-fab sets, verifies, records on the host, and deletes again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from shlex import join

from kafka_fab.cluster.change import Change, read_changes
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.override_decision import (
    Ours,
    OverrideStep,
    Setting,
    described_keys,
    intermediate_values,
    no_longer_needed,
    remaining,
)
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import RunningConfig
from kafka_fab.cluster.values.role import Role
from kafka_fab.live import broker_configs
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.operate.hosts import services
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.node import node_of, owner_call
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.typed_command import FAB

SECONDS = 10.0


@dataclass(frozen=True)
class BrokerReport:
    """What a host reports of its broker: whether it runs, the pending change, its file, and our overrides."""

    runs: bool
    due: str
    file: Mapping[str, str]
    checksum: str
    ours: Ours


def look(c: Connection, cluster: Cluster, node: Node) -> BrokerReport:
    """Return the report of a broker's host, in one round trip."""
    step = _running_config(cluster, node)
    changes = _run(
        c,
        owner_call(c),
        f"{join(('refuse_foreign', step.unit))} || return 0",
        join(("look_dynamic", step.unit, step.snapshot, step.link, *step.files)),
        join(("look_values", step.files[0], *described_keys(dynamic_keys.describable(cluster)))),
    )
    one = {change.kind: change.detail for change in changes}
    return BrokerReport(
        runs=one["process"] != "0",
        due=one["due"],
        file={change.name: change.detail.strip() for change in changes if change.kind == "value"},
        checksum=one["checksum"],
        ours=frozenset(_pair(change.detail) for change in changes if change.kind == "ours"),
    )


def described(cluster: Cluster, node: Node, names: Collection[str] = ()) -> dict[str, Setting]:
    """Return a broker's settings (default: all dynamic ones); raise HostFailure where it does not answer."""
    try:
        return broker_configs.settings(cluster, node, described_keys(names or dynamic_keys.describable(cluster)))
    except (Unreachable, RequestRejected) as problem:
        raise HostFailure(f"cannot read the broker's settings: {problem}") from problem


def refusal(cluster: Cluster, node: Node, steps: Collection[OverrideStep]) -> str:
    """Return the error with which a broker would reject some steps, or nothing."""
    try:
        if steps:
            broker_configs.override(cluster, node, steps, validate_only=True)
    except (Unreachable, RequestRejected) as problem:
        return str(problem)
    return ""


def take(c: Connection, cluster: Cluster, node: Node, ours: Ours, steps: Collection[OverrideStep]) -> Ours:
    """Apply steps until the broker reports each of them, and return the overrides that are ours then.

    New ones are recorded on the host before they are set: after an interruption they are still known to be ours.
    """
    after = remaining(ours, steps)
    if not steps:
        return after
    if after - ours:
        record(c, cluster, node, ours | after)
    try:
        broker_configs.override(cluster, node, steps)
    except (Unreachable, RequestRejected) as problem:
        raise HostFailure(f"the broker rejected {_listed(steps)}: {problem}") from problem
    waiting: list[OverrideStep] = []

    def holds() -> bool:
        found = described(cluster, node, [step.name for step in steps])
        waiting[:] = [step for step in steps if not step.holds(found[step.name])]
        return not waiting

    if not until(holds, SECONDS):
        text = f"the broker accepted {_listed(waiting)}, but does not use it after {SECONDS:.0f} s"
        raise HostFailure(f"{text}: see {FAB} logs, then restart it ({FAB} -H HOST rolling-restart)")
    return after


def record(c: Connection, cluster: Cluster, node: Node, ours: Ours) -> None:
    """Record on the host which overrides are ours."""
    pairs = sorted(f"{name}={value}" for name, value in ours)
    _run(c, join(("note_overrides", _running_config(cluster, node).unit, *pairs)))


def renew_snapshot(c: Connection, cluster: Cluster, node: Node, checksum: str) -> None:
    """Record on the host that its broker runs the configuration of its file."""
    step = _running_config(cluster, node)
    file = step.files[0]
    _run(c, "lock_host", join(("renew_snapshot", f"{step.snapshot}/{file.rpartition('/')[2]}", file, checksum)))


def forget_overrides(cluster: Cluster, node: Node, c: Connection) -> tuple[str, ...]:
    """Delete our overrides that the broker's file has made unnecessary; return their keys.

    An override that still differs from the file stays.
    """
    reported = look(c, cluster, node)
    if not (reported.ours and reported.runs):
        return ()
    settings = described(cluster, node)
    ends = tuple(no_longer_needed(reported.file, settings, reported.ours))
    ours = end(c, cluster, reported.ours, ends, settings)
    # An override that somebody else has changed or deleted is no longer ours.
    still = frozenset(one for one in ours if one[0] in settings and settings[one[0]].own == one[1])
    if still != reported.ours:
        record(c, cluster, node, still)
    return tuple(one.name for one in ends)


def end(
    c: Connection, cluster: Cluster, ours: Ours, ends: Collection[OverrideStep], settings: Mapping[str, Setting]
) -> Ours:
    """Delete overrides, by the intermediate values that a broker requires, and return those that are ours then."""
    node = node_of(c)
    for one in ends:
        setting = settings[one.name]
        for value in intermediate_values(setting, setting.base[1]):
            ours = take(c, cluster, node, ours, [OverrideStep(one.name, value, setting.value)])
    return take(c, cluster, node, ours, ends)


def _running_config(cluster: Cluster, node: Node) -> RunningConfig:
    service = services.service_of(cluster, node, Role.BROKER)
    return next(one for one in service.module.steps(cluster, node)["running-config"] if isinstance(one, RunningConfig))


def _run(c: Connection, *commands: str) -> list[Change]:
    # A read is no change: it is not in the run's report.
    answer = channel.run(c, script.with_library("\n".join(commands), extra=script.DYNAMIC))
    changes = read_changes(answer.output.splitlines())
    failures = [f"{change.name}: {change.detail}" for change in changes if change.status == "failed"]
    if failures or answer.status:
        raise HostFailure("; ".join(failures) or answer.stderr or f"the script ended with status {answer.status}")
    return changes


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name, value


def _listed(steps: Iterable[OverrideStep]) -> str:
    return ", ".join(
        f"the deletion of {step.name}" if step.value is None else f"{step.name}={step.value}" for step in steps
    )
