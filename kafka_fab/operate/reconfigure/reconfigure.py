"""Reconfigure: what running brokers take without a restart, told to each of them, and proven by its own word."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.dynamic_keys import RESTART, PendingChange
from kafka_fab.cluster.dynamic.override_decision import OverrideDecision, OverrideStep, Setting, verdict
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import overrides, services
from kafka_fab.operate.hosts.overrides import BrokerReport
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.install.plan import planned
from kafka_fab.output import report
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure


def reconfigure(c: Context, plan: bool = False, json: bool = False) -> None:
    """Bring the chosen hosts' running brokers in line with their files, where no restart is needed for it.

    A broker that needs a restart for another key or file is left as it is and named: the restart brings it all
    at once, and until then it does not run on a mixture that no file describes.
    """
    began, hosts = time.monotonic(), live_fleet(c, quiet=json)
    cluster = hosts.cluster
    if not dynamic_keys.keys(cluster):
        raise Exit(f"Kafka {cluster.settings.version} takes no change while it runs: {RESTART}", code=1)
    chosen = services.having(hosts, Role.BROKER)
    with nullcontext() if plan else Guard(hosts, "reconfigure", chosen) as guard:
        done = hosts.run(lambda c: _bring(c, cluster, plan), "reconfigure", chosen)
        if guard:
            guard.failed("; ".join(f"{progress.host}: {progress.error}" for progress in done if progress.error))
    if json:
        print(report.as_json(done, "reconfigure", hosts.cluster.name))
    else:
        print(planned(done, began) if plan else report.hosts(done, time.monotonic() - began))
    if any(progress.error for progress in done):
        raise Exit(code=1)


def _bring(c: Connection, cluster: Cluster, plan: bool) -> None:
    node, changes = node_of(c), c.progress.changes
    c.progress.doing = "comparing the broker with its file"
    told = overrides.look(c, cluster, node)
    if not told.runs:
        changes.append(Change("ok", "dynamic", cluster.kafka.service, "does not run"))
        return
    due = dynamic_keys.due(cluster, cluster.kafka.service, told.due)
    settings = overrides.described(cluster, node)
    found = verdict(() if due.restart else due.reconfigure, told.file, settings, told.ours)
    changes += [Change("note", "dynamic", name, words) for name, words in found.notes]
    if due.restart:
        changes.append(Change("restart", "running-config", cluster.kafka.service, dynamic_keys.words(due)))
        return
    _refuse(cluster, node, found)
    if not plan:
        _apply(c, cluster, told, found, settings)
    changes += _told(cluster.kafka.service, due, [*found.ends, *found.steps], settings, "would" if plan else "changed")


def _refuse(cluster: Cluster, node: Node, found: OverrideDecision) -> None:
    if found.obstacles:
        raise HostFailure(f"nothing was applied: {'; '.join(found.obstacles)}")
    refused = overrides.refusal(cluster, node, found.steps)
    if refused:
        raise HostFailure(
            f"nothing was applied, the broker refuses: {refused}: correct conf/cluster.yaml and install, or {RESTART}"
        )


def _apply(
    c: Connection, cluster: Cluster, told: BrokerReport, found: OverrideDecision, settings: Mapping[str, Setting]
) -> None:
    node = node_of(c)
    c.progress.doing = "waiting for the broker to run on it"
    ours = overrides.end(c, cluster, told.ours, found.ends, settings)
    ours = overrides.take(c, cluster, node, ours, found.steps)
    if told.due:
        overrides.renew_snapshot(c, cluster, node, told.checksum)
    if told.ours - ours:
        overrides.record(c, cluster, node, ours)


def _told(
    service: str, due: PendingChange, steps: Sequence[OverrideStep], settings: Mapping[str, Setting], status: str
) -> Iterator[Change]:
    for step in steps:
        yield Change(status, "dynamic", step.name, _turn(step, settings))
    idle = [name for name in due.reconfigure if name not in {step.name for step in steps}]
    for name in idle:
        yield Change(status, "dynamic", name, "is in force already")
    if not steps and not idle:
        yield Change("ok", "dynamic", service)


def _turn(step: OverrideStep, settings: Mapping[str, Setting]) -> str:
    after = step.value if step.value is not None else settings[step.name].base[1]
    if after == step.was:
        return f"{after} by the file itself: the override has ended"
    return f"{step.was or 'unset'} -> {after or 'unset'}"
