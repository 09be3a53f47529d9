"""Lock refusal: who holds the locks, since when, its progress, and what to do."""

from collections.abc import Mapping

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.service import services
from kafka_fab.locking.host_locks import Held, look
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.remote.fleet import Fleet
from kafka_fab.typed_command import FAB

ROLLING, MOVING, SECURING = "rolling-restart", "topics.apply", "security.move"
UPGRADING, ROLLING_BACK, FINALIZING = "upgrade", "upgrade.rollback", "finalize"
# Operations that restart services step by step.
ROLLS = (ROLLING, SECURING, UPGRADING, ROLLING_BACK, FINALIZING)
# What continues with a switch; others are called again.
RESUMED = {ROLLING: ROLLING, UPGRADING: UPGRADING, ROLLING_BACK: UPGRADING}
# What an operation takes over where it was interrupted: nobody has to abandon it first.
TAKES_OVER = {ROLLING_BACK: (UPGRADING,)}
# A service that was seen in sync is recorded so on its host; one that has only started is not.
IN_SYNC, STARTED = "in-sync", "started"
IN_PROGRESS = ("triggered", "stopping", "stopped", "starting")


def steps(hosts: Fleet, run: Run) -> dict[str, dict[str, str]]:
    """Return what the hosts have recorded of each of a run's steps, by host:role; raise OperationError."""
    units = _units(hosts.cluster)
    mine = [name for name in run.targets if name in units]
    found = look(hosts, lambda host: [units[name] for name in mine if name.startswith(f"{host}:")])
    recorded = {name: found[name.partition(":")[0]].get(units[name], {}) for name in mine}
    return {name: words for name, words in recorded.items() if words.get("run") == run.id}


def _units(cluster: Cluster) -> dict[str, str]:
    nodes = cluster.nodes.values()
    return {f"{node.host}:{service.role}": service.unit for node in nodes for service in services(cluster, node)}


def refusal(hosts: Fleet, taken: Held) -> str:
    """Return why an operation cannot begin now, and what to do."""
    run = taken.run
    progress = _progress(hosts, run) if run.task in ROLLS else run.progress
    who = f"{run.name}{': ' if progress else ''}{progress}"
    if taken.how == "held":
        return f"another operation is in progress: {who}. Wait until it ends"
    return f"an earlier operation was interrupted: {who}; {how_to_continue(run.task)}"


def _progress(hosts: Fleet, run: Run) -> str:
    try:
        return progress_text(run, steps(hosts, run)) if run.targets else run.progress
    except OperationError:
        # A host is down: the lock's holder is still reported, without its progress.
        return ""


def progress_text(run: Run, recorded: Mapping[str, Mapping[str, str]]) -> str:
    """Return the progress of a roll: services in sync, only started, and in progress."""
    phases = {name: words.get("phase", "") for name, words in recorded.items()}
    in_sync = sum(phase == IN_SYNC for phase in phases.values())
    started = [name for name, phase in phases.items() if phase == STARTED]
    current = [name.partition(":")[0] for name, phase in phases.items() if phase in IN_PROGRESS]
    text = f"{in_sync} of {len(run.targets)} restarted"
    text += f", {len(started)} started but not seen in sync" if started else ""
    return text + (f", now restarting {', '.join(current)}" if current else "")


def takes_over(task: str, interrupted: Run | None) -> bool:
    """Return whether an operation begins although an earlier one was interrupted."""
    return interrupted is not None and interrupted.task in TAKES_OVER.get(task, ())


def how_to_continue(task: str) -> str:
    """Return how to continue an interrupted operation."""
    if task in ROLLS:
        abandon = f"{FAB} {RESUMED.get(task, ROLLING)} --abandon"
        back = f" go back with `{FAB} upgrade --rollback`," if task == UPGRADING else ""
        return f"continue with `{continuation(task)}`,{back} or abandon it with `{abandon}`"
    return f"run `{FAB} {task}`: it cleans up what was left"


def continuation(task: str) -> str:
    """Return the command that continues an interrupted roll."""
    return f"{FAB} {RESUMED[task]} --resume" if task in RESUMED else f"{FAB} {task}"
