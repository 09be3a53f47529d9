"""Move due: the services whose listeners a live change is to change, and the pass that each one waits for. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass, NotPossible
from kafka_fab.operate.status.health import HealthProblem, Level
from kafka_fab.runbook.codes import MoveCode
from kafka_fab.typed_command import FAB

if TYPE_CHECKING:
    from kafka_fab.operate.security.listener_changes import ListenerChange

MOVE = f"{FAB} security.move"
Passes = Mapping[tuple[str, str], MovePass]


def passes(cluster: Cluster) -> Passes:
    """Return the pass that each service waits for, by host and role, where old or new listeners are secured."""
    runs_secured = any(transition.is_secured(one.properties) for one in cluster.running.values())
    if not (cluster.settings.security.enabled or runs_secured):
        return {}
    from kafka_fab.operate.security import listener_changes

    found = listener_changes.read(cluster)
    due = [(one, one.due) for one in found if one.due]
    return {(one.target.host, one.target.role): step for one, step in due if _is_possible(one, step)}


def _is_possible(change: "ListenerChange", step: MovePass) -> bool:
    """Return whether a move leads there: another port of the same listener is a roll's to change, or is refused."""
    try:
        transition.properties(change.running, change.wanted, step)
    except NotPossible:
        return False
    return True


def problems(found: Passes, reported: Collection[str]) -> Iterator[HealthProblem]:
    """Yield a problem for each host with services that wait for a pass; `reported` hosts have theirs already."""
    for host in dict.fromkeys(host for host, _ in found):
        if host not in reported:
            roles = ", ".join(f"{role} ({step})" for (where, role), step in found.items() if where == host)
            text = f"{host}: {roles}: the listeners are not those of conf/cluster.yaml yet ({MOVE})"
            yield HealthProblem(Level.DEGRADED, MoveCode.MOVE_NEEDED, text, (host,))
