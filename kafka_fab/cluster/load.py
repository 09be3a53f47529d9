"""Read a cluster's folder: hosts.ini, conf/cluster.yaml, conf/local.yaml and the templates."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from kafka_fab.cluster.checks import (
    broker_ids,
    configured_paths,
    extra_file_check,
    hook_check,
    listener_check,
    property_block,
    property_check,
    replication_factor,
    security_check,
    unit_clashes,
)
from kafka_fab.cluster.folder import HOME, folder, inventory_of
from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.model import Cluster, port_clashes
from kafka_fab.cluster.release import release
from kafka_fab.cluster.roles import jmx, jmx_exporter, owner, tuning
from kafka_fab.cluster.schema import dataclass_loader, text_file
from kafka_fab.cluster.schema.problem import MOST, ConfigError, Problem, refuse_errors
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.template import Templates
from kafka_fab.cluster.upgrade import config_change
from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.role import Role

NO_VERSION = Problem("conf/cluster.yaml", 0, "version: is missing: write for example `version: 3.9.1`")


@cache
def cluster(place: Path | None = None) -> Cluster:
    """Return the cluster of a folder (default: `folder()`); raise ConfigError with all problems at once."""
    place = place or folder()
    inventory = inventory_of(place)
    settings, tree, problems = _settings(place)
    templates = Templates(dict.fromkeys((place / "conf", HOME / "conf")))
    rules = release.of(settings.version) if settings.version else None
    problems += [*inventory.problems, *templates.missing(), *templates.without_tree(), *_files(place, tree, settings)]
    if _all_read(problems):
        problems += _contradictions(tree, settings, inventory, problems)
        problems += list(configured_paths.problems(tree, settings, inventory, problems))
        problems += list(extra_file_check.problems(tree, settings, inventory, place))
        problems += list(extra_file_check.unread_secrets(templates, settings))
    problems += owner.problems(place)
    if rules and all(problem.warning for problem in problems):
        problems += replication_factor.unsaid(tree, settings, inventory, rules)
    warnings = refuse_errors(placed(place, problems))
    if rules is None:
        raise ConfigError(list(placed(place, [NO_VERSION])))
    return Cluster(place, inventory, settings, rules, templates, warnings)


def _all_read(problems: Iterable[Problem]) -> bool:
    """Return whether no file as a whole, and no line of hosts.ini, is wrong: what follows from that is not said."""
    return all(problem.warning or (problem.line and problem.file != "hosts.ini") for problem in problems)


def _contradictions(
    tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory, found: list[Problem]
) -> Iterator[Problem]:
    """Yield where values that are right by themselves do not go together."""
    wrong = {(problem.file, problem.line) for problem in found if not problem.warning}
    for names, words in (*port_clashes(inventory, settings), *_same_names(inventory, settings)):
        # A value that was refused counts as its default here, which nobody has written.
        if not any(dataclass_loader.place(tree, name, "") in wrong for name in names):
            yield _told(tree, names[0], words)
    if not any(
        dataclass_loader.place(tree, name, "") in wrong for name in ("kafka.port", "kafka.properties.listeners")
    ):
        yield from _listeners(tree, settings, inventory)
    yield from property_check.of_hosts(settings, inventory)
    yield from security_check.problems(tree, settings, inventory, wrong)
    yield from _refused_values(tree, settings)
    yield from replication_factor.problems(tree, settings, inventory)
    yield from _mode(settings, inventory)
    yield from _ipv6(settings, inventory)


def _refused_values(tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    """Yield the properties whose values the version no longer accepts."""
    entries = property_block.block(tree, "kafka")
    if not settings.version:
        return
    for name, words in config_change.refused(settings.kafka.properties, settings.version):
        yield entries[name].problem(f"kafka.properties.{name}: {words}")


def _listeners(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    rules = release.of(settings.version) if settings.version else None
    # Before listeners had names a broker had one port, and none of these keys.
    if rules and rules.listeners:
        yield from listener_check.problems(tree, settings, inventory, rules.dynamic_quorum)


def placed(place: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems of a cluster's folder, each once, with their files as seen from where the user stands."""
    prefix = _prefix(place)
    for problem in dict.fromkeys(problems):
        file = problem.file if Path(problem.file).is_absolute() else prefix + problem.file
        yield Problem(file, problem.line, problem.text, problem.warning)


def _prefix(place: Path) -> str:
    try:
        return "" if place == Path.cwd() else f"{os.path.relpath(place)}/"
    except OSError:
        return f"{place}/"


def _told(tree: dataclass_loader.Tree, name: str, words: str, warning: bool = False) -> Problem:
    return Problem(*dataclass_loader.place(tree, name, "conf/cluster.yaml"), words, warning)


def _settings(place: Path) -> tuple[Settings, dataclass_loader.Tree, list[Problem]]:
    base, problems = tree_of(place, "conf/cluster.yaml", "`init` writes a sample into a new folder: copy that one")
    local, more = tree_of(place, "conf/local.yaml")
    tree = dataclass_loader.merge(base, local)
    problems += more
    settings = dataclass_loader.fill(Settings, tree, problems)
    if "version" not in tree and base:
        problems.append(NO_VERSION)
    more = [*_version(tree, settings), *islice(property_check.problems(tree, settings), MOST)]
    more += [
        *hook_check.problems(tree, settings),
        *jmx.problems(tree, settings),
        *jmx_exporter.problems(tree, settings, place),
        *tuning.problems(tree),
    ]
    return settings, tree, [*problems, *more]


def tree_of(place: Path, name: str, missing: str = "") -> tuple[dataclass_loader.Tree, list[Problem]]:
    """Return a YAML file of a cluster's folder with its problems; `missing` is what to do where it is not there.

    Without `missing` it may be, and is empty then.
    """
    content, problems = text_file.read(place / name, name, missing)
    return ({}, problems) if problems else dataclass_loader.read(content, name)


def _version(tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    entry = tree.get("version")
    if not entry or not settings.version:
        return
    rules = release.of(settings.version)
    if rules is None:
        yield entry.problem(f"version: {settings.version} is not covered; {release.known()} are")
    elif untested := release.untested(settings.version):
        yield Problem(entry.file, entry.line, f"version: {untested}", warning=True)
    if rules and settings.kafka.chroot and not rules.creates_chroot:
        yield entry.problem(f"kafka.chroot: {settings.version} does not create its chroot; write `chroot: ''`")


def _mode(settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    rules = release.of(settings.version) if settings.version else None
    if not rules or inventory.problems:
        return
    line = next((member.line for member in inventory.members if member.group != Role.BROKER), 0)
    if inventory.kraft and not rules.kraft:
        yield Problem("hosts.ini", line, f"Kafka {settings.version} has no KRaft that can be run: use [zookeeper]")
    if inventory.group(Role.ZOOKEEPER) and not rules.zookeeper:
        yield Problem("hosts.ini", line, f"Kafka {settings.version} has no ZooKeeper mode: use [controller]")
    if settings.controller.quorum == "dynamic" and not rules.dynamic_quorum:
        words = f"controller.quorum: {settings.version} has only a static quorum; dynamic is there from 3.9 on"
        yield Problem("conf/cluster.yaml", 0, words)
    yield from broker_ids.problems(rules, settings, inventory)


def _ipv6(settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    rules = release.of(settings.version) if settings.version else None
    for member in inventory.members if rules and not rules.ipv6 else ():
        if address.is_ipv6(member.address):
            words = f"{member.host}: Kafka {settings.version} and its ZooKeeper take no IPv6 address: use a host name"
            yield Problem(inventory.file, member.line, words)


def _files(place: Path, tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    if settings.archive and (reason := text_file.absent(place / settings.archive)):
        yield _told(tree, "archive", f"archive: {reason}")


def _same_names(inventory: Inventory, settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    zookeeper, controller, kafka = settings.zookeeper, settings.controller, settings.kafka
    names = {
        Role.ZOOKEEPER: zookeeper.service,
        Role.CONTROLLER: controller.service,
        Role.BROKER: kafka.service,
    }
    return unit_clashes.clashes(inventory, names)
