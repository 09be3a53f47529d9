"""Extra file check: the user's own files are where nothing of ours is, and each has a name of its own."""

from collections.abc import Iterator
from pathlib import Path

from kafka_fab.cluster.checks import configured_paths
from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.schema import dataclass_loader, text_file
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.extra_settings import ExtraFile, secrets
from kafka_fab.cluster.template import Templates
from kafka_fab.cluster.values.path_rules import NamedPath, PathKind, lineage, of_the_system
from kafka_fab.cluster.values.role import Role

# What we write into a service's folder of configuration; a start keeps copies by these names.
_OURS = """
server.properties controller.properties zookeeper.properties log4j.properties log4j2.yaml jmx.password jmx.access
exporter.yaml jvm.secrets environment node.pem node.p12 ca.pem clients-ca.pem secrets.properties
"""
OURS = frozenset(_OURS.split())
# What is written beside a file, or kept of it; and units.
ENDINGS = (".new", ".old", ".kept", ".service")
BLOCKS = {Role.BROKER: "kafka", Role.CONTROLLER: "controller", Role.ZOOKEEPER: "zookeeper"}


def problems(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory, place: Path) -> Iterator[Problem]:
    """Yield what is wrong with `files` of each service."""
    for block in BLOCKS.values():
        names: dict[str, str] = {}
        for path, extra in _files(settings, block).items():
            if wrong := _wrong(path, extra, place) or _taken(path, names):
                yield _problem(tree, block, path, wrong)
    yield from dict.fromkeys(_on_hosts(tree, settings, inventory))


def unread_secrets(templates: Templates, settings: Settings) -> Iterator[Problem]:
    """Yield each unit of the user's own that would not read the variables that hold secrets."""
    for block in BLOCKS.values():
        names = ", ".join(secrets(getattr(settings, block).environment))
        unit = "zookeeper.service.j2" if block == Role.ZOOKEEPER else "kafka.service.j2"
        if names and (file := templates.own_without(unit, "environment_file")):
            words = f"the service would not get {names} of {block}.environment, which is kept in a file as a secret"
            yield Problem(file, 0, f"{words}: add `EnvironmentFile={{{{ environment_file }}}}`")


def _files(settings: Settings, block: str) -> dict[str, ExtraFile]:
    return dict(getattr(settings, block).files)


def _wrong(path: str, extra: ExtraFile, place: Path) -> str:
    if not extra.source:
        return "`from` is missing: name the file beside hosts.ini"
    return of_the_system(NamedPath("", path)) or text_file.absent(place / extra.source)


def is_ours(name: str) -> bool:
    """Return whether kafka-fab has a file of a name in a service's folder of configuration, or may have."""
    return name in OURS or name.startswith(".") or name.endswith(ENDINGS)


def _taken(path: str, names: dict[str, str]) -> str:
    name = path.rpartition("/")[2]
    if is_ours(name):
        return f"a file of this name is kafka-fab's own: give it another name than {name}"
    other = names.setdefault(name, path)
    return "" if other == path else f"{other} has the same name, {name}: give each its own"


def _on_hosts(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    for roles in configured_paths.roles_of_hosts(inventory):
        places = [one for one in configured_paths.of(tree, settings, roles) if one.kind is not PathKind.PARENT]
        blocks = [BLOCKS[role] for role in Role if role in roles]
        mine = [(block, path) for block in blocks for path in _files(settings, block)]
        for block, path in mine:
            if wrong := _inside(path, places) or _twice(block, path, mine):
                yield _problem(tree, block, path, wrong)


def _inside(path: str, places: list[NamedPath]) -> str:
    """Return which directory or tree of ours a file would be in, except a folder of configuration, or nothing."""
    found = (one for one in places if one.path in lineage(path) and not one.name.endswith(".config_dir"))
    return next((f"lies in {one.name} ({one.path}): name a path elsewhere" for one in found), "")


def _twice(block: str, path: str, mine: list[tuple[str, str]]) -> str:
    other = next((one for one, named in mine if named == path and one != block), "")
    return f"{other}.files on the same host has it, too: keep one" if other else ""


def _problem(tree: dataclass_loader.Tree, block: str, path: str, words: str) -> Problem:
    entry = tree[block].value["files"].value[path] if block in tree else None
    name = f"{block}.files.{path}: {words}"
    return entry.problem(name) if entry else Problem("conf/cluster.yaml", 0, name)
