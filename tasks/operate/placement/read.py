"""Read: where everything lies, from the metadata and what brokers tell of their disks, or from the disks themselves."""

from concurrent.futures import ThreadPoolExecutor

from tasks.cluster.model import Cluster, Node
from tasks.live import sizes
from tasks.live.sizes import Directory
from tasks.live.state import look
from tasks.live.wire import Silent
from tasks.operate.placement import disk
from tasks.operate.placement.model import Broker, Placement, placement
from tasks.remote.fleet import Fleet

SECONDS = 10.0


class Unreadable(Exception):
    """The cluster's metadata cannot be read, with the reason in a sentence."""


def read(hosts: Fleet) -> Placement:
    """Return where everything is; raise Unreadable where nobody tells of the partitions."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(look, hosts.cluster)
        found = brokers(hosts)
        state = asked.result()
    if not state.partitions and state.unknown:
        raise Unreadable("; ".join(state.unknown))
    return placement(state, found)


def brokers(hosts: Fleet) -> list[Broker]:
    """Return all brokers of hosts.ini with their log directories, as the version lets them be looked up."""
    cluster = hosts.cluster
    if cluster.release.log_dirs_version is None:
        found = disk.directories(hosts)
        return [_broker(node, *disk.of_node(node, found)) for node in cluster.brokers]
    with ThreadPoolExecutor(max_workers=50) as pool:
        return list(pool.map(lambda node: _broker(node, *_told(cluster, node)), cluster.brokers))


def _told(cluster: Cluster, node: Node) -> tuple[tuple[Directory, ...], str]:
    try:
        return sizes.directories(cluster, node, SECONDS), ""
    except Silent as silent:
        return (), f"{node.host}: its log directories are not known: {silent}"


def _broker(node: Node, directories: tuple[Directory, ...], silent: str) -> Broker:
    assert node.broker
    return Broker(node.broker.id, node.host, node.broker.rack, directories=directories, silent=silent)
