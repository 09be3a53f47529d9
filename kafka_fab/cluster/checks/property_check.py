"""Property check: the user's properties against those that kafka-fab writes, and against Kafka's names and types."""

from collections.abc import Callable, Iterator, Mapping

from kafka_fab.cluster.checks import secured_keys
from kafka_fab.cluster.checks.property_block import block
from kafka_fab.cluster.inventory import Inventory, Member
from kafka_fab.cluster.release import release, removed_property
from kafka_fab.cluster.release.property_type import PropertyType
from kafka_fab.cluster.release.release import Release
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.dataclass_loader import YamlNode
from kafka_fab.cluster.schema.problem import Problem, did_you_mean
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.values.role import Role

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
# Zero is taken for a key that is not there.
TIMES_OF_ZOOKEEPER = frozenset({"tickTime", "initLimit", "syncLimit"})
FROM_ONE = PropertyType("INT", "Range", "[1,...]")
# The setting that a property is written from, or nothing, by the property's name.
Source = Callable[[str], str]
WORDS = "4lw.commands.whitelist"


def sources_of_broker(settings: Settings) -> Source:
    """Return what tells the source of a property of a broker's file: hosts.ini, another setting, or nothing."""
    owned = secured_keys.of_broker(settings)
    return lambda name: _owner(name, OURS) or secured_keys.source(name, owned)


def sources_of_controller(settings: Settings) -> Source:
    """Return what tells the source of a property of an isolated controller's file."""
    owned = secured_keys.of_controller(settings)
    return lambda name: _owner(name, OURS_OF_CONTROLLER) or secured_keys.source(name, owned)


def sources_of_zookeeper(settings: Settings) -> Source:
    """Return what tells the source of a property of a ZooKeeper server's file."""
    owned = secured_keys.of_zookeeper(settings)

    def source(name: str) -> str:
        of_ensemble = ENSEMBLE * name.strip().lower().startswith(SERVERS)
        return _owner(name, OURS_OF_ZOOKEEPER) or of_ensemble or secured_keys.source(name, owned)

    return source


def problems(tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with the properties in conf/: whose they are, their names and types."""
    rules = release.of(settings.version) if settings.version else None
    if not rules:
        return
    yield from _of_brokers(tree, settings, rules)
    yield from _unchecked(tree, settings, rules)
    yield from _of_controllers(tree, settings, rules)
    yield from _of_zookeeper(tree, settings)


def _of_brokers(tree: dataclass_loader.Tree, settings: Settings, rules: Release) -> Iterator[Problem]:
    source_of = sources_of_broker(settings)
    for name, entry in block(tree, "kafka").items():
        where = f"kafka.properties.{name}"
        found = _written_from(where, source_of(name)) or _kafka(where, name, _text(entry), settings, rules)
        yield from map(entry.problem, found)


def _written_from(where: str, source: str) -> list[str]:
    return [f"{where} is written from {source}; set it there"] if source else []


def _kafka(where: str, name: str, value: str, settings: Settings, rules: Release) -> Iterator[str]:
    if name not in rules.property_names and not (rules.listeners and name.startswith("listener.name.")):
        yield f"Kafka {settings.version} knows no property {name}{_remedy(name, rules)}"
    else:
        yield from _typed(where, name, value, settings, rules)


def _remedy(name: str, rules: Release) -> str:
    removed = removed_property.gone(name, rules)
    if removed:
        return f": {removed}"
    similar = did_you_mean(name, rules.property_names)
    return f"{similar}; one that a plug-in reads goes under kafka.unchecked_properties"


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


def _unchecked(tree: dataclass_loader.Tree, settings: Settings, rules: Release) -> Iterator[Problem]:
    source_of = sources_of_broker(settings)
    for name, entry in block(tree, "kafka", "unchecked_properties").items():
        where = f"kafka.unchecked_properties.{name}"
        if owned := _written_from(where, source_of(name)):
            yield from map(entry.problem, owned)
        elif name in rules.property_names:
            yield entry.problem(f"{where} is Kafka's own: set it under kafka.properties, where its value is checked")


def _of_controllers(tree: dataclass_loader.Tree, settings: Settings, rules: Release) -> Iterator[Problem]:
    source_of = sources_of_controller(settings)
    for name, entry in block(tree, "controller").items():
        where = f"controller.properties.{name}"
        owned = _written_from(where, source_of(name))
        yield from map(entry.problem, owned or _typed(where, name, _text(entry), settings, rules))


def _of_zookeeper(tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    source_of = sources_of_zookeeper(settings)
    for name, entry in block(tree, "zookeeper").items():
        where, value = f"zookeeper.properties.{name}", _text(entry)
        owned = _written_from(where, source_of(name))
        number = FROM_ONE if name in TIMES_OF_ZOOKEEPER else INT
        wanted = number.refuses(value) if name in NUMBERS_OF_ZOOKEEPER else ""
        words = {word.strip() for word in value.split(",")}
        if owned:
            yield from map(entry.problem, owned)
        elif wanted:
            yield entry.problem(f"{where}: {wanted} is wanted, found `{value}`")
        elif name == WORDS and not words & {"*", "srvr"}:
            yield entry.problem(f"{where}: without srvr nobody learns whether a server serves: add it")


def of_hosts(settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    """Yield what is wrong with the properties on lines of hosts.ini."""
    rules = release.of(settings.version) if settings.version else None
    if not rules:
        return
    brokers = {member.host for member in inventory.group(Role.BROKER)}
    for member in inventory.members:
        if not member.properties:
            continue
        wrong = list(_of_host(member, member.host in brokers, settings, rules))
        yield from (Problem(inventory.file, member.line, f"{member.host}: {text}") for text in wrong)


def _of_host(member: Member, is_broker: bool, settings: Settings, rules: Release) -> Iterator[str]:
    names = ", ".join(name for name, _ in member.properties)
    if member.group == Role.ZOOKEEPER:
        yield f"{names}: on a line of [zookeeper] no property can stand; zookeeper.properties are the same for all"
    elif member.group == Role.CONTROLLER and is_broker:
        yield f"{names}: this is one combined node: write its properties on its line in [kafka]"
    else:
        sources = sources_of_broker if member.group == Role.BROKER else sources_of_controller
        source_of = sources(settings)
        for name, value in member.properties:
            # Paths are held against each other in the settings.
            is_path = name == "metadata.log.dir"
            source = "kafka.properties or controller.properties" if is_path else source_of(name)
            yield from _written_from(name, source) or _kafka(name, name, value, settings, rules)


def _text(entry: YamlNode) -> str:
    return "" if isinstance(entry.value, dict | list) else dataclass_loader.property_text(entry)
