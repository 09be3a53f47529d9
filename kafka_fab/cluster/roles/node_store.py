"""Node store: a host's private key and certificates, and the CAs that its services trust."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import pem
from kafka_fab.cluster.resource import File, NodeStore, Pkcs12, Resource, SharedCa
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.settings.security_settings import CertificateSource, LoginMethod
from kafka_fab.cluster.values import address

MODE = "440"


def resources(cluster: Cluster, node: Node) -> tuple[Resource, ...]:
    """Return the key and the certificates of a host as they are to be; nothing where the cluster has no TLS."""
    if not is_needed(cluster, node):
        return ()
    return (*_trust(cluster, node), *keys(cluster, node, chain(cluster, node)))


def invariants(cluster: Cluster, node: Node) -> tuple[SharedCa, ...]:
    """Return that a host's services go on trusting one of the CAs that they trust."""
    authorities = trusted(cluster) if is_needed(cluster, node) else ""
    return tuple(
        SharedCa(stores.trust_store(folder), authorities) for folder, _ in folders(cluster, node) if authorities
    )


def is_needed(cluster: Cluster, node: Node) -> bool:
    """Return whether a host has a certificate: ZooKeeper has one only where the nodes use TLS among themselves."""
    security = cluster.settings.security
    return security.mtls or (security.tls and bool(node.broker))


def chain(cluster: Cluster, node: Node) -> str:
    """Return the chain that was issued to a host, as the cluster's folder has it; nothing where it has none."""
    if cluster.settings.security.certificates.source == CertificateSource.FILES:
        return pem.certificates(_text(cluster, cluster.settings.security.certificates.cert, node))
    path = stores.node_chain(cluster.folder, node.host)
    return pem.certificates(text_file.read(path, path.name)[0])


def keys(cluster: Cluster, node: Node, chain: str, names: Iterable[str] = (), reason: str = "") -> tuple[Resource, ...]:
    """Return a host's stores with a chain; without one, the request for it, for these names, and why."""
    places = tuple((stores.node_store(folder), "root", group) for folder, group in folders(cluster, node))
    first = places[0][0]
    if cluster.settings.security.certificates.source == CertificateSource.FILES:
        key = key_text(cluster, node)
        made: tuple[Resource, ...] = tuple(
            File(path, key.rstrip("\n") + "\n" + chain, owner, group, MODE, secret=True)
            for path, owner, group in places
        )
    else:
        made = (NodeStore(first, chain, places, principals.node_subject(cluster).openssl, _names(names), reason),)
    return (*made, *_pkcs12(cluster, node, chain))


def _names(names: Iterable[str]) -> str:
    """Return names as openssl reads them in a request: a CA elsewhere takes them from there, ours from hosts.ini."""
    each = [(name, address.is_ip(name)) for name in names]
    return ",".join(f"{'IP' if is_address else 'DNS'}:{name}" for name, is_address in each)


def _pkcs12(cluster: Cluster, node: Node, chain: str) -> Iterator[Pkcs12]:
    kafka = cluster.kafka
    if chain and not cluster.release.pem_key_store and (node.broker or node.controller):
        store, secrets = stores.node_pkcs12(kafka.config_dir), stores.secrets_file(kafka.config_dir)
        yield Pkcs12(store, stores.node_store(kafka.config_dir), secrets, chain, "root", kafka.user)


def folders(cluster: Cluster, node: Node) -> tuple[tuple[str, str], ...]:
    """Return the directories of a host that have its store, each with its group."""
    kafka, zookeeper = cluster.kafka, cluster.zookeeper
    return (
        *(((kafka.config_dir, kafka.user),) if node.broker or node.controller else ()),
        *(((zookeeper.config_dir, zookeeper.user),) if node.zookeeper and cluster.settings.security.mtls else ()),
    )


def _trust(cluster: Cluster, node: Node) -> Iterator[File]:
    authorities = trusted(cluster)
    for folder, group in folders(cluster, node) if authorities else ():
        yield File(stores.trust_store(folder), authorities, "root", group, MODE)
    clients = trusted_clients(cluster)
    if clients and node.broker:
        kafka = cluster.kafka
        yield File(stores.clients_trust_store(kafka.config_dir), clients, "root", kafka.user, MODE)


def trusted(cluster: Cluster) -> str:
    """Return the CAs of the nodes; nothing where the file is missing, which an install refuses."""
    named = cluster.settings.security.certificates.ca
    path = cluster.folder / Path(named).expanduser() if named else stores.ca_certificate(cluster.folder)
    return pem.certificates(text_file.read(path, path.name)[0])


def trusted_clients(cluster: Cluster) -> str:
    """Return the CAs of the clients; nothing where no listener asks clients for a certificate."""
    security = cluster.settings.security
    if not any(one.login == LoginMethod.MTLS for one in security.listeners.values()):
        return ""
    own = stores.clients_ca_certificate(cluster.folder)
    path = own if security.clients_ca == "own" else cluster.folder / Path(security.clients_ca).expanduser()
    return pem.certificates(text_file.read(path, path.name)[0])


def kept(cluster: Cluster, node: Node, folder: str) -> tuple[str, ...]:
    """Return the files of a service's directory whose state at its start is kept: not the key, the certificates."""
    if not is_needed(cluster, node) or folder not in dict(folders(cluster, node)):
        return ()
    has_clients = node.broker and folder == cluster.kafka.config_dir and trusted_clients(cluster)
    clients = (stores.clients_trust_store(folder),) if has_clients else ()
    return (stores.node_store(folder), stores.trust_store(folder), *clients)


def paths(folder: str) -> tuple[str, ...]:
    """Return what an uninstall removes of a service's directory."""
    # What a renewal has left that was cut off.
    left = (f"{store(folder)}{end}" for store in (stores.node_store, stores.node_pkcs12) for end in (".new", ".old"))
    return (
        pending_key(folder),
        *left,
        stores.node_store(folder),
        stores.trust_store(folder),
        stores.clients_trust_store(folder),
        stores.node_pkcs12(folder),
        stores.secrets_file(folder),
    )


def key_text(cluster: Cluster, node: Node) -> str:
    """Return a host's private key that was made elsewhere (`from: files`)."""
    return _text(cluster, cluster.settings.security.certificates.key, node)


def pending_key(folder: str) -> str:
    """Return where a host keeps a new key until its certificate is there."""
    return f"{folder}/.node.pem.key"


def _text(cluster: Cluster, pattern: str, node: Node) -> str:
    path = cluster.folder / Path(pattern.replace("{host}", node.host)).expanduser()
    return text_file.read(path, str(path))[0]
