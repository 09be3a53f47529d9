"""Service line: the status of one service, from what its host and the cluster report. Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.dynamic.dynamic_keys import PendingChange
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.cluster.roles.service import Service
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.output.counted import counted
from kafka_fab.output.progress import HostProgress
from kafka_fab.typed_command import FAB

# An exit is reported until systemd's restart of the service has lasted so many seconds.
LATELY = 300.0
NONE = "-"


class ConfigStatus(StrEnum):
    """Whether a service runs the configuration that is on disk."""

    CURRENT = "current"
    DYNAMIC = "dynamic change pending"
    RESTART = "restart needed"
    # By another listener than the others, or with more: not by a roll, pass by pass.
    MOVE = "move due"
    UNKNOWN = "-"


@dataclass(frozen=True)
class ServiceLine:
    """The status of one service of one host; `pending` are the changes on disk that it does not run with yet."""

    host: str
    service: str
    id: int
    state: str
    up: str = NONE
    version: str = NONE
    role: str = NONE
    config: ConfigStatus = ConfigStatus.UNKNOWN
    pending: PendingChange = dynamic_keys.CURRENT
    # The pass of a change of listeners that it waits for.
    move: str = ""
    # A sentence about a service that has exited by itself lately.
    exited: str = ""

    @property
    def config_cell(self) -> str:
        """Return the configuration's status with the keys that differ."""
        if self.config == ConfigStatus.MOVE:
            return f"{self.config}: {self.move} ({FAB} security.move)"
        dynamic, restart = ", ".join(self.pending.reconfigure), "; ".join(self.pending.restart)
        if self.config == ConfigStatus.RESTART:
            return f"{self.config}: {restart}" + (f"; dynamic: {dynamic}" if dynamic else "")
        return f"{self.config}: {dynamic_keys.MAIN}: {dynamic}" if dynamic else str(self.config)


def lines(
    cluster: Cluster,
    progress: HostProgress,
    roles: Mapping[tuple[str, str], str],
    moves: Mapping[tuple[str, str], str],
) -> Iterable[ServiceLine]:
    """Yield a line for each service of a host, from what its script has printed; `moves` are passes that are due."""
    reported: dict[tuple[str, str], Change] = {(change.kind, change.name): change for change in progress.changes}
    for service in services_of(cluster, cluster.nodes[progress.host]):
        if progress.error:
            yield ServiceLine(progress.host, service.role, service.id, "unreachable")
            continue
        state = key_values(reported["state", service.unit].detail)
        running = state["ActiveState"] == "active"
        move = moves.get((progress.host, service.role), "") if running else ""
        pending = _pending(cluster, reported["running-config", service.unit]) if running else dynamic_keys.CURRENT
        yield ServiceLine(
            host=progress.host,
            service=service.role,
            id=service.id,
            state=state["ActiveState"],
            up=_uptime(state) if running else NONE,
            version=version_of(state["Version"]) or f"{version_of(state['Installed'])} (installed)",
            role=roles[progress.host, service.role] if running else NONE,
            config=_config(pending, move) if running else ConfigStatus.UNKNOWN,
            pending=pending,
            move=move,
            exited=_exited(progress.host, service, state, reported),
        )


def _config(pending: PendingChange, move: str) -> ConfigStatus:
    if move:
        return ConfigStatus.MOVE
    if pending.restart:
        return ConfigStatus.RESTART
    return ConfigStatus.DYNAMIC if pending.reconfigure else ConfigStatus.CURRENT


def _exited(host: str, service: Service, state: Mapping[str, str], reported: Mapping[tuple[str, str], Change]) -> str:
    crash = reported.get(("crash", service.unit))
    active = state["ActiveState"] == "active"
    if crash is None or (active and _seconds(state) > LATELY):
        return ""
    values = key_values(crash.detail)
    times = int(values.get("restarts", "0"))
    restarted = f"; systemd restarted it {counted(times, 'time')}" if times else ""
    now = f"; it has run for {_seconds(state):.0f} s since" if active else f"; it is {_described(state)}"
    error = reported.get(("last-error", service.unit))
    last = f"; last error: {error.detail}" if error and error.detail else ""
    return f"{host}: {service.role} exited by itself (status {values.get('status', '?')}){restarted}{now}{last}"


def _described(state: Mapping[str, str]) -> str:
    waits = state.get("SubState") == "auto-restart"
    return f"{state['ActiveState']}, systemd will restart it" if waits else state["ActiveState"]


def _pending(cluster: Cluster, change: Change) -> PendingChange:
    return dynamic_keys.pending_change(cluster, change.name, change.detail if change.status == "restart" else "")


def _uptime(state: Mapping[str, str]) -> str:
    return str(timedelta(seconds=int(_seconds(state))))


def _seconds(state: Mapping[str, str]) -> float:
    return max(0.0, float(state["Uptime"]) - int(state["ActiveEnterTimestampMonotonic"]) / 1e6)
