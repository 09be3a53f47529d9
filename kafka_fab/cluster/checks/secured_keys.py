"""Secured keys: the properties that `security:` writes, and with them those that would contradict it."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.security_settings import Authorize, LoginMethod
from kafka_fab.cluster.wires import SASL_SSL, Wires

# A pattern in small letters, and the setting to write instead.
Owned = tuple[str, str]
LISTENERS = ("listeners", "advertised.listeners", "listener.security.protocol.map")
INTER_BROKER = ("inter.broker.listener.name", "security.inter.broker.protocol")
KEY_STORE, TRUST_STORE = ("ssl.keystore.*", "ssl.key.password"), ("ssl.truststore.*",)
AUTHORIZER = {
    "authorizer.class.name": "security.authorize",
    "allow.everyone.if.no.acl.found": "security.authorize",
    "super.users": "security.admins",
}
CERTIFICATES, INTERNAL = "security.certificates", "security.internal"
ZOOKEEPER_CLIENT = (
    "zookeeper.ssl.client.enable",
    "zookeeper.ssl.keystore.*",
    "zookeeper.ssl.truststore.*",
    "zookeeper.clientcnxnsocket",
    "zookeeper.set.acl",
)
ZOOKEEPER_SERVER = (
    "ssl.keystore.*",
    "ssl.truststore.*",
    "ssl.quorum.keystore.*",
    "ssl.quorum.truststore.*",
    "ssl.clientauth",
    "ssl.quorum.clientauth",
    "sslquorum*",
    "portunification",
    "servercnxnfactory",
    "authprovider.x509",
)


def of_broker(settings: Settings) -> tuple[Owned, ...]:
    """Return the properties of a broker that are written from `security:`."""
    return tuple(_of_broker(settings)) if settings.security.enabled else ()


def of_controller(settings: Settings) -> tuple[Owned, ...]:
    """Return those of an isolated controller: where the nodes speak plaintext its file says nothing of security."""
    return of_broker(settings) if settings.security.mtls else ()


def of_zookeeper(settings: Settings) -> tuple[Owned, ...]:
    """Return those of a ZooKeeper server."""
    return tuple((pattern, INTERNAL) for pattern in ZOOKEEPER_SERVER) if settings.security.mtls else ()


def source(name: str, owned: Iterable[Owned]) -> str:
    """Return the setting that a property is written from, or nothing."""
    key = name.strip().lower()
    return next((source for pattern, source in owned if fnmatchcase(key, pattern)), "")


def _of_broker(settings: Settings) -> Iterator[Owned]:
    security = settings.security
    yield from ((key, "security.listeners") for key in LISTENERS)
    yield from ((key, INTERNAL) for key in INTER_BROKER)
    yield from ((key, CERTIFICATES) for key in KEY_STORE if security.tls)
    yield "config.providers.kafkafab.*", CERTIFICATES
    if security.mtls:
        yield from ((key, CERTIFICATES) for key in TRUST_STORE)
        yield from ((key, INTERNAL) for key in ZOOKEEPER_CLIENT)
    if security.authorize is not Authorize.OFF:
        yield from AUTHORIZER.items()
    yield from _of_listeners(settings)


def _of_listeners(settings: Settings) -> Iterator[Owned]:
    wires = Wires.of(settings)
    for wire in (*wires.brokers, wires.controller):
        prefix = f"listener.name.{wire.name.lower()}."
        if wire.login is None:
            # Between the nodes one certificate is used everywhere.
            yield from ((prefix + key, INTERNAL) for key in ("ssl.client.auth", *KEY_STORE, *TRUST_STORE))
            continue
        source = f"security.listeners.{wire.name.lower()}.login"
        if wire.tls:
            yield f"{prefix}ssl.client.auth", source
        if wire.login is LoginMethod.MTLS:
            yield f"{prefix}ssl.truststore.*", "security.clients_ca"
        if wire.protocol == SASL_SSL:
            yield f"{prefix}sasl.enabled.mechanisms", source
        if wire.login is LoginMethod.SCRAM:
            yield f"{prefix}scram-sha-512.sasl.jaas.config", source
