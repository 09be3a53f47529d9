"""Reconfigure: `fab reconfigure`: dynamic broker configuration, set and verified on each running broker."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.dynamic_keys import RESTART, PendingChange
from kafka_fab.cluster.dynamic.override_decision import OverrideDecision, OverrideStep, Setting, decide
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import overrides, services
from kafka_fab.operate.hosts.overrides import BrokerReport
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.install.plan import planned
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure


def reconfigure(c: Context, plan: bool = False, json: bool = False) -> None:
    """Apply changed dynamic keys to the running brokers of the chosen hosts.

    A broker that needs a restart for another key or file is only named, with exit code 1: the restart applies
    everything at once, and until then the broker runs a configuration that some file describes.
    """
    began, hosts = time.monotonic(), live_fleet(c, quiet=json)
    cluster = hosts.cluster
    if not dynamic_keys.keys(cluster):
        raise Exit(f"Kafka {cluster.settings.version} has no dynamic broker configuration: run {RESTART}", code=1)
    chosen = services.having(hosts, Role.BROKER)
    with nullcontext() if plan else Guard(hosts, "reconfigure", chosen) as guard:
        done = hosts.run(lambda c: _apply_to_broker(c, cluster, plan), "reconfigure", chosen)
        # The report has a line for each: shown as a change while the hosts work, it would be there twice.
        for progress in done:
            progress.changes += progress.value or ()
        if guard:
            guard.failed("; ".join(_reasons(done)))
    if json:
        print(report.as_json(done, "reconfigure", hosts.cluster.name))
    else:
        print(planned(done, began) if plan else report.hosts(done, time.monotonic() - began))
    if any(progress.error for progress in done) or (not plan and _restarts(done)):
        raise Exit(code=1)


def _reasons(done: Iterable[HostProgress]) -> list[str]:
    errors = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
    waiting = [progress.host for progress in _restarts(done)]
    return [*errors, *([f"restart needed on {', '.join(waiting)}"] if waiting else [])]


def _restarts(done: Iterable[HostProgress]) -> list[HostProgress]:
    return [progress for progress in done if progress.count("restart")]


def _apply_to_broker(c: Connection, cluster: Cluster, plan: bool) -> tuple[Change, ...]:
    """Apply what the broker of a host can change dynamically; return the restart that it needs instead, if any."""
    node, changes = node_of(c), c.progress.changes
    c.progress.doing = "comparing the broker's configuration with its file"
    broker = overrides.look(c, cluster, node)
    if not broker.runs:
        changes.append(Change("ok", "dynamic", cluster.kafka.service, "is not running"))
        return ()
    due = dynamic_keys.pending_change(cluster, cluster.kafka.service, broker.due)
    settings = overrides.described(cluster, node)
    found = decide(() if due.restart else due.reconfigure, broker.file, settings, broker.ours)
    changes += [Change("note", "dynamic", name, words) for name, words in found.notes]
    if due.restart:
        return (Change("restart", "running-config", cluster.kafka.service, dynamic_keys.description(due)),)
    _refuse(cluster, node, found)
    if not plan:
        _apply(c, cluster, broker, found, settings)
    changes += _results(
        cluster.kafka.service, due, [*found.ends, *found.steps], settings, "would" if plan else "changed"
    )
    return ()


def _refuse(cluster: Cluster, node: Node, found: OverrideDecision) -> None:
    if found.obstacles:
        raise HostFailure(f"nothing was applied: {'; '.join(found.obstacles)}")
    refused = overrides.refusal(cluster, node, found.steps)
    if refused:
        raise HostFailure(
            f"nothing was applied: the broker rejected {refused}: correct conf/cluster.yaml, install, or run {RESTART}"
        )


def _apply(
    c: Connection, cluster: Cluster, broker: BrokerReport, found: OverrideDecision, settings: Mapping[str, Setting]
) -> None:
    node = node_of(c)
    c.progress.doing = "waiting for the broker to apply it"
    ours = overrides.end(c, cluster, broker.ours, found.ends, settings)
    ours = overrides.take(c, cluster, node, ours, found.steps)
    if broker.due:
        overrides.renew_snapshot(c, cluster, node, broker.checksum)
    if broker.ours - ours:
        overrides.record(c, cluster, node, ours)


def _results(
    service: str, due: PendingChange, steps: Sequence[OverrideStep], settings: Mapping[str, Setting], status: str
) -> Iterator[Change]:
    for step in steps:
        yield Change(status, "dynamic", step.name, _transition(step, settings))
    idle = [name for name in due.reconfigure if name not in {step.name for step in steps}]
    for name in idle:
        yield Change(status, "dynamic", name, "is already in effect")
    if not steps and not idle:
        yield Change("ok", "dynamic", service)


def _transition(step: OverrideStep, settings: Mapping[str, Setting]) -> str:
    after = step.value if step.value is not None else settings[step.name].base[1]
    if after == step.was:
        return f"{after} from the file: override removed"
    return f"{step.was or 'unset'} -> {after or 'unset'}"
