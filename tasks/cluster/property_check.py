"""What the user's own properties say, held against what we write ourselves, and against Kafka's names and types."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from tasks.cluster import listener, release, shape
from tasks.cluster.inventory import Inventory, Member
from tasks.cluster.problem import Problem, did_you_mean
from tasks.cluster.property_type import PropertyType
from tasks.cluster.release import Release
from tasks.cluster.settings import Settings
from tasks.cluster.shape import Entry

# Written by us from hosts.ini and the settings of the same meaning; two sources would contradict each other.
OURS = {
    "broker.id": "the id in hosts.ini",
    "node.id": "the id in hosts.ini",
    "broker.rack": "the rack in hosts.ini",
    "log.dirs": "kafka.log_dirs",
    "log.dir": "kafka.log_dirs",
    "zookeeper.connect": "[zookeeper] in hosts.ini and kafka.chroot",
    "process.roles": "the groups in hosts.ini",
    "controller.quorum.voters": "[controller] in hosts.ini",
    "controller.quorum.bootstrap.servers": "[controller] in hosts.ini",
    "controller.listener.names": "[controller] in hosts.ini",
    "port": "kafka.port",
    "host.name": "the address in hosts.ini",
}
OURS_OF_CONTROLLER = OURS | {
    "log.dirs": "controller.metadata_dir",
    "log.dir": "controller.metadata_dir",
    "listeners": "controller.port",
    "advertised.listeners": "controller.port and the address in hosts.ini",
}
ENSEMBLE = "[zookeeper] in hosts.ini"
OURS_OF_ZOOKEEPER = {
    "clientPort": "zookeeper.port",
    "clientPortAddress": "zookeeper.port",
    "secureClientPort": "zookeeper.port",
    "secureClientPortAddress": "zookeeper.port",
    "dataDir": "zookeeper.data_dir",
    # They would take the place of the list of servers, or of a majority of it.
    "dynamicConfigFile": ENSEMBLE,
    "peerType": ENSEMBLE,
}
SERVERS = ("server.", "group.", "weight.")
INT = PropertyType("INT")
# ZooKeeper has no definition of its keys: those that it reads by Integer.parseInt, and that we read as well.
NUMBERS_OF_ZOOKEEPER = (
    "tickTime",
    "initLimit",
    "syncLimit",
    "maxClientCnxns",
    "minSessionTimeout",
    "maxSessionTimeout",
    "connectToLearnerMasterLimit",
    "clientPortListenBacklog",
    "autopurge.snapRetainCount",
    "autopurge.purgeInterval",
)
WORDS = "4lw.commands.whitelist"
LISTENERS, ADVERTISED, MAP = "listeners", "advertised.listeners", "listener.security.protocol.map"


def ours_of_broker(name: str) -> bool:
    """Return whether a property of a broker's file is written from hosts.ini or another setting."""
    return bool(_owner(name, OURS))


def ours_of_controller(name: str) -> bool:
    """Return whether a property of an isolated controller's file is."""
    return bool(_owner(name, OURS_OF_CONTROLLER))


def ours_of_zookeeper(name: str) -> bool:
    """Return whether a property of a ZooKeeper server's file is."""
    return name.strip().lower().startswith(SERVERS) or bool(_owner(name, OURS_OF_ZOOKEEPER))


def problems(tree: shape.Tree, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with the properties in conf/: whose they are, their names and types."""
    rules = release.of(settings.version) if settings.version else None
    if not rules:
        return
    yield from _of_brokers(tree, settings, rules)
    yield from _unchecked(tree, rules)
    yield from _of_controllers(tree, settings, rules)
    yield from _of_zookeeper(tree)


def _of_brokers(tree: shape.Tree, settings: Settings, rules: Release) -> Iterator[Problem]:
    for name, entry in block(tree, "kafka").items():
        yield from map(entry.problem, _kafka(f"kafka.properties.{name}", name, _text(entry), settings, rules))


def _kafka(where: str, name: str, value: str, settings: Settings, rules: Release) -> Iterator[str]:
    source = _owner(name, OURS)
    if source:
        yield f"{where} is written from {source}; set it there"
    elif name not in rules.property_names and not name.startswith("listener.name."):
        remedy = "; one that a plug-in reads goes under kafka.unchecked_properties"
        yield f"Kafka {settings.version} knows no property {name}{did_you_mean(name, rules.property_names)}{remedy}"
    else:
        yield from _typed(where, name, value, settings, rules)


def _typed(where: str, name: str, value: str, settings: Settings, rules: Release) -> Iterator[str]:
    known = rules.property_types.get(name)
    # What a validator accepts was printed by the version that is tested; another may accept more.
    strict = release.numbers(settings.version)[:2] == release.numbers(rules.tested)[:2]
    wanted = known.refuses(value, strict) if known else ""
    if wanted:
        yield f"{where}: {wanted} is wanted, found `{value}`"


def _owner(name: str, ours: Mapping[str, str]) -> str:
    """Return what a property is written from by us, in whatever capitals it is given, or nothing."""
    return next((source for key, source in ours.items() if key.lower() == name.strip().lower()), "")


def _unchecked(tree: shape.Tree, rules: Release) -> Iterator[Problem]:
    for name, entry in block(tree, "kafka", "unchecked_properties").items():
        where, source = f"kafka.unchecked_properties.{name}", _owner(name, OURS)
        if source:
            yield entry.problem(f"{where} is written from {source}; set it there")
        elif name in rules.property_names:
            yield entry.problem(f"{where} is Kafka's own: set it under kafka.properties, where its value is checked")


def _of_controllers(tree: shape.Tree, settings: Settings, rules: Release) -> Iterator[Problem]:
    for name, entry in block(tree, "controller").items():
        where, source = f"controller.properties.{name}", _owner(name, OURS_OF_CONTROLLER)
        owned = [f"{where} is written from {source}; set it there"] if source else []
        yield from map(entry.problem, owned or _typed(where, name, _text(entry), settings, rules))


def _of_zookeeper(tree: shape.Tree) -> Iterator[Problem]:
    for name, entry in block(tree, "zookeeper").items():
        where, value = f"zookeeper.properties.{name}", _text(entry)
        source = _owner(name, OURS_OF_ZOOKEEPER) or ENSEMBLE * ours_of_zookeeper(name)
        wanted = INT.refuses(value) if name in NUMBERS_OF_ZOOKEEPER else ""
        words = {word.strip() for word in value.split(",")}
        if source:
            yield entry.problem(f"{where} is written from {source}; set it there")
        elif wanted:
            yield entry.problem(f"{where}: {wanted} is wanted, found `{value}`")
        elif name == WORDS and not words & {"*", "srvr"}:
            yield entry.problem(f"{where}: without srvr nobody learns whether a server serves: add it")


def of_hosts(settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    """Yield what is wrong with the properties on lines of hosts.ini."""
    rules = release.of(settings.version) if settings.version else None
    if not rules:
        return
    brokers = {member.host for member in inventory.group("kafka")}
    for member in inventory.members:
        if not member.properties:
            continue
        wrong = list(_of_host(member, member.host in brokers, settings, rules))
        yield from (Problem(inventory.file, member.line, f"{member.host}: {text}") for text in wrong)


def _of_host(member: Member, is_broker: bool, settings: Settings, rules: Release) -> Iterator[str]:
    names = ", ".join(name for name, _ in member.properties)
    if member.group == "zookeeper":
        yield f"{names}: on a line of [zookeeper] no property can stand; zookeeper.properties are the same for all"
    elif member.group == "controller" and is_broker:
        yield f"{names}: this is one combined node: write its properties on its line in [kafka]"
    else:
        ours = OURS if member.group == "kafka" else OURS_OF_CONTROLLER
        for name, value in member.properties:
            # Paths are held against each other in the settings.
            source = "kafka.properties or controller.properties" if name == "metadata.log.dir" else _owner(name, ours)
            owned = [f"{name} is written from {source}; set it there"] if source else []
            yield from owned or _kafka(name, name, value, settings, rules)


def listeners(tree: shape.Tree, settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    """Yield what is wrong with the listeners of all hosts, or of one whose line differs."""
    common, own_block = settings.kafka.properties, block(tree, "kafka")

    def at_key(key: str) -> Callable[[str], Problem]:
        return own_block[key].problem if key in own_block else lambda text: Problem("conf/cluster.yaml", 0, text)

    for key, text in listener_problems(common, settings.kafka.port, inventory.kraft):
        yield at_key(key)(text)
    for member in inventory.group("kafka"):
        own = dict(member.properties)
        if own.keys() & {LISTENERS, ADVERTISED, MAP}:
            for _, text in listener_problems({**common, **own}, settings.kafka.port, inventory.kraft):
                yield Problem(inventory.file, member.line, f"{member.host}: {text}")


def listener_problems(said: Mapping[str, str], port: int, kraft: bool) -> Iterator[tuple[str, str]]:
    """Yield the key and the problem of each thing wrong with a broker's listeners."""
    found: dict[str, tuple[listener.Listener, ...]] = {}
    for key in (LISTENERS, ADVERTISED):
        try:
            found[key] = listener.read(said.get(key, ""))
        except ValueError as error:
            yield key, f"{key}: {error}"
            return
    bound, told = found[LISTENERS], found[ADVERTISED]
    if bound and port not in {one.port for one in bound}:
        yield LISTENERS, f"kafka.port: {port} is not among the ports of listeners; set both"
    yield from ((LISTENERS, text) for text in _twice(bound))
    yield from ((LISTENERS, text) for text in _unmapped(bound, said.get(MAP, ""), kraft))
    names = {one.name for one in bound} or {"PLAINTEXT"}
    strangers = [one.name for one in told if one.name not in {*names, *({"CONTROLLER"} if kraft else ())}]
    if strangers:
        yield ADVERTISED, f"advertised.listeners: {', '.join(strangers)} is not among the listeners"
    everywhere = [str(one) for one in told if one.host in listener.EVERYWHERE]
    if everywhere:
        yield ADVERTISED, f"advertised.listeners: {', '.join(everywhere)} names no host that clients could reach"


def _twice(bound: Iterable[listener.Listener]) -> Iterator[str]:
    names: dict[str, int] = {}
    ports: dict[tuple[str, int], str] = {}
    for one in bound:
        if names.setdefault(one.name, one.port) != one.port:
            yield f"listeners: {one.name} is given twice; Kafka reads names in capitals"
        if ports.setdefault((one.host, one.port), one.name) != one.name:
            yield f"listeners: {one.name} and {ports[one.host, one.port]} have one port, {one.port}"


def _unmapped(bound: Iterable[listener.Listener], said: str, kraft: bool) -> Iterator[str]:
    known = {*(listener.protocols(said) if said else listener.PROTOCOLS), *({"CONTROLLER"} if kraft else ())}
    for one in bound:
        if one.name not in known:
            yield f"listeners: {one.name} has no protocol: add `{one.name}:PLAINTEXT`, or another, to {MAP}"


def _text(entry: Entry) -> str:
    return "" if isinstance(entry.value, dict | list) else shape.property_text(entry)


def block(tree: shape.Tree, section: str, key: str = "properties") -> shape.Tree:
    """Return a block of properties as it was read, with the places of its entries."""
    outer = tree[section].value if section in tree else {}
    properties = outer.get(key) if isinstance(outer, dict) else None
    return properties.value if properties and isinstance(properties.value, dict) else {}
