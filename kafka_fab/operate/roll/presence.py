"""Presence: which services have a process, as their hosts tell; and who is missing so that nothing passes by itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import State
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.candidates import Group, is_up
from kafka_fab.operate.roll.roll_service import Target, targets
from kafka_fab.remote.fleet import Fleet

KEEPERS = (Role.ZOOKEEPER, Role.CONTROLLER, Role.BROKER)


@dataclass(frozen=True)
class Presence:
    """Services by what their hosts say: those without a process with their unit's state, and hosts that are silent."""

    stopped: dict[Target, str]
    silent: dict[Target, str]


def look(hosts: Fleet, asked: Iterable[Target], task: str) -> Presence:
    """Ask the hosts of some services which of them have no process; one that recovers its logs has one."""
    asked = tuple(asked)
    done = hosts.run(
        lambda c: {one: services.unit_state(c, one.unit) for one in asked if one.host == c.original_host},
        task,
        dict.fromkeys(one.host for one in asked),
    )
    told = {one: state for progress in done if not progress.error for one, state in progress.value.items()}
    errors = {progress.host: progress.error for progress in done if progress.error}
    return Presence(
        {one: state for one, state in told.items() if not _runs(state)},
        {one: errors[one.host] for one in asked if one.host in errors},
    )


def _runs(unit_state: str) -> bool:
    # Between two of systemd's own tries there is no process.
    return unit_state.startswith(("active", "activating", "deactivating")) and not unit_state.endswith("auto-restart")


def missing_keepers(cluster: Cluster, state: State) -> Group:
    """Return the voters and servers that are not up, where those that are make no majority."""
    voters = state.quorum is None or state.quorum.leader < 0 or not state.quorum.has_majority
    ensemble = state.ensemble is None or 2 * len(state.ensemble.serving) <= len(state.ensemble.servers)
    lost = voters if cluster.kraft else ensemble
    keepers = tuple(one for one in targets(cluster, cluster.nodes, KEEPERS) if _keeps(one))
    return tuple(one for one in keepers if not is_up(one, state)) if lost else ()


def lost_for_good(cluster: Cluster, todo: Iterable[Target], stopped: Iterable[Target]) -> Group:
    """Return the stopped voters or servers without which there is no majority, where the roll starts none of them."""
    keepers = [one for one in targets(cluster, cluster.nodes, KEEPERS) if _keeps(one)]
    down = tuple(one for one in keepers if one in set(stopped))
    return () if 2 * (len(keepers) - len(down)) > len(keepers) or set(down) & set(todo) else down


def _keeps(one: Target) -> bool:
    return one.voter or one.role == Role.ZOOKEEPER
