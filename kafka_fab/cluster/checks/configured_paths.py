"""Configured paths: every path on a host that the settings name, checked by the one rule for paths."""

from collections.abc import Iterable, Iterator

from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.release import release
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.setting import absolute_path
from kafka_fab.cluster.values.path_rules import NamedPath, PathKind, clashes, of_the_system
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import temporary

# Where the library of scripts keeps what it has written and made.
STATE = "/var/lib/kafka-fab"
FILE = "conf/cluster.yaml"


def problems(
    tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory, known: Iterable[Problem]
) -> Iterator[Problem]:
    """Yield each path that is the system's, and each pair on one host that cannot stand so.

    What is known to be wrong already stands at its default, and is not judged.
    """
    wrong = {(problem.file, problem.line) for problem in known}
    for place in _unique(place for roles in roles_of_hosts(inventory) for place in of(tree, settings, roles)):
        # Of the keys of Kafka and ZooKeeper no setting has looked at the form yet.
        complaint = absolute_path(place.path) or of_the_system(place)
        if complaint and place.line and (place.file, place.line) not in wrong:
            wrong.add((place.file, place.line))
            yield Problem(place.file, place.line, f"{place.name}: {complaint}")
    for roles in roles_of_hosts(inventory):
        for clash in clashes([place for place in of(tree, settings, roles) if (place.file, place.line) not in wrong]):
            yield Problem(*clash.place, str(clash))


def _unique(places: Iterable[NamedPath]) -> Iterator[NamedPath]:
    return iter(dict.fromkeys(places))


def roles_of_hosts(inventory: Inventory) -> list[frozenset[str]]:
    """Return the sets of roles that hosts have; a combined node is its broker."""
    groups: dict[str, set[str]] = {}
    for member in inventory.members:
        groups.setdefault(member.host, set()).add(member.group)
    sets = (frozenset(mine - {Role.CONTROLLER} if Role.BROKER in mine else mine) for mine in groups.values())
    return list(dict.fromkeys(sets)) or [frozenset({Role.BROKER, Role.ZOOKEEPER})]


def of(tree: dataclass_loader.Tree, settings: Settings, roles: frozenset[str]) -> list[NamedPath]:
    """Return the places of a host with some roles; those that stand in no file have no line."""
    found = [*_software(settings), *_of_zookeeper(settings, roles), *_of_kafka(settings, roles)]
    found += [
        NamedPath("the folder of a service's temporary files", temporary(unit)) for unit in _units(settings, roles)
    ]
    return [_told(tree, place) for place in found if place.path]


def _units(settings: Settings, roles: frozenset[str]) -> Iterator[str]:
    if Role.ZOOKEEPER in roles:
        yield settings.zookeeper.service
    if Role.BROKER in roles:
        yield settings.kafka.service
    elif Role.CONTROLLER in roles:
        yield settings.controller.service


def _software(settings: Settings) -> Iterator[NamedPath]:
    paths, rules = settings.paths, release.of(settings.version) if settings.version else None
    yield NamedPath("paths.install", paths.install, PathKind.PARENT)
    yield NamedPath("paths.link", paths.link, PathKind.LINK)
    yield NamedPath("paths.cache", paths.cache)
    yield NamedPath("java.home", settings.java.home, PathKind.LENT)
    yield NamedPath("the folder of the exporter's agents", f"{paths.install}/kafka-exporter", PathKind.TREE)
    yield NamedPath("the folder of kafka-fab's own records", STATE)
    if rules:
        tree = f"{paths.install}/kafka_{settings.scala or rules.scala}-{settings.version}"
        yield NamedPath("the folder of this version", tree, PathKind.TREE)


def _of_zookeeper(settings: Settings, roles: frozenset[str]) -> Iterator[NamedPath]:
    its = settings.zookeeper
    if Role.ZOOKEEPER in roles:
        yield NamedPath("zookeeper.config_dir", its.config_dir)
        yield NamedPath("zookeeper.logs", its.logs)
        yield NamedPath("zookeeper.data_dir", its.data_dir, service=Role.ZOOKEEPER)
        log = its.properties.get("dataLogDir", "")
        yield NamedPath("zookeeper.properties.dataLogDir", log, PathKind.WITHIN, service=Role.ZOOKEEPER)


def _of_kafka(settings: Settings, roles: frozenset[str]) -> Iterator[NamedPath]:
    its, controller = settings.kafka, settings.controller
    if roles & {Role.BROKER, Role.CONTROLLER}:
        yield NamedPath("kafka.config_dir", its.config_dir)
        yield NamedPath("kafka.logs", its.logs)
    if Role.BROKER in roles:
        yield from (NamedPath("kafka.log_dirs", path, service=Role.BROKER) for path in its.log_dirs)
        metadata = its.properties.get("metadata.log.dir", "")
        yield NamedPath("kafka.properties.metadata.log.dir", metadata, PathKind.WITHIN, service=Role.BROKER)
    elif Role.CONTROLLER in roles:
        yield NamedPath("controller.metadata_dir", controller.metadata_dir, service=Role.CONTROLLER)
        metadata = controller.properties.get("metadata.log.dir", "")
        yield NamedPath("controller.properties.metadata.log.dir", metadata, PathKind.WITHIN, service=Role.CONTROLLER)


def _told(tree: dataclass_loader.Tree, place: NamedPath) -> NamedPath:
    """Return a place with the file and line of its entry, if it has one."""
    entry = _entry(tree, place.name.split(".", 2))
    if entry and isinstance(entry.value, list):
        entry = next((item for item in entry.value if item.value == place.path), None)
    return NamedPath(place.name, place.path, place.kind, entry.file, entry.line, place.service) if entry else place


def _entry(tree: dataclass_loader.Tree, names: list[str]) -> dataclass_loader.YamlNode | None:
    entry = tree.get(names[0])
    if entry is None or len(names) == 1:
        return entry
    return _entry(entry.value, names[1:]) if isinstance(entry.value, dict) else None
