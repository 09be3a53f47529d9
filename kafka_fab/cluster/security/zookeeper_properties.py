"""ZooKeeper properties: TLS of the servers, and of the brokers as their clients."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security import stores

NETTY_SERVER = "org.apache.zookeeper.server.NettyServerCnxnFactory"
NETTY_CLIENT = "org.apache.zookeeper.ClientCnxnSocketNetty"
X509 = "org.apache.zookeeper.server.auth.X509AuthenticationProvider"


def of_server(cluster: Cluster) -> dict[str, str]:
    """Return what a server says of TLS: clients and other servers must show a certificate of the nodes' CA."""
    if not cluster.settings.security.mtls:
        return {}
    folder = cluster.zookeeper.config_dir
    return {
        "serverCnxnFactory": NETTY_SERVER,
        "authProvider.x509": X509,
        **_stores("ssl.", folder),
        "ssl.clientAuth": "need",
        **(_of_quorum(folder) if len(cluster.ensemble) > 1 else {}),
    }


def _of_quorum(folder: str) -> dict[str, str]:
    return {
        "sslQuorum": "true",
        **_stores("ssl.quorum.", folder),
        "ssl.quorum.clientAuth": "need",
        # A renewed certificate is taken without a restart.
        "sslQuorumReloadCertFiles": "true",
    }


def _stores(prefix: str, folder: str) -> dict[str, str]:
    return {
        f"{prefix}keyStore.type": "PEM",
        f"{prefix}keyStore.location": stores.node_store(folder),
        f"{prefix}trustStore.type": "PEM",
        f"{prefix}trustStore.location": stores.trust_store(folder),
    }


def of_client(cluster: Cluster) -> dict[str, str]:
    """Return how a broker connects to ZooKeeper, and that only brokers may change what it writes there."""
    if not cluster.settings.security.mtls:
        return {}
    folder = cluster.kafka.config_dir
    return {
        "zookeeper.ssl.client.enable": "true",
        "zookeeper.clientCnxnSocket": NETTY_CLIENT,
        "zookeeper.ssl.keystore.type": "PEM",
        "zookeeper.ssl.keystore.location": stores.node_store(folder),
        "zookeeper.ssl.truststore.type": "PEM",
        "zookeeper.ssl.truststore.location": stores.trust_store(folder),
        "zookeeper.set.acl": "true",
    }
