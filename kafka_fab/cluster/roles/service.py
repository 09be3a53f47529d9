"""Service: one systemd unit of a node, as start, stop, status and the specs see it."""

from types import ModuleType

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import broker, controller, zookeeper_server
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Service:
    """A node's service: its role and id, its unit, and where it logs, listens and keeps its data."""

    role: Role
    id: int
    unit: str
    module: ModuleType
    user: str
    heap: str
    log: str
    ports: tuple[int, ...]
    data: tuple[str, ...]

    @property
    def log_folder(self) -> str:
        """Return where it logs."""
        return self.log.rpartition("/")[0]


def services(cluster: Cluster, node: Node) -> tuple[Service, ...]:
    """Return a node's services in the order in which they start."""
    made = (_zookeeper(cluster, node), _controller(cluster, node), _broker(cluster, node))
    return tuple(service for service in made if service)


def _zookeeper(cluster: Cluster, node: Node) -> Service | None:
    if not node.zookeeper:
        return None
    its = cluster.zookeeper
    log, ports, data = zookeeper_server.log(cluster), (cluster.wires.zookeeper.port,), (its.data_dir,)
    number, unit = node.zookeeper.id, its.service
    return Service(Role.ZOOKEEPER, number, unit, zookeeper_server, its.user, its.heap, log, ports, data)


def _controller(cluster: Cluster, node: Node) -> Service | None:
    if not node.controller or node.broker:
        return None
    its, kafka = cluster.settings.controller, cluster.kafka
    log, data = controller.log(cluster), (its.metadata_dir,)
    number, unit = node.controller.id, its.service
    ports = (cluster.wires.controller.port,)
    return Service(Role.CONTROLLER, number, unit, controller, kafka.user, its.heap, log, ports, data)


def _broker(cluster: Cluster, node: Node) -> Service | None:
    if not node.broker:
        return None
    its = cluster.kafka
    ports = broker.ports(cluster, node)
    log, data = broker.log(cluster), its.log_dirs
    return Service(Role.BROKER, node.broker.id, its.service, broker, its.user, its.heap, log, ports, data)
