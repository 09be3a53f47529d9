"""Ensemble roles: the current role of each service: leader, follower, controller, broker. Pure."""

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import State, VoterState

ServiceRoles = dict[tuple[str, str], str]


def service_roles(cluster: Cluster, state: State) -> ServiceRoles:
    """Return the current role of each service, by host and service."""
    found: ServiceRoles = {}
    for node in cluster.nodes.values():
        if node.zookeeper:
            found[node.host, Role.ZOOKEEPER] = _server(state, node.zookeeper.id)
        if node.broker:
            found[node.host, Role.BROKER] = _broker(state, node)
        elif node.controller:
            found[node.host, Role.CONTROLLER] = _voter(state.quorum, node.controller.id)
    return found


def _server(state: State, number: int) -> str:
    if state.ensemble and number in state.ensemble.standalone:
        return "standalone"
    if not state.ensemble or number not in state.ensemble.serving:
        return "no quorum"
    if len(state.ensemble.servers) == 1:
        return "standalone"
    return "leader" if number == state.ensemble.leader else "follower"


def _broker(state: State, node: Node) -> str:
    assert node.broker
    if node.broker.id not in state.up:
        rank = "not registered"
    else:
        rank = "controller" if node.broker.id == state.controller else "broker"
    return f"{rank}, {_voter(state.quorum, node.broker.id)}" if node.combined else rank


def _voter(quorum: VoterState | None, number: int) -> str:
    if quorum is None:
        return "no quorum"
    if number == quorum.leader:
        return "active controller"
    return "controller" if number in quorum.voters else "observer"
