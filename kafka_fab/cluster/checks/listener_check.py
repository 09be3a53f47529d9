"""Listener check: the configured listeners must be what a broker accepts (KafkaConfig.validateValues)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafka_fab.cluster.checks.property_block import block
from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.values import address, listener
from kafka_fab.cluster.values.listener import CONTROLLER, Listener
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.wires import Wires

LISTENERS, ADVERTISED, MAP = "listeners", "advertised.listeners", "listener.security.protocol.map"
INTER, PROTOCOL = "inter.broker.listener.name", "security.inter.broker.protocol"
CONTROL, EARLY, REMOTE = (
    "control.plane.listener.name",
    "early.start.listeners",
    "remote.log.metadata.manager.listener.name",
)
KEYS = frozenset({LISTENERS, ADVERTISED, MAP, INTER, PROTOCOL, CONTROL, EARLY, REMOTE})
PREFIX = "listener.name."
PLAINTEXT = "PLAINTEXT"
Told = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class PortContext:
    """What a broker, or some of several, is beside: the ports of settings, and whether it is a controller, too."""

    port: int
    controller_port: int
    kraft: bool
    isolated: bool = True
    combined: bool = False
    dynamic: bool = True


@dataclass(frozen=True)
class BrokerListeners:
    """A broker's listeners as they will be written: where it is bound, what it advertises, each one's protocol."""

    bound: tuple[Listener, ...]
    told: tuple[Listener, ...]
    protocols: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """Return the names of those that are bound."""
        return frozenset(one.name for one in self.bound)

    @property
    def reached(self) -> tuple[str, ...]:
        """Return the names of those by which brokers and clients come."""
        return tuple(one.name for one in self.told or self.bound if one.name != CONTROLLER)


def problems(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory, dynamic: bool) -> Iterator[Problem]:
    """Yield what is wrong with the listeners of all hosts, or of one whose line differs."""
    if settings.security.enabled:
        # They are not the user's to write.
        wires = Wires.of(settings)
        yield from _unread(block(tree, "kafka"), {one.name.lower() for one in (*wires.brokers, wires.controller)})
        return
    common, own_block = settings.kafka.properties, block(tree, "kafka")

    def at_key(key: str) -> Callable[[str], Problem]:
        return own_block[key].problem if key in own_block else lambda text: Problem("conf/cluster.yaml", 0, text)

    found = list(of_broker(common, _role(settings, inventory, dynamic, *inventory.group_hosts(Role.BROKER))))
    yield from (at_key(key)(text) for key, text in found)
    for member in inventory.group(Role.BROKER):
        own = dict(member.properties)
        if own.keys() & KEYS:
            role = _role(settings, inventory, dynamic, member.host)
            more = [text for key, text in of_broker({**common, **own}, role) if (key, text) not in found]
            more += [*_taken(own, settings, inventory, member.host), *_to_itself({**common, **own}, inventory)]
            yield from (Problem(inventory.file, member.line, f"{member.host}: {text}") for text in more)
    if not found:
        yield from _shared(at_key, common, inventory)
        yield from _unheard(own_block, common, inventory)
    yield from _of_controllers(tree)


def _role(settings: Settings, inventory: Inventory, dynamic: bool, *hosts: str) -> PortContext:
    """Return what these brokers are beside."""
    controllers = set(inventory.group_hosts(Role.CONTROLLER))
    combined, isolated = bool(controllers & set(hosts)), bool(set(hosts) - controllers)
    return PortContext(settings.kafka.port, settings.controller.port, inventory.kraft, isolated, combined, dynamic)


def _taken(own: Mapping[str, str], settings: Settings, inventory: Inventory, host: str) -> Iterator[str]:
    """Yield each listener of a host's own line at a port of something else there."""
    server, kafka = settings.zookeeper, settings.kafka
    ports = {kafka.jmx.port: "kafka.jmx.port", kafka.exporter.port: "kafka.exporter.port"}
    if host in inventory.group_hosts(Role.ZOOKEEPER):
        ports |= {server.port: "zookeeper.port", server.peer_port: "zookeeper.peer_port"}
        ports |= {server.election_port: "zookeeper.election_port"}
    for one in _readable(own, LISTENERS):
        if one.port in ports:
            yield f"listeners ({one.name}) and {ports[one.port]} are both {one.port} on one host"


def _to_itself(said: Mapping[str, str], inventory: Inventory) -> Iterator[str]:
    """Yield where the other brokers would come to themselves."""
    inter = _inter(said)
    for one in _readable(said, ADVERTISED) if len(inventory.group(Role.BROKER)) > 1 else ():
        if one.name == inter and address.is_loopback(one.host):
            yield f"{ADVERTISED}: {one} means to each other broker that broker itself: name one that they can reach"


def _readable(said: Mapping[str, str], key: str) -> tuple[Listener, ...]:
    try:
        return _read(said, key)
    except Unread:
        return ()  # said already


def _inter(said: Mapping[str, str]) -> str:
    return (said.get(INTER) or said.get(PROTOCOL) or PLAINTEXT).strip().upper()


def of_broker(said: Mapping[str, str], role: PortContext) -> Told:
    """Yield the key and the problem of each thing wrong with a broker's listeners."""
    try:
        wires = _wires(said, role)
    except Unread as error:
        yield error.key, f"{error.key}: {error}"
        return
    yield from _bound(wires, role)
    yield from _advertised(wires, role)
    yield from _between(said, wires)
    yield from _named(said, wires, role)


class Unread(ValueError):
    """A key whose value cannot be read, with why."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def _wires(said: Mapping[str, str], role: PortContext) -> BrokerListeners:
    bound, told = _read(said, LISTENERS), _read(said, ADVERTISED)
    try:
        protocols = listener.read_protocols(said.get(MAP, ""))
    except ValueError as error:
        raise Unread(MAP, str(error)) from error
    protocols = protocols or {name: name for name in listener.PROTOCOLS}
    more = {CONTROLLER: PLAINTEXT} if role.kraft else {}
    return BrokerListeners(bound or (Listener(PLAINTEXT, "", role.port),), told, {**more, **protocols})


def _read(said: Mapping[str, str], key: str) -> tuple[Listener, ...]:
    try:
        found = listener.read(said.get(key, ""))
    except ValueError as error:
        raise Unread(key, str(error)) from error
    if said.get(key, "").strip() and not found:
        raise Unread(key, "none is in it: write NAME://HOST:PORT, or leave the key out")
    return found


def _bound(wires: BrokerListeners, role: PortContext) -> Told:
    bound = wires.bound
    ports = {one.port for one in bound if one.name != CONTROLLER or not role.kraft}
    if role.port not in ports:
        yield LISTENERS, f"kafka.port: {role.port} is not among the ports of listeners; set both"
    yield from ((LISTENERS, text) for text in _twice(bound))
    for one in bound:
        if one.name not in wires.protocols:
            yield LISTENERS, f"listeners: {one.name} has no protocol: add `{one.name}:PLAINTEXT`, or another, to {MAP}"
    for one in bound if role.kraft else ():
        if one.name == CONTROLLER and role.isolated:
            words = "is the controllers' own, and a broker that is none refuses it"
            yield LISTENERS, f"listeners: {CONTROLLER} {words}: leave it out, it is added where it is needed"
        elif one.name == CONTROLLER and one.port != role.controller_port:
            yield (
                LISTENERS,
                f"listeners: {one} is not at controller.port, {role.controller_port}; set both, or leave it out",
            )


def _twice(bound: Iterable[Listener]) -> Iterator[str]:
    names: set[str] = set()
    ports: dict[int, Listener] = {}
    for one in bound:
        if one.name in names:
            yield f"listeners: {one.name} is given twice; Kafka reads names in capitals"
        names.add(one.name)
        other = ports.setdefault(one.port, one)
        # From 3.6 on one port serves an address of IPv4 and one of IPv6.
        if other is not one and other.name != one.name and not _of_two_families(one, other):
            yield f"listeners: {one.name} and {other.name} have one port, {one.port}"


def _of_two_families(one: Listener, other: Listener) -> bool:
    hosts = {one.host, other.host}
    return "" not in hosts and {address.is_ipv6(host) for host in hosts} == {True, False}


def _advertised(wires: BrokerListeners, role: PortContext) -> Told:
    may_tell = {CONTROLLER} if role.kraft and role.combined and not role.isolated and role.dynamic else set()
    strangers = [one.name for one in wires.told if one.name not in wires.names | may_tell]
    if strangers and role.kraft and CONTROLLER in strangers:
        yield ADVERTISED, f"advertised.listeners: {CONTROLLER} is the controllers' own: leave it out"
    elif strangers:
        yield ADVERTISED, f"advertised.listeners: {', '.join(strangers)} is not among the listeners"
    names = [one.name for one in wires.told]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield ADVERTISED, f"advertised.listeners: {name} is given twice; Kafka reads names in capitals"
    everywhere = [str(one) for one in wires.told if one.host in listener.EVERYWHERE]
    if everywhere:
        yield ADVERTISED, f"advertised.listeners: {', '.join(everywhere)} names no host that clients could reach"


def _between(said: Mapping[str, str], wires: BrokerListeners) -> Told:
    """Yield what is wrong with the listener by which brokers speak to each other."""
    inter, protocol = said.get(INTER, ""), said.get(PROTOCOL, "")
    if inter and protocol:
        yield INTER, f"{INTER} and {PROTOCOL} are both given, which a broker refuses: keep {INTER}"
        return
    if protocol and protocol not in listener.PROTOCOLS:
        yield PROTOCOL, f"{PROTOCOL}: one of {', '.join(listener.PROTOCOLS)} is wanted, found `{protocol}`"
        return
    name, among = (inter or protocol or PLAINTEXT).strip().upper(), ", ".join(wires.reached) or "none"
    if name in wires.reached:
        return
    if inter or protocol:
        key = INTER if inter else PROTOCOL
        yield key, f"{key}: {name} is not among the advertised listeners ({among}): name one of them by {INTER}"
    else:
        words = f"brokers speak to each other by {PLAINTEXT}, which is not among the advertised listeners ({among})"
        yield LISTENERS, f"listeners: {words}: name one of them by {INTER}"


def _named(said: Mapping[str, str], wires: BrokerListeners, role: PortContext) -> Told:
    """Yield what is wrong with other keys that name a listener."""
    inter, control = _inter(said), said.get(CONTROL, "").strip().upper()
    if control and role.kraft:
        yield CONTROL, f"{CONTROL} is for brokers with ZooKeeper, and a broker with controllers refuses it: remove it"
    elif control and control == inter:
        yield CONTROL, f"{CONTROL}: {control} is the listener between brokers, too: name another of the listeners"
    known = {CONTROL: set(wires.reached), REMOTE: set(wires.reached), EARLY: {*wires.names, CONTROLLER}}
    for key, names in known.items():
        wanted = (name.strip().upper() for name in said.get(key, "").split(","))
        for name in (name for name in wanted if name and name not in names):
            yield key, f"{key}: {name} is not among the listeners ({', '.join(sorted(names))})"


def _shared(
    at_key: Callable[[str], Callable[[str], Problem]], common: Mapping[str, str], inventory: Inventory
) -> Iterator[Problem]:
    """Yield where two brokers would be one: advertised alike, or bound to the address of one of them."""
    first: dict[tuple[str, int], str] = {}
    for member in inventory.group(Role.BROKER):
        own = dict(member.properties).get(ADVERTISED)
        for one in listener.read(own or common.get(ADVERTISED, "")):
            other = first.setdefault((one.host.lower(), one.port), member.host)
            if other != member.host:
                words = f"{ADVERTISED}: {one} would be {other}'s and {member.host}'s"
                words = f"{words}: write it on each host's line of hosts.ini"
                yield Problem(inventory.file, member.line, words) if own else at_key(ADVERTISED)(f"{words}, or nowhere")
                return
    yield from _bound_elsewhere(at_key, common, inventory)


def _bound_elsewhere(
    at_key: Callable[[str], Callable[[str], Problem]], common: Mapping[str, str], inventory: Inventory
) -> Iterator[Problem]:
    brokers = inventory.group(Role.BROKER)
    homes = {name.lower(): member.host for member in brokers for name in (member.host, member.address) if name}
    bare = [member.host for member in brokers if LISTENERS not in dict(member.properties)]
    for one in listener.read(common.get(LISTENERS, "")):
        home = homes.get(one.host.lower(), "")
        others = [host for host in bare if host != home]
        if home and others:
            words = f"{LISTENERS}: {one} is bound to {home}, where {others[0]} is not: write {one.name}://:{one.port}"
            yield at_key(LISTENERS)(f"{words}, or each host's own on its line of hosts.ini")


def _unheard(own: dataclass_loader.Tree, common: Mapping[str, str], inventory: Inventory) -> Iterator[Problem]:
    """Yield a warning of each key for one listener that none of them reads."""
    said = [
        common,
        *({**common, **dict(member.properties)} for member in inventory.group(Role.BROKER) if member.properties),
    ]
    names = {one.name.lower() for each in said for one in listener.read(each.get(LISTENERS, ""))} or {"plaintext"}
    yield from _unread(own, names | ({CONTROLLER.lower()} if inventory.kraft else set()))


def _unread(own: dataclass_loader.Tree, names: set[str]) -> Iterator[Problem]:
    for key, entry in own.items():
        rest = key.removeprefix(PREFIX)
        if rest != key and not any(rest.startswith(f"{name}.") for name in names):
            words = f"kafka.properties.{key}: brokers pass over it: none of the listeners is called so in small letters"
            yield Problem(entry.file, entry.line, f"{words} ({', '.join(sorted(names))})", warning=True)


def _of_controllers(tree: dataclass_loader.Tree) -> Iterator[Problem]:
    """Yield what is wrong with the protocols of isolated controllers."""
    own = block(tree, "controller")
    if MAP in own and not isinstance(own[MAP].value, dict | list):
        try:
            found = listener.read_protocols(dataclass_loader.property_text(own[MAP]))
        except ValueError as error:
            yield own[MAP].problem(f"controller.properties.{MAP}: {error}")
        else:
            if CONTROLLER not in found:
                yield own[MAP].problem(
                    f"controller.properties.{MAP}: {CONTROLLER} has no protocol: add `{CONTROLLER}:PLAINTEXT`"
                )
    if INTER in own and PROTOCOL in own:
        yield own[INTER].problem(f"controller.properties.{INTER} and {PROTOCOL} are both given: keep one")
