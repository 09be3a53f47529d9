"""Transition: the configurations between what a service runs with and what it is to run with, so that all connect.

A listener cannot change its protocol. So a live change has three passes, each a roll: add what is missing beside what
is there, switch what services connect with, remove what is left over. The pass is derived from what runs, never stored.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from kafka_fab.cluster.running_config import RunningListener, controllers, listeners
from kafka_fab.cluster.security.kafka_properties import CLIENT_AUTH, ENABLED, own_prefix
from kafka_fab.cluster.settings.security_settings import OUR_LISTENERS
from kafka_fab.cluster.values import listener
from kafka_fab.cluster.values.listener import CONTROLLER_TLS, Listener
from kafka_fab.cluster.wires import REPLICATION

Properties = Mapping[str, str]
LISTENERS, ADVERTISED, MAP = "listeners", "advertised.listeners", "listener.security.protocol.map"
INTER, INTER_PROTOCOL, CONTROLLERS = (
    "inter.broker.listener.name",
    "security.inter.broker.protocol",
    "controller.listener.names",
)
QUORUM = ("controller.quorum.voters", "controller.quorum.bootstrap.servers")
# How a broker reaches ZooKeeper.
CONNECT = ("zookeeper.connect", "zookeeper.clientCnxnSocket")
CONNECT_PREFIX = "zookeeper.ssl."
# What needs an identity that plaintext connections do not have: only while every connection between services has one.
AUTHORIZER = "authorizer.class.name"
IDENTITY = (AUTHORIZER, "zookeeper.set.acl")
# Where values such as ${kafkafab:FILE:KEY} are read from (KIP-297): until 2.8 the passwords of key stores.
PROVIDERS = "config.providers"
# What a listener that is still open needs.
OF_OPEN_LISTENERS = ("ssl.", "sasl.", "listener.name.", "connections.max.reauth.ms", f"{PROVIDERS}.")
# Those of the nodes among themselves.
SECURED = (REPLICATION, CONTROLLER_TLS)
CLIENT_PORTS = ("clientPort", "secureClientPort")
PEERS_ENCRYPTED, PEERS_EITHER = "sslQuorum", "portUnification"
OF_SERVER = ("ssl.", "serverCnxnFactory", "authProvider.")
TRUE = "true"


class MovePass(StrEnum):
    """A pass of a live change, in its order."""

    ADD = "add"
    SWITCH = "switch"
    REMOVE = "remove"


class NotPossible(Exception):
    """Why a change cannot be made while services run, and what to write instead; the old port, where that changes."""

    def __init__(self, text: str, port: int | None = None) -> None:
        self.port = port
        super().__init__(text)


def due(running: Properties, target: Properties) -> MovePass | None:
    """Return the first pass that a service has not been restarted for; None where it runs what it is to run."""
    if is_server(target):
        return _due_of_server(running, target)
    if not _has_all(running, target):
        return MovePass.ADD
    if _connects_by(running) != _connects_by(target):
        return MovePass.SWITCH
    return None if _closed(running, target) else MovePass.REMOVE


def properties(running: Properties, target: Properties, step: MovePass) -> dict[str, str]:
    """Return a service's file in a pass; raise NotPossible where one name or port means two things meanwhile."""
    if step is MovePass.REMOVE:
        return dict(target)
    both = _of_server(running, target, step) if is_server(target) else _of_kafka(running, target, step)
    # Where the pass leaves nothing over, it is the last: the file is what an install would write.
    return both if due(both, target) else dict(target)


def is_port_alone(running: Properties, target: Properties) -> bool:
    """Return whether no pass is left but for the ports of listeners that keep their name and their login."""
    ports = {(one.name, _login(target, one)): one for one in listeners(target)}
    moved = (ports.get((one.name, _login(running, one)), one) for one in listeners(running))
    listened = listener.write(Listener(one.name, one.host, one.port) for one in moved)
    return due({**running, LISTENERS: listened}, target) is None


def is_server(target: Properties) -> bool:
    """Return whether properties are those of a ZooKeeper server."""
    return "dataDir" in target


def is_secured(found: Properties) -> bool:
    """Return whether a service has the listeners by which secured nodes connect."""
    return "secureClientPort" in found or any(one.name in SECURED for one in listeners(found))


def removed(running: Properties, target: Properties) -> tuple[RunningListener, ...]:
    """Return the listeners for clients that the last pass closes."""
    kept = {one.name for one in listeners(target)}
    names = {one.name for one in controllers(running)}
    return tuple(one for one in listeners(running) if one.name not in kept | names)


def advertised(found: Properties) -> dict[str, str]:
    """Return by listener where clients reach it, as host:port."""
    return {one.name: Listener(one.name, one.host, one.port).place for one in listeners(found, ADVERTISED)}


def connected_by(target: Properties) -> tuple[RunningListener, ...]:
    """Return the listeners of a Kafka process that other services connect by."""
    names = {_inter_broker(target) if _is_broker(target) else "", controllers_name(target)}
    return tuple(one for one in listeners(target) if one.name in names)


def controllers_name(target: Properties) -> str:
    """Return the name of the listener by which a process connects to controllers; nothing with ZooKeeper."""
    return next(iter(_names(target)), "")


def _has_all(running: Properties, target: Properties) -> bool:
    # The host that a listener is bound to may be written in more than one way.
    return _open(target) <= _open(running) and set(_names(target)) <= set(_names(running))


def _open(found: Properties) -> frozenset[tuple[str, int, str]]:
    return frozenset(_key(found, one) for one in listeners(found))


def _key(found: Properties, one: RunningListener) -> tuple[str, int, str]:
    return one.name, one.port, _login(found, one)


def _login(found: Properties, one: RunningListener) -> str:
    """Return how clients of a listener connect: its protocol, its mechanisms, whether they show a certificate."""
    mechanisms, client_auth = (found.get(f"{own_prefix(one.name)}{key}", "") for key in (ENABLED, CLIENT_AUTH))
    return f"{one.protocol}{mechanisms and f' {mechanisms}'}{' with certificates' * bool(client_auth)}"


def _connects_by(found: Properties) -> tuple[object, ...]:
    """Return how a service connects to brokers, to controllers and to ZooKeeper."""
    names = _names(found)
    quorum = tuple(found.get(key, "") for key in (*QUORUM, "zookeeper.connect"))
    return (_inter_broker(found) if _is_broker(found) else "", names[0] if names else "", *quorum)


def _closed(running: Properties, target: Properties) -> bool:
    same = all(running.get(key, "") == target.get(key, "") for key in IDENTITY)
    return same and _open(running) == _open(target)


def _is_broker(found: Properties) -> bool:
    return found.get("process.roles", "broker") != "controller"


def _inter_broker(found: Properties) -> str:
    return (found.get(INTER) or found.get(INTER_PROTOCOL) or "PLAINTEXT").upper()


def _names(found: Properties) -> tuple[str, ...]:
    names = (name.strip().upper() for name in found.get(CONTROLLERS, "").split(","))
    return tuple(name for name in names if name)


def _of_kafka(running: Properties, target: Properties, step: MovePass) -> dict[str, str]:
    """Return the target with the listeners of both, connecting as before, or from SWITCH on as it is to be."""
    _refuse_two_meanings(running, target)
    after = step is MovePass.SWITCH
    now, other = (target, running) if after else (running, target)
    connect = {key: value for key, value in now.items() if _is_connect(key)}
    kept = {key: value for key, value in running.items() if key.startswith(OF_OPEN_LISTENERS)}
    both = kept | {key: value for key, value in target.items() if not _is_connect(key) and key not in IDENTITY}
    both |= connect | _merged_listeners(running, target)
    both |= _merged_providers(running, target, both)
    both |= {key: target[key] for key in IDENTITY if key in target and running.get(key) == target[key]}
    if _is_broker(target):
        both.pop(INTER_PROTOCOL, None)
        both[INTER] = _inter_broker(now)
    if _names(target) or _names(running):
        both[CONTROLLERS] = ",".join(dict.fromkeys((*_names(now), *_names(other))))
    return both


def _is_connect(key: str) -> bool:
    return key in CONNECT or key in QUORUM or key.startswith(CONNECT_PREFIX)


def _merged_listeners(running: Properties, target: Properties) -> dict[str, str]:
    merged = {
        key: listener.write(_both(_written(running, key), _written(target, key)))
        for key in (LISTENERS, ADVERTISED)
        if key in target or key in running
    }
    protocols = {one.name: one.protocol for one in (*listeners(running), *listeners(target))}
    protocols |= listener.protocols(running.get(MAP, "")) | listener.protocols(target.get(MAP, ""))
    return merged | {MAP: ",".join(f"{name}:{protocol}" for name, protocol in protocols.items())}


def _merged_providers(running: Properties, target: Properties, both: Properties) -> dict[str, str]:
    """Return the providers of both files that are described: of those of others only the target is known."""
    named = ",".join((running.get(PROVIDERS, ""), target.get(PROVIDERS, ""))).split(",")
    names = dict.fromkeys(name.strip() for name in named if f"{PROVIDERS}.{name.strip()}.class" in both)
    return {PROVIDERS: ",".join(names)} if names else {}


def _written(found: Properties, key: str) -> tuple[Listener, ...]:
    return tuple(Listener(one.name, one.host, one.port) for one in listeners(found, key))


def _both(before: Iterable[Listener], after: Iterable[Listener]) -> tuple[Listener, ...]:
    """Return the listeners of both, each name once: as it is to be."""
    return tuple({one.name: one for one in (*before, *after)}.values())


def _refuse_two_meanings(running: Properties, target: Properties) -> None:
    for before in listeners(running):
        for after in listeners(target):
            if before.name == after.name and _key(running, before) != _key(target, after):
                is_ours = before.name.lower() in OUR_LISTENERS
                is_port = not is_ours and _login(running, before) == _login(target, after)
                remedy = "leave it as it is" if is_ours else "give the new one another name and another port"
                raise NotPossible(
                    f"listener {before.name} runs at {before.port} with {_login(running, before)} and is to be at "
                    f"{after.port} with {_login(target, after)}: {remedy}",
                    before.port if is_port else None,
                )
            if before.name != after.name and before.port == after.port:
                raise NotPossible(
                    f"listener {after.name} is to be at port {after.port}, where {before.name} runs: both are open "
                    "meanwhile; give the new one another port"
                )


def _due_of_server(running: Properties, target: Properties) -> MovePass | None:
    ports = [(running.get(key, ""), target.get(key, "")) for key in CLIENT_PORTS]
    is_open = all(after in ("", before) for before, after in ports)
    encrypted = running.get(PEERS_ENCRYPTED, "") == TRUE
    same = encrypted == (target.get(PEERS_ENCRYPTED, "") == TRUE)
    either = running.get(PEERS_EITHER, "") == TRUE
    if not is_open or not (same or either):
        return MovePass.ADD
    if not same:
        return MovePass.SWITCH
    closed = all(before == after for before, after in ports)
    return None if closed and either == (target.get(PEERS_EITHER, "") == TRUE) else MovePass.REMOVE


def _of_server(running: Properties, target: Properties, step: MovePass) -> dict[str, str]:
    """Return the target with both client ports, and servers that take both kinds of connections from each other."""
    for key in CLIENT_PORTS:
        if running.get(key) and target.get(key) and running[key] != target[key]:
            raise NotPossible(
                f"{key} is {running[key]} and is to be {target[key]}: stop and start the ensemble instead"
            )
    kept = {key: value for key, value in running.items() if key.startswith(OF_SERVER) or key in CLIENT_PORTS}
    both = kept | dict(target)
    encrypted = (running if step is MovePass.ADD else target).get(PEERS_ENCRYPTED, "false")
    differ = (running.get(PEERS_ENCRYPTED, "") == TRUE) != (target.get(PEERS_ENCRYPTED, "") == TRUE)
    if differ or running.get(PEERS_EITHER, "") == TRUE:
        both |= {PEERS_ENCRYPTED: encrypted, PEERS_EITHER: TRUE}
    return both


def cluster_due(services: Iterable[tuple[Properties, Properties]]) -> MovePass | None:
    """Return the pass of a cluster, from each service's running and target properties: the first that one needs."""
    order = list(MovePass)
    found = [step for running, target in services if (step := due(running, target))]
    return min(found, key=order.index, default=None)
