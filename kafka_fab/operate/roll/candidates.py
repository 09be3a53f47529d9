"""Candidates: which services would be restarted next in a state of the cluster. Pure."""

from collections.abc import Collection, Iterable, Sequence

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate import gate
from kafka_fab.gate.batch import next_batch
from kafka_fab.gate.order import COMBINED, Candidate, order, together
from kafka_fab.gate.state import Blocker, State, Waivers
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.operate.roll import restart_blockers
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.runbook.codes import RollCode

Group = tuple[ServiceRef, ...]


def candidate(target: ServiceRef, state: State) -> Candidate:
    """Return a target as a candidate of the restart order."""
    role = COMBINED if target.role == Role.BROKER and target.voter else target.role
    return Candidate(role, target.id, target.host, is_up(target, state))


def is_up(target: ServiceRef, state: State) -> bool:
    """Return whether a service is up in its role: broker, voter that keeps up, server that serves."""
    if target.role == Role.ZOOKEEPER:
        return bool(state.ensemble and target.id in state.ensemble.serving)
    is_broker = target.role != Role.BROKER or target.id in state.up
    return is_broker and (not target.voter or bool(state.quorum and target.id in state.quorum.caught_up))


def leave_together(todo: Iterable[ServiceRef], allowed: Waivers) -> Group:
    """Return the ZooKeeper servers that are restarted in one step, be they up or down: none usually."""
    return tuple(one for one in todo if allowed.ensemble_outage and one.role == Role.ZOOKEEPER)


def quorum_lost(todo: Iterable[ServiceRef], state: State) -> Group:
    """Return those that are down and cannot come up one by one: a majority of them is missing."""
    mine = {candidate(one, state): one for one in todo}
    return tuple(mine[one] for one in together(mine, state))


def next_group(todo: Sequence[ServiceRef], state: State, options: Options) -> Group:
    """Return the next group: those that are down, else one service, or as many brokers as may stop together."""
    together_ = leave_together(todo, options.allowed) or quorum_lost(todo, state)
    if together_:
        return together_
    mine = {candidate(one, state): one for one in todo}
    ranked = order(mine, state, options.backwards)
    first = ranked[0]
    if first.role != Role.BROKER or options.batch == 1 or not first.ready:
        return (mine[first],)
    brokers = {one.id: mine[one] for one in ranked if one.role == Role.BROKER}
    found = next_batch(state, list(brokers), options.batch, allowed=options.allowed)
    return tuple(brokers[number] for number in sorted(found)) or (mine[first],)


def blockers(cluster: Cluster, group: Group, state: State, options: Options) -> tuple[Blocker, ...]:
    """Return why a group must not restart: changes in its files since the start, and the safety check."""
    return (
        *restart_blockers.blockers(cluster, group, options.abandoned),
        *gate.blockers(state, leaving(group), options.allowed),
    )


def lasting(cluster: Cluster, todo: Iterable[ServiceRef], state: State, options: Options) -> tuple[Blocker, ...]:
    """Return the blockers that do not pass by themselves, of all services that are up."""
    up = (one for one in todo if is_up(one, state))
    return tuple(found for one in up for found in blockers(cluster, (one,), state, options) if found.lasting)


def groups(
    todo: Sequence[ServiceRef], state: State, options: Options, stopped: Collection[ServiceRef] = ()
) -> tuple[Group, ...]:
    """Return all groups in order, assuming each is in sync before the next; stopped services first."""
    left, found = list(todo), []
    while left:
        group = next_group(left, state, options)
        group = tuple(one for one in group if one in stopped) or group
        found.append(group)
        left = [one for one in left if one not in group]
    return tuple(found)


def refuse_unknown_topics(state: State, allowed: Waivers) -> None:
    """Raise OperationError where a topic of --accept-downtime does not exist: its name is probably mistyped."""
    topics = {one.topic for one in state.partitions}
    wrong = sorted(allowed.downtime - topics)
    if wrong and not state.unknown:
        named = ", ".join(f"{name}{did_you_mean(name, topics)}" for name in wrong)
        raise OperationError(PREFLIGHT, f"--accept-downtime: no such topic: {named}", RollCode.WRONG_SWITCH)
