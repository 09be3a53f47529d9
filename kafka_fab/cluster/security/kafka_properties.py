"""Kafka properties: listeners, TLS, logins and authorizer of brokers and controllers. They hold no secret."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import ListenerLogin
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.settings.security_settings import Authorize, LoginMethod
from kafka_fab.cluster.values import address, listener
from kafka_fab.cluster.values.listener import Listener
from kafka_fab.cluster.wires import MECHANISMS, SASL_SSL, Wire

CLIENT_AUTH, ENABLED = "ssl.client.auth", "sasl.enabled.mechanisms"
# It names no user: brokers do not log in to each other by SCRAM, and the users are in the cluster's metadata.
SCRAM_JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
# A deleted user stays connected for that long (KIP-368).
REAUTHENTICATE_MS = "3600000"
STANDARD_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
ZOOKEEPER_AUTHORIZER = "kafka.security.authorizer.AclAuthorizer"
# Who a certificate is of: the first rule that matches decides. A listener's own come before those of all.
MAPPING, KAFKAS_RULE = "ssl.principal.mapping.rules", "DEFAULT"
PROVIDERS, PROVIDER = "config.providers", "kafkafab"
FILE_PROVIDER = "org.apache.kafka.common.config.provider.FileConfigProvider"


def listeners(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return where a broker listens, what it advertises, and which listener brokers use among themselves."""
    wires = cluster.wires
    controllers = (wires.controller,) if node.combined else ()
    # Before the dynamic quorum a controller listener must not be advertised.
    advertised = (*wires.brokers, *(controllers if cluster.release.dynamic_quorum else ()))
    protocols = (*wires.brokers, *((wires.controller,) if cluster.kraft else ()))
    return {
        "listeners": _bound((*wires.brokers, *controllers)),
        "advertised.listeners": _advertised(advertised, node),
        "listener.security.protocol.map": _protocols(protocols),
        "inter.broker.listener.name": wires.inter_broker,
    }


def of_controller(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return an isolated controller's listener; what it says of the brokers' is needed to read its own file."""
    wires = cluster.wires
    inner = wires.named(wires.inter_broker)
    return {
        "listeners": _bound((wires.controller,)),
        **({"advertised.listeners": _advertised((wires.controller,), node)} if cluster.release.dynamic_quorum else {}),
        "listener.security.protocol.map": _protocols((wires.controller, inner)),
        "inter.broker.listener.name": inner.name,
    }


def _bound(wires: tuple[Wire, ...]) -> str:
    return listener.write(Listener(one.name, "", one.port) for one in wires)


def _advertised(wires: tuple[Wire, ...], node: Node) -> str:
    return listener.write(_reached(one, node) for one in wires)


def _reached(wire: Wire, node: Node) -> Listener:
    if not wire.advertise:
        return Listener(wire.name, node.address, wire.port)
    host, port = address.parted(wire.advertise.replace(address.HOST, node.host))
    return Listener(wire.name, address.normal(host), int(port) if port else wire.port)


def _protocols(wires: tuple[Wire, ...]) -> str:
    return ",".join(f"{one.name}:{one.protocol}" for one in wires)


def with_own(cluster: Cluster, node: Node, own: Mapping[str, str]) -> dict[str, str]:
    """Return what is rendered for a node with the user's own properties, whose providers and mapping rules stay."""
    ours = _rendered(cluster, node) if cluster.settings.security.enabled else {}
    both = {**ours, **own, **_mapped(ours, own)}
    if PROVIDERS in ours and PROVIDERS in own:
        both[PROVIDERS] = f"{ours[PROVIDERS]},{own[PROVIDERS]}"
    return both


def _mapped(ours: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return each listener's mapping rules: ours first, then the user's, or Kafka's default."""
    rules = {key: rule for key, rule in ours.items() if key.endswith(MAPPING)}
    return {key: f"{rule},{own.get(key) or own.get(MAPPING) or KAFKAS_RULE}" for key, rule in rules.items()}


def _rendered(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return the stores, each listener's logins and the authorizer of a broker or of an isolated controller."""
    mine = cluster.wires.brokers if node.broker else ()
    with_controller = (cluster.wires.controller,) if node.controller else ()
    return {
        **_stores(cluster),
        **{key: value for wire in (*mine, *with_controller) for key, value in _logins(cluster, wire)},
        **_authorizer(cluster),
    }


def _stores(cluster: Cluster) -> dict[str, str]:
    wanted = cluster.settings.security
    if not wanted.tls:
        return {}
    folder = cluster.kafka.config_dir
    trust = {"ssl.truststore.type": "PEM", "ssl.truststore.location": stores.trust_store(folder)}
    return {**_key_store(cluster, folder), **(trust if wanted.mtls else {})}


def _key_store(cluster: Cluster, folder: str) -> dict[str, str]:
    if cluster.release.pem_key_store:
        return {"ssl.keystore.type": "PEM", "ssl.keystore.location": stores.node_store(folder)}
    secrets = stores.secrets_file(folder)
    password = f"${{{PROVIDER}:{secrets}:{stores.STORE_PASSWORD}}}"
    return {
        PROVIDERS: PROVIDER,
        f"{PROVIDERS}.{PROVIDER}.class": FILE_PROVIDER,
        f"{PROVIDERS}.{PROVIDER}.param.allowed.paths": secrets,
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": stores.node_pkcs12(folder),
        "ssl.keystore.password": password,
        "ssl.key.password": password,
    }


def _logins(cluster: Cluster, wire: Wire) -> Iterator[tuple[str, str]]:
    """Yield what is said of one listener alone: what it asks of those who connect."""
    prefix = own_prefix(wire.name)
    if wire.tls and wire.login is None:
        yield f"{prefix}{CLIENT_AUTH}", "required"
    elif wire.login is LoginMethod.MTLS:
        yield f"{prefix}{CLIENT_AUTH}", "required"
        yield f"{prefix}ssl.truststore.type", "PEM"
        yield f"{prefix}ssl.truststore.location", stores.clients_trust_store(cluster.kafka.config_dir)
        yield f"{prefix}{MAPPING}", _not_a_node(cluster)
    elif wire.login and wire.protocol == SASL_SSL:
        mechanism = MECHANISMS[wire.login]
        yield f"{prefix}{ENABLED}", mechanism
        if wire.login is LoginMethod.SCRAM:
            yield f"{prefix}{mechanism.lower()}.sasl.jaas.config", SCRAM_JAAS
        yield f"{prefix}{mechanism.lower()}.connections.max.reauth.ms", REAUTHENTICATE_MS


def own_prefix(listener_name: str) -> str:
    """Return what the keys begin with that are of one listener alone."""
    return f"listener.name.{listener_name.lower()}."


def login(cluster: Cluster, wire: Wire, snapshot: str) -> ListenerLogin:
    """Return how clients log in at a listener, as its properties say it."""
    said, prefix = dict(_logins(cluster, wire)), own_prefix(wire.name)
    words = (said.get(f"{prefix}{key}", "") for key in (ENABLED, CLIENT_AUTH))
    return ListenerLogin(cluster.kafka.service, snapshot, wire.name, prefix, wire.protocol, *words)


def _not_a_node(cluster: Cluster) -> str:
    """Return the rule by which a client's certificate with the subject of a node, or of the tool, is no super user.

    The clients' CA may sign any subject, and super users are known by their name alone.
    """
    subjects = (principals.node_principal(cluster), principals.tool_principal(cluster))
    names = "|".join(one.removeprefix("User:") for one in subjects)
    return f"RULE:^({names})$/client:$1/"


def _authorizer(cluster: Cluster) -> Mapping[str, str]:
    wanted = cluster.settings.security.authorize
    if wanted is Authorize.OFF:
        return {}
    return {
        "authorizer.class.name": STANDARD_AUTHORIZER if cluster.kraft else ZOOKEEPER_AUTHORIZER,
        "super.users": ";".join(principals.super_users(cluster)),
        **({"allow.everyone.if.no.acl.found": "true"} if wanted is Authorize.AUDIT else {}),
    }
