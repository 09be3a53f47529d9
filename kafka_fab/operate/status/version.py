"""Version: the version that conf/cluster.yaml sets, the installed and the running one of each service, and our own."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab import __version__
from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.operate.hosts import services
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import fleet
from kafka_fab.remote.node import node_of


@dataclass(frozen=True)
class Versions:
    """The three versions of one service."""

    host: str
    service: str
    configured: str
    installed: str
    running: str


def version(c: Context, json: bool = False) -> None:
    """Print the versions of each service; exit with 1 where a host does not answer."""
    hosts = fleet(c, quiet=True)
    done = hosts.run(lambda c: services.run(c, services.state_commands(hosts.cluster, node_of(c))), "version")
    lines = [line for progress in done for line in _lines(hosts.cluster, progress)]
    if json:
        print(document("version", hosts.cluster.name, as_dict(lines, done)))
    else:
        rows = [(line.host, line.service, line.configured, line.installed, line.running) for line in lines]
        print(report.table([("host", "service", "configured", "installed", "running"), *rows]))
        print("\n".join(report.failures(done)), end="\n" * any(progress.error for progress in done))
        print(f"kafka-fab {__version__}")
    if any(progress.error for progress in done):
        raise Exit(code=1)


def as_dict(lines: Iterable[Versions], done: Iterable[HostProgress]) -> dict[str, Any]:
    """Return the versions for JSON: kafka-fab's own, those of each service, and the hosts that did not answer."""
    unreachable = {progress.host: progress.error for progress in done if progress.error}
    return {"kafka_fab": __version__, "services": [asdict(line) for line in lines], "unreachable": unreachable}


def _lines(cluster: Cluster, progress: HostProgress) -> Iterator[Versions]:
    configured = version_of(Path(cluster.tree).name)
    states = {change.name: change.detail for change in progress.changes if change.kind == "state"}
    for service in services_of(cluster, cluster.nodes[progress.host]):
        if service.unit in states:
            state = key_values(states[service.unit])
            found = version_of(state["Installed"]) or "-", version_of(state["Version"]) or "-"
            yield Versions(progress.host, service.role, configured, *found)
