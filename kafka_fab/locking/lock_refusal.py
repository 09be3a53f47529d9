"""Lock refusal: who holds the locks, since when, how far that is, and what to do, in sentences."""

from collections.abc import Mapping

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.service import services
from kafka_fab.locking.host_locks import Held, look
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.remote.fleet import Fleet
from kafka_fab.typed_command import FAB

ROLLING, MOVING = "rolling-restart", "topics.apply"
# A service that is seen to be back is proven so on its host; one that has only started is not.
BACK, STARTED = "back", "started"
ON_THEIR_WAY = ("triggered", "stopping", "stopped", "starting")


def steps(hosts: Fleet, run: Run) -> dict[str, dict[str, str]]:
    """Return what the hosts have written down of each of a run's steps, by host:role; raise OperationError."""
    units = _units(hosts.cluster)
    mine = [name for name in run.targets if name in units]
    found = look(hosts, lambda host: [units[name] for name in mine if name.startswith(f"{host}:")])
    told = {name: found[name.partition(":")[0]].get(units[name], {}) for name in mine}
    return {name: words for name, words in told.items() if words.get("run") == run.id}


def _units(cluster: Cluster) -> dict[str, str]:
    nodes = cluster.nodes.values()
    return {f"{node.host}:{service.role}": service.unit for node in nodes for service in services(cluster, node)}


def refusal(hosts: Fleet, taken: Held) -> str:
    """Return why an operation cannot begin now."""
    run = taken.run
    far = _far(hosts, run) if run.task == ROLLING else run.far
    who = f"{run.name}{': ' if far else ''}{far}"
    if taken.how == "held":
        return f"another operation is under way: {who}. Wait for its end"
    return f"an earlier operation has not come to its end: {who}; {way_on(run.task)}"


def _far(hosts: Fleet, run: Run) -> str:
    try:
        return how_far(run, steps(hosts, run)) if run.targets else run.far
    except OperationError:
        # A host is down: that the lock is held is said all the same.
        return ""


def how_far(run: Run, told: Mapping[str, Mapping[str, str]]) -> str:
    """Return how far a roll is: what is proven to be back, what has only started, what is under way."""
    phases = {name: words.get("phase", "") for name, words in told.items()}
    back = sum(phase == BACK for phase in phases.values())
    started = [name for name, phase in phases.items() if phase == STARTED]
    at = [name.partition(":")[0] for name, phase in phases.items() if phase in ON_THEIR_WAY]
    text = f"{back} of {len(run.targets)} restarted"
    text += f", {len(started)} started and not seen to be back" if started else ""
    return text + (f", now at {', '.join(at)}" if at else "")


def way_on(task: str) -> str:
    """Return how to go on with an operation that was cut off."""
    if task == ROLLING:
        return f"go on with it by `{FAB} rolling-restart --resume`, or give it up by `{FAB} rolling-restart --abandon`"
    return f"`{FAB} {task}` clears up what it has left"
