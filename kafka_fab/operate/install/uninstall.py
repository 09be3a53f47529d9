"""Uninstall: remove services, configuration and software; data and logs only with --data."""

import time
from collections.abc import Sequence
from functools import partial

from invoke.context import Context

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import node_resources
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.consent import agree
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.lifecycle.stop import refuse_unsafe, stop_all
from kafka_fab.output import report
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet, fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection


@dataclass(frozen=True)
class UninstallOptions:
    """The switches of the task."""

    data: bool = False
    yes: bool = False
    json: bool = False
    force: bool = False
    accept_loss: Sequence[str] = ()


def uninstall(c: Context, options: UninstallOptions) -> None:
    """Stop and remove the services, their configuration and the software; keep data and logs."""
    began, hosts = time.monotonic(), fleet(c, quiet=options.json)
    agree(hosts.cluster, _action(hosts, options.data), "uninstall", options.yes)
    with Guard(hosts, "uninstall", hosts.hosts, options.force) as guard:
        running.require_own(hosts)
        stopped = []
        if _running(hosts):
            judge = partial(refuse_unsafe, hosts, options.force, options.accept_loss)
            judge()
            stopped = stop_all(hosts, guard, judge)
        removed = require_success(
            hosts.run(lambda c: _remove(c, hosts.cluster, options.data, guard.run.id), "uninstall")
        )
    done = [*stopped, *removed]
    seconds, name = time.monotonic() - began, hosts.cluster.name
    print(report.as_json(done, "uninstall", name) if options.json else report.hosts(done, seconds))


def _running(hosts: Fleet) -> bool:
    asked = require_success(hosts.run(lambda c: _states(c, hosts.cluster), "uninstall"))
    return any(state.startswith("active") for progress in asked for state in progress.value)


def _states(c: Connection, cluster: Cluster) -> list[str]:
    return [services.unit_state(c, service.unit) for service in services_of(cluster, node_of(c))]


def _remove(c: Connection, cluster: Cluster, data: bool, run: str) -> None:
    converge(c, node_resources.removal(cluster, node_of(c), data), run=run)


def _action(hosts: Fleet, data: bool) -> str:
    what = "Kafka AND ALL ITS DATA AND LOGS" if data else "Kafka (data and logs stay)"
    return f"stop and remove {what} on {', '.join(hosts.hosts)}"
