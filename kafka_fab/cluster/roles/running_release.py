"""Running release: the rules that a broker follows by what it runs, which in mid-upgrade are not yet the settings'."""

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.release import release
from kafka_fab.cluster.release.release import V0_8, Release
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.values.role import Role


def of_broker(cluster: Cluster, node: Node) -> Release:
    """Return the rules of a node's broker: requests that 0.8.0 does not know make it close the connection."""
    found = cluster.running.get((node.host, Role.BROKER), Running())
    if release.is_version(found.version):
        return release.of(found.version) or cluster.release
    # A file of 0.8 has port and host.name; each later one has listeners.
    return V0_8 if found.properties and "listeners" not in found.properties else cluster.release
