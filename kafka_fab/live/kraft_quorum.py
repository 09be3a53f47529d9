"""KRaft quorum: the quorum as its leader describes it; controllers are asked one by one at their own listener."""

from collections.abc import Sequence
from dataclasses import field
from functools import partial

from kafka_fab.cluster.identity.voters import Voters
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client import api_versions, describe_quorum
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.describe_quorum import QuorumDescription
from kafka_fab.live.client.features import METADATA_VERSION
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.typed_command import FAB

# The metadata.version of 3.3-IV1, with which NoOpRecords begin (KAFKA-13883).
WITH_NO_OPS = 5


@dataclass(frozen=True)
class Features:
    """The cluster's finalized features as a node reports them, or the error."""

    levels: dict[str, int] = field(default_factory=dict)
    error: str = ""


def describe(cluster: Cluster, seconds: float = SECONDS) -> QuorumDescription:
    """Return the quorum as its leader describes it; raise Unreachable where no controller leads."""
    reasons = []
    for node in cluster.controllers:
        try:
            found = _describe(cluster, node, seconds)
        except Unreachable as error:
            reasons.append(str(error))
            continue
        if found:
            return found
    raise Unreachable(leaderless(len(cluster.controllers), reasons))


def leaderless(number: int, reasons: Sequence[str]) -> str:
    """Return that none of so many controllers leads, and what to do; with the reasons of those that did not answer."""
    answering, need = number - len(reasons), number // 2 + 1
    details = f" ({'; '.join(reasons)})" if reasons else ""
    if answering < need:
        return (
            f"no controller leads the quorum: {answering} of {number} answer, and {need} are needed{details}. "
            f"Start those that are down ({FAB} start)"
        )
    return (
        f"no controller leads the quorum, although {answering} of {number} answer{details}. Wait: an election takes "
        f"seconds, longer while a controller starts. Only if that lasts for minutes, disks of voters are missing or "
        f"were replaced: see {FAB} quorum.show"
    )


def described(cluster: Cluster, seconds: float = SECONDS) -> tuple[QuorumDescription | None, str]:
    """Return the quorum, or None and why it cannot be described."""
    try:
        return describe(cluster, seconds), ""
    except Unreachable as error:
        return None, str(error)


def has_leader(cluster: Cluster, seconds: float = SECONDS) -> bool:
    """Return whether the quorum has a leader that answers."""
    return described(cluster, seconds)[0] is not None


def _describe(cluster: Cluster, node: Node, seconds: float) -> QuorumDescription | None:
    version = describe_quorum.DYNAMIC if cluster.running_release.dynamic_quorum else describe_quorum.STATIC
    asked = endpoint.of_controller(cluster, node)
    try:
        return describe_quorum.describe(partial(ask, asked, seconds=seconds), version)
    except RequestRejected as error:
        raise Unreachable(f"{endpoint.place(asked)}: {error}") from error


def voters(cluster: Cluster, found: QuorumDescription) -> Voters:
    """Return the voters for the checks of their disks; a static quorum has no directory ids."""
    directories = {voter.id: voter.directory if cluster.dynamic_quorum else "" for voter in found.voters}
    return Voters(directories, frozenset(voter.id for voter in found.caught_up()), found.high_watermark)


def features(asked: Endpoint, seconds: float = SECONDS) -> Features:
    """Return the finalized features as one broker or controller reports them."""
    try:
        return Features(api_versions.finalized_features(partial(ask, asked, seconds=seconds)))
    except Unreachable as error:
        return Features(error=str(error))


def writes_no_ops(cluster: Cluster, leader: int, seconds: float = SECONDS) -> bool:
    """Return whether the active controller writes a record while nothing happens, by its finalized version."""
    asked = (node for node in cluster.controllers if node.controller and node.controller.id == leader)
    found = (features(endpoint.of_controller(cluster, node), seconds).levels for node in asked)
    return any(levels.get(METADATA_VERSION, 0) >= WITH_NO_OPS for levels in found)


def answers(cluster: Cluster, node: Node, seconds: float = SECONDS) -> bool:
    """Return whether a controller answers at its own listener."""
    return not features(endpoint.of_controller(cluster, node), seconds).error
