"""Held certificate: where a process goes on with the certificate of its start after a renewal, until a restart."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role


def used_for(cluster: Cluster, role: Role) -> str:
    """Return for what a service goes on using the certificate of its start."""
    if role == Role.ZOOKEEPER:
        # client.certReload is newer than the servers that come with Kafka.
        return f"for its clients at port {cluster.settings.security.zookeeper_port}"
    if cluster.kraft:
        # KAFKA-20025: mended in no release yet.
        return "for its connections to the controllers"
    if cluster.release.reloads_controller_channel:
        return "for its connection to ZooKeeper"
    return "for its connections to the controller and to ZooKeeper"
