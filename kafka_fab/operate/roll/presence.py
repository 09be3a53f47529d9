"""Presence: which services have a process, and which stopped ones keep the quorum from a majority."""

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import State
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.candidates import Group, is_up
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.remote.fleet import Fleet

QUORUM_ROLES = (Role.ZOOKEEPER, Role.CONTROLLER, Role.BROKER)


@dataclass(frozen=True)
class Presence:
    """Services without a process with their unit's state, and those whose host did not answer with the reason."""

    stopped: dict[ServiceRef, str]
    unreachable: dict[ServiceRef, str]


def look(hosts: Fleet, asked: Iterable[ServiceRef], task: str) -> Presence:
    """Ask the hosts which of some services have no process; a broker that recovers its logs has one."""
    asked = tuple(asked)
    done = hosts.run(
        lambda c: {one: services.unit_state(c, one.unit) for one in asked if one.host == c.original_host},
        task,
        dict.fromkeys(one.host for one in asked),
    )
    states = {one: state for progress in done if not progress.error for one, state in progress.value.items()}
    errors = {progress.host: progress.error for progress in done if progress.error}
    return Presence(
        {one: state for one, state in states.items() if not _runs(state)},
        {one: errors[one.host] for one in asked if one.host in errors},
    )


def _runs(unit_state: str) -> bool:
    # Between two attempts of systemd there is no process.
    return unit_state.startswith(("active", "activating", "deactivating")) and not unit_state.endswith("auto-restart")


def missing_quorum_members(cluster: Cluster, state: State) -> Group:
    """Return the voters or servers that are not up, where the others are no majority."""
    voters = state.quorum is None or state.quorum.leader < 0 or not state.quorum.has_majority
    ensemble = state.ensemble is None or 2 * len(state.ensemble.serving) <= len(state.ensemble.servers)
    lost = voters if cluster.kraft else ensemble
    members = tuple(one for one in targets(cluster, cluster.nodes, QUORUM_ROLES) if _is_member(one))
    return tuple(one for one in members if not is_up(one, state)) if lost else ()


def stopped_majority(cluster: Cluster, todo: Iterable[ServiceRef], stopped: Iterable[ServiceRef]) -> Group:
    """Return the stopped voters or servers that a majority needs, where the roll starts none of them."""
    members = [one for one in targets(cluster, cluster.nodes, QUORUM_ROLES) if _is_member(one)]
    down = tuple(one for one in members if one in set(stopped))
    return () if 2 * (len(members) - len(down)) > len(members) or set(down) & set(todo) else down


def _is_member(one: ServiceRef) -> bool:
    return one.voter or one.role == Role.ZOOKEEPER
