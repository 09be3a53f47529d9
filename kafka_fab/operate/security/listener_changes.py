"""Listener changes: what each service runs with, what it is to run with, and the pass that is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import File
from kafka_fab.cluster.roles import service_files
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.running_config import RunningListener
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import ServiceRef, targets

Properties = Mapping[str, str]


@dataclass(frozen=True)
class ListenerChange:
    """A service: its properties since its start, empty where it does not run, and those that it is to have."""

    target: ServiceRef
    running: Properties
    wanted: Properties

    @property
    def due(self) -> MovePass | None:
        """Return the first pass that the service has not been restarted for."""
        return transition.due(self.running, self.wanted) if self.running else None

    @property
    def closing(self) -> tuple[RunningListener, ...]:
        """Return the listeners for clients that the last pass closes."""
        return transition.removed(self.running, self.wanted) if self.running else ()


def read(cluster: Cluster) -> tuple[ListenerChange, ...]:
    """Return all services with what they run with, as `Cluster.running` knows it."""
    return tuple(_change(cluster, one) for one in targets(cluster, cluster.nodes, WITH_ZOOKEEPER))


def _change(cluster: Cluster, target: ServiceRef) -> ListenerChange:
    node = cluster.nodes[target.host]
    service = next(one for one in services(cluster, node) if one.role == target.role)
    found = cluster.running.get((target.host, target.role))
    return ListenerChange(target, found.properties if found else {}, service_files.properties(cluster, node, service))


def stopped(listener_changes: Sequence[ListenerChange]) -> tuple[ListenerChange, ...]:
    """Return the services that do not run: what they would start with is not known to the others."""
    return tuple(change for change in listener_changes if not change.running)


def due(listener_changes: Sequence[ListenerChange]) -> MovePass | None:
    """Return the pass that is due in the cluster: none begins before the one ahead of it is complete."""
    return transition.cluster_due((change.running, change.wanted) for change in listener_changes if change.running)


def readvertised(change: ListenerChange) -> dict[str, tuple[str, str]]:
    """Return by listener what brokers advertise, and are to advertise instead."""
    before, after = (transition.advertised(found) for found in (change.running, change.wanted))
    return {name: (before[name], place) for name, place in after.items() if before.get(name, place) != place}


def files(cluster: Cluster, change: ListenerChange, step: MovePass) -> tuple[File, ...]:
    """Return a service's files in a pass; raise NotPossible where one listener means two things meanwhile."""
    node = cluster.nodes[change.target.host]
    service = next(one for one in services(cluster, node) if one.role == change.target.role)
    wanted = transition.properties(change.running, change.wanted, step)
    return service_files.with_properties(cluster, node, service, wanted)
