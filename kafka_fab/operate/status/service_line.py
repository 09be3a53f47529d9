"""Service line: one service of one host, from what the host and the cluster say of it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.dynamic_keys import PendingChange
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.output.progress import HostProgress

# A start by systemd itself is told of for so many seconds.
LATELY = 300.0


@dataclass(frozen=True)
class ServiceLine:
    """One service of one host."""

    host: str
    service: str
    id: int
    state: str
    up: str = "-"
    version: str = "-"
    role: str = "-"
    in_step: str = "-"
    due: PendingChange = dynamic_keys.IN_STEP
    # In a sentence, of a service that has ended by itself lately.
    crashes: str = ""


def lines(cluster: Cluster, progress: HostProgress, roles: Mapping[tuple[str, str], str]) -> Iterable[ServiceLine]:
    """Yield a line for each service of a host, from what its script has said."""
    said: dict[tuple[str, str], Change] = {(change.kind, change.name): change for change in progress.changes}
    for service in services_of(cluster, cluster.nodes[progress.host]):
        if progress.error:
            yield ServiceLine(progress.host, service.role, service.id, "unreachable")
            continue
        words = key_values(said["state", service.unit].detail)
        running = words["ActiveState"] == "active"
        due = _due(cluster, said["in-step", service.unit]) if running else dynamic_keys.IN_STEP
        yield ServiceLine(
            host=progress.host,
            service=service.role,
            id=service.id,
            state=words["ActiveState"],
            up=_uptime(words) if running else "-",
            version=words["Version"] or f"{words['Installed']} (installed)",
            role=roles[progress.host, service.role] if running else "-",
            in_step=_in_step(due) if running else "-",
            due=due,
            crashes=_crashes(progress.host, service.role, words, said.get(("crash", service.unit))),
        )


def _crashes(host: str, role: str, words: Mapping[str, str], crash: Change | None) -> str:
    if crash is None or (words["ActiveState"] == "active" and _seconds(words) > LATELY):
        return ""
    told = key_values(crash.detail)
    times = int(told.get("restarts", "0"))
    often = f", was started again {times} time{'s' * (times != 1)}" if times else ""
    runs = f" and has run for {_seconds(words):.0f} s" if words["ActiveState"] == "active" else f", is {_state(words)}"
    error = crash.detail.split(" ", 2)[2:]
    last = f"; its last error: {error[0]}" if error and error[0] else ""
    return f"{host}: {role} has ended by itself (status {told.get('status', '?')}){often}{runs}{last}"


def _state(words: Mapping[str, str]) -> str:
    waits = words.get("SubState") == "auto-restart"
    return f"{words['ActiveState']}, to be started again" if waits else words["ActiveState"]


def _due(cluster: Cluster, change: Change) -> PendingChange:
    return dynamic_keys.due(cluster, change.name, change.detail if change.status == "restart" else "")


def _in_step(due: PendingChange) -> str:
    return dynamic_keys.in_a_cell(due) if due != dynamic_keys.IN_STEP else "yes"


def _uptime(words: Mapping[str, str]) -> str:
    return str(timedelta(seconds=int(_seconds(words))))


def _seconds(words: Mapping[str, str]) -> float:
    return max(0.0, float(words["Uptime"]) - int(words["ActiveEnterTimestampMonotonic"]) / 1e6)
