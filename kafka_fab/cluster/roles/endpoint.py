"""Endpoint: where each service of a cluster is asked: where it runs, as far as that is known, else where it should."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kafka_fab.cluster import running_config
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import broker
from kafka_fab.cluster.roles import controller as isolated
from kafka_fab.cluster.running_config import PLAINTEXT, SASL_SSL, SSL, Endpoint, RunningListener
from kafka_fab.cluster.schema.secret_reader import secret
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.connection_security import PLAIN, SCRAM, Login, Tls
from kafka_fab.cluster.values.listener import EVERYWHERE
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.cluster.wires import REPLICATION, Wire

Properties = Mapping[str, str]
# What a ZooKeeper server's port for clients with TLS is called among listeners.
ZOOKEEPER = "ZOOKEEPER"
Which = Callable[[Properties], tuple[RunningListener, ...]]
# What the tool can show to a listener for clients without a login in the settings: nothing, or a user that it makes.
OWN_LOGINS = (LoginMethod.PLAINTEXT, LoginMethod.TLS, LoginMethod.SCRAM)


def of_broker(cluster: Cluster, node: Node) -> Endpoint:
    """Return where the tool asks a broker: the listener between brokers where that has TLS, else one for clients.

    Always one that all brokers run: a broker names only those others that have the listener at which it is asked.
    """
    found = _properties(cluster, node, Role.BROKER)
    wished = _wished(cluster, node, cluster.wires.named(cluster.wires.asked))
    if not found:
        return wished
    moved = _moved(wished, found, broker.properties(cluster, node), running_config.clients, _shared(cluster))
    return _secured(cluster, node, moved)


def _shared(cluster: Cluster) -> frozenset[str]:
    """Return the names of the listeners for clients and brokers that every running broker has."""
    running = [one.properties for (_, role), one in cluster.running.items() if role == Role.BROKER and one.properties]
    names = [frozenset(one.name for one in running_config.clients(properties)) for properties in running]
    return frozenset.intersection(*names) if names else frozenset()


def of_controller(cluster: Cluster, node: Node) -> Endpoint:
    """Return where a controller takes requests; a combined node's is its broker's process."""
    found = _properties(cluster, node, Role.BROKER if node.broker else Role.CONTROLLER)
    wished = _wished(cluster, node, cluster.wires.controller)
    if not found:
        return wished
    moved = _moved(wished, found, _of_controller(cluster, node), running_config.controllers)
    return _secured(cluster, node, moved)


def at(cluster: Cluster, node: Node, listener: RunningListener) -> Endpoint:
    """Return where one listener of a node is asked."""
    host = node.address if listener.host in EVERYWHERE else listener.host
    return _secured(cluster, node, Endpoint(host, listener.port, listener.protocol))


def of_server(cluster: Cluster, node: Node) -> Endpoint:
    """Return where a ZooKeeper server takes requests of clients."""
    assert node.zookeeper
    found, security = _properties(cluster, node, Role.ZOOKEEPER), cluster.settings.security
    # A server that stands alone names no member, not even itself.
    member = found.get(f"server.{node.zookeeper.id}", "")
    host = member.rsplit(":", 2)[0].strip("[]") if member.count(":") > 1 else node.address
    plain, secure = (_port(found, key) for key in ("clientPort", "secureClientPort"))
    if secure and (security.mtls or not plain):
        return _secured(cluster, node, Endpoint(host, secure, SSL))
    if plain:
        return Endpoint(host, plain)
    return replace(_wished(cluster, node, cluster.wires.zookeeper), address=host)


def for_clients(cluster: Cluster, node: Node, login: Login | None = None) -> Endpoint:
    """Return where a broker is reached as clients reach it; as `of_broker` where the tool cannot, or has no login."""
    listener = shared_listener(cluster)
    made = at_listener(cluster, node, listener, login) if listener else None
    return of_broker(cluster, node) if made is None or (made.protocol == SASL_SSL and not made.login) else made


def shared_listener(cluster: Cluster, inner: bool = False) -> str:
    """Return the listener by which a client of the tool reaches all brokers; empty where that is what the tool asks.

    The first of security.listeners, where the tool can log in to it; else, and for `inner`, one that each broker has.
    """
    security = cluster.settings.security
    if not security.enabled and not any(of_broker(cluster, node).tls for node in cluster.brokers):
        return ""
    common = frozenset.intersection(*(_advertised(cluster, node) for node in cluster.brokers))
    name, first = next(iter(security.listeners.items()), ("", None))
    usable = first is not None and not inner and (first.login in OWN_LOGINS or security.tool.login.user)
    return next((one for one in (name.upper() if usable else "", REPLICATION, PLAINTEXT) if one in common), "")


def at_listener(cluster: Cluster, node: Node, name: str, login: Login | None = None) -> Endpoint:
    """Return where one of a broker's listeners is reached by clients: as it is advertised."""
    found = next(one for one in _advertised_listeners(cluster, node) if one.name == name)
    made = _secured(cluster, node, Endpoint(found.host or node.address, found.port, found.protocol))
    return replace(made, login=login or made.login)


def of_node(cluster: Cluster, node: Node) -> tuple[Endpoint, ...]:
    """Return where all services of a node are asked."""
    return (
        *((of_broker(cluster, node),) if node.broker else ()),
        *((of_controller(cluster, node),) if node.controller else ()),
        *((of_server(cluster, node),) if node.zookeeper else ()),
    )


def with_tls(cluster: Cluster, node: Node) -> dict[str, Endpoint]:
    """Return every TLS listener of a node by its name: of what runs, where that is known, else of what is to run."""
    found = {one.name: Endpoint(node.address, one.port, one.protocol) for one in _listening(cluster, node)}
    if node.zookeeper:
        server = of_server(cluster, node)
        found |= {ZOOKEEPER: server} if server.tls else {}
    secured = {name: one for name, one in found.items() if one.protocol in (SSL, SASL_SSL)}
    verified = _verified_name(cluster, node)
    return {name: replace(one, name=verified, tls=_tls(cluster)) for name, one in secured.items()}


def _listening(cluster: Cluster, node: Node) -> tuple[RunningListener, ...]:
    role = Role.BROKER if node.broker else Role.CONTROLLER
    if not (node.broker or node.controller):
        return ()
    return running_config.listeners(_properties(cluster, node, role) or _of_controller(cluster, node))


def zookeeper_connect(cluster: Cluster, only: Node | None = None) -> str:
    """Return the ensemble with the chroot, or one of its servers alone, as a connect string."""
    return place(of_server(cluster, only)) if only else servers(cluster) + chroot(cluster)


def servers(cluster: Cluster) -> str:
    """Return the ensemble's servers as clients want them: host:port,..."""
    return ",".join(place(of_server(cluster, node)) for node in cluster.ensemble)


def chroot(cluster: Cluster) -> str:
    """Return the path in ZooKeeper that running brokers use, else the one that is to be used."""
    used = [one.chroot for (_, role), one in cluster.running.items() if role == Role.BROKER and one.chroot is not None]
    return max(set(used), key=used.count) if used else cluster.kafka.chroot


def log_dirs(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return the log directories that a broker runs with, else those that it is to have."""
    found = cluster.running.get((node.host, Role.BROKER))
    return (found.log_dirs if found else ()) or cluster.kafka.log_dirs


def place(endpoint: Endpoint) -> str:
    """Return an endpoint as HOST:PORT."""
    return address.place(endpoint.address, endpoint.port)


def _properties(cluster: Cluster, node: Node, role: Role) -> Properties:
    found = cluster.running.get((node.host, role))
    return found.properties if found else {}


def _advertised(cluster: Cluster, node: Node) -> frozenset[str]:
    return frozenset(one.name for one in _advertised_listeners(cluster, node))


def _advertised_listeners(cluster: Cluster, node: Node) -> tuple[RunningListener, ...]:
    properties = _properties(cluster, node, Role.BROKER) or broker.properties(cluster, node)
    return running_config.listeners(properties, broker.ADVERTISED)


def _wished(cluster: Cluster, node: Node, wire: Wire) -> Endpoint:
    """Return where a listener is to be by the settings."""
    return _secured(cluster, node, Endpoint(node.address, wire.port, wire.protocol))


def _of_controller(cluster: Cluster, node: Node) -> Properties:
    return broker.properties(cluster, node) if node.broker else isolated.properties(cluster, node)


def _port(properties: Properties, key: str) -> int:
    port = properties.get(key, "")
    return int(port) if port.isdecimal() else 0


def _secured(cluster: Cluster, node: Node, bare: Endpoint) -> Endpoint:
    """Return an endpoint with what the tool connects with, by the protocol of the listener."""
    if bare.protocol not in (SSL, SASL_SSL):
        return bare
    name = _verified_name(cluster, node)
    login = _login(cluster) if bare.protocol == SASL_SSL else None
    return replace(bare, name=name, tls=_tls(cluster), login=login)


def _verified_name(cluster: Cluster, node: Node) -> str:
    return cluster.settings.security.tool.verify_as.replace("{host}", node.host)


def _tls(cluster: Cluster) -> Tls:
    """Return the CA of the nodes, and the tool's own certificate."""
    ca, folder = cluster.settings.security.certificates.ca, cluster.folder
    return Tls(folder / Path(ca).expanduser() if ca else stores.ca_certificate(folder), tool_store(cluster))


def tool_store(cluster: Cluster) -> Path:
    """Return the file of kafka-fab's own key and certificate."""
    own = cluster.settings.security.tool.cert.replace("{cluster}", cluster.name)
    return cluster.folder / Path(own).expanduser() if own else stores.tool_store(cluster.folder)


def _login(cluster: Cluster) -> Login | None:
    """Return the user that the settings have for the tool, by the mechanism of the first listener for clients."""
    security = cluster.settings.security
    said = security.tool.login
    if not said.user:
        return None
    first = next(iter(security.listeners.values()), None)
    mechanism = PLAIN if first and first.login is LoginMethod.PLAIN else SCRAM[0]
    password = secret(said.password_from, cluster.folder) if said.password_from else Secret("")
    return Login(mechanism, said.user, password)


def _moved(
    wished: Endpoint, found: Properties, wanted: Properties, which: Which, shared: Collection[str] = ()
) -> Endpoint:
    """Return the endpoint of the running listener that takes the place of the one that is to be.

    One of the `shared` names, if there are any.
    """
    name = next((one.name for one in which(wanted) if one.port == wished.port), "")
    there = which(found)
    mine = _alike([one for one in there if one.name in shared] or there, name, wished.port)
    if mine is None:
        return wished
    changed = _changed_host(found, mine.name, wanted, name)
    return Endpoint(changed or wished.address, mine.port, mine.protocol)


def _alike(there: Sequence[RunningListener], name: str, port: int) -> RunningListener | None:
    """Return the listener of the same name, else on the same port, else one that needs no login, else the first."""
    named = [one for one in there if one.name == name]
    on_port = (one for one in there if one.port == port)
    return next(iter([*named, *on_port, *(one for one in there if one.protocol in (SSL, PLAINTEXT)), *there]), None)


def _changed_host(found: Properties, name: str, wanted: Properties, after: str) -> str:
    """Return the host of a running listener where the file has changed it since; nothing where it is as it was."""
    for key in ("listeners", "advertised.listeners"):
        host = _host(found, name, key)
        if host not in (_host(wanted, after, key), *EVERYWHERE):
            return host
    return ""


def _host(properties: Properties, name: str, key: str) -> str:
    return next((one.host for one in running_config.listeners(properties, key) if one.name == name), "")
