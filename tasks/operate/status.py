"""Status: one line a service: what runs where, since when, in which version and role."""

import json as json_text
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster import dynamic
from tasks.cluster.dynamic import Due
from tasks.cluster.model import Cluster
from tasks.cluster.service import services as services_of
from tasks.live import standing
from tasks.operate import services
from tasks.remote import report
from tasks.remote.change import Change
from tasks.remote.fleet import Fleet, fleet
from tasks.remote.progress import Progress


@dataclass(frozen=True)
class Line:
    """One service of one host."""

    host: str
    service: str
    id: int
    state: str
    up: str = "-"
    version: str = "-"
    role: str = "-"
    in_step: str = "-"
    due: Due = dynamic.IN_STEP


def status(c: Context, json: bool = False) -> None:
    """Print a line for each service; exit with 1 where one is not active."""
    hosts = fleet(c, quiet=True)
    lines, silent = gather(hosts)
    if json:
        print(json_text.dumps({"services": [asdict(line) for line in lines], "unreachable": silent}, indent=2))
    else:
        print(_table(lines))
        print("\n".join(f"{host}: {reason}" for host, reason in silent.items()), end="\n" * bool(silent))
    if silent or any(line.state != "active" for line in lines):
        raise Exit(code=1)


def gather(hosts: Fleet) -> tuple[list[Line], dict[str, str]]:
    """Return a line for each service, and why some hosts did not answer."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=1) as pool:
        standings = pool.submit(standing.standings, cluster)
        done = hosts.run(lambda c: services.say(c, services.state_commands(cluster, services.node_of(c))), "status")
        roles = standings.result()
    lines = [line for progress in done for line in _lines(cluster, progress, roles)]
    return lines, {progress.host: progress.error for progress in done if progress.error}


def _lines(cluster: Cluster, progress: Progress, roles: dict[tuple[str, str], str]) -> Iterable[Line]:
    said: dict[tuple[str, str], Change] = {(change.kind, change.name): change for change in progress.changes}
    for service in services_of(cluster, cluster.nodes[progress.host]):
        if progress.error:
            yield Line(progress.host, service.role, service.id, "unreachable")
            continue
        words = services.words(said["state", service.unit].detail)
        running = words["ActiveState"] == "active"
        due = _due(cluster, said["in-step", service.unit]) if running else dynamic.IN_STEP
        yield Line(
            host=progress.host,
            service=service.role,
            id=service.id,
            state=words["ActiveState"],
            up=_uptime(words) if running else "-",
            version=words["Version"] or f"{words['Installed']} (installed)",
            role=roles[progress.host, service.role] if running else "-",
            in_step=_in_step(due) if running else "-",
            due=due,
        )


def _due(cluster: Cluster, change: Change) -> Due:
    return dynamic.due(cluster, change.name, change.detail if change.status == "restart" else "")


def _in_step(due: Due) -> str:
    return dynamic.in_a_cell(due) if due != dynamic.IN_STEP else "yes"


def _uptime(words: dict[str, str]) -> str:
    since = float(words["Uptime"]) - int(words["ActiveEnterTimestampMonotonic"]) / 1e6
    return str(timedelta(seconds=max(0, int(since))))


def _table(lines: list[Line]) -> str:
    rows: list[tuple[object, ...]] = [("host", "service", "id", "state", "up", "version", "role", "in step")]
    rows += [(x.host, x.service, x.id, x.state, x.up, x.version, x.role, x.in_step) for x in lines]
    return report.table(rows)
