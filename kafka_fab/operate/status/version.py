"""Version: what conf/cluster.yaml asks for, what is installed and what runs, per service; and kafka-fab's own."""

import json as json_text
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab import __version__
from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.operate.hosts import services
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import fleet
from kafka_fab.remote.node import node_of


@dataclass(frozen=True)
class Versions:
    """One service's three versions, as the names of their trees."""

    host: str
    service: str
    wanted: str
    installed: str
    running: str


def version(c: Context, json: bool = False) -> None:
    """Print the versions of each service; exit with 1 where a host does not answer."""
    hosts = fleet(c, quiet=True)
    done = hosts.run(lambda c: services.say(c, services.state_commands(hosts.cluster, node_of(c))), "version")
    lines = [line for progress in done for line in _lines(hosts.cluster, progress)]
    if json:
        print(json_text.dumps([asdict(line) for line in lines], indent=2))
    else:
        rows = [(line.host, line.service, line.wanted, line.installed, line.running) for line in lines]
        print(report.table([("host", "service", "wanted", "installed", "running"), *rows]))
        print("\n".join(report.failures(done)), end="\n" * any(progress.error for progress in done))
        print(f"kafka-fab {__version__}")
    if any(progress.error for progress in done):
        raise Exit(code=1)


def _lines(cluster: Cluster, progress: HostProgress) -> Iterator[Versions]:
    wanted = Path(cluster.tree).name
    states = {change.name: change.detail for change in progress.changes if change.kind == "state"}
    for service in services_of(cluster, cluster.nodes[progress.host]):
        if service.unit in states:
            words = key_values(states[service.unit])
            installed = words["Installed"] if words["Installed"] != Path(cluster.settings.paths.link).name else "-"
            yield Versions(progress.host, service.role, wanted, installed, words["Version"] or "-")
