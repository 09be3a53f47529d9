"""Service upgrade: what is changed of a stopped service on its way to another version, back, and at the end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Absent, File, Link, Resource, Restored, Saved, SavedAbsent, Units, VersionRecord
from kafka_fab.cluster.roles import java_home
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import unit_file


def upgrade_files(cluster: Cluster, node: Node, service: Service, pins: Mapping[str, str]) -> tuple[Resource, ...]:
    """Return what brings a stopped service to the version of the settings: its files with the pins, its unit last.

    Its files of before are saved first, once. A step that is cut off leaves the old version with files that it reads,
    and can be repeated.
    """
    config, link = _config(cluster, node, service), cluster.settings.paths.link
    own = unit_file(service.unit)
    return (
        Saved(
            service.unit,
            link,
            cluster.tree,
            java_home.of_unit(config, service.unit),
            tuple(item.path for item in config),
        ),
        VersionRecord(cluster.tree),
        *_pinned((item for item in config if item.path != own), service, pins),
        *(item for item in config if item.path == own),
        *_loaded(cluster, node),
    )


def java_of(cluster: Cluster, node: Node, service: Service) -> str:
    """Return the home of the Java that a service is to have by the settings, or nothing for the java in PATH."""
    return java_home.of_unit(_config(cluster, node, service), service.unit)


def final_files(cluster: Cluster, node: Node, service: Service, pins: Mapping[str, str]) -> tuple[Resource, ...]:
    """Return a stopped service's files as the settings have them with only these pins left: without any at the end."""
    return (*_pinned(_config(cluster, node, service), service, pins), *_loaded(cluster, node))


def restored_files(cluster: Cluster, node: Node, service: Service) -> tuple[Resource, ...]:
    """Return what brings a stopped service back to its files of before the upgrade, which are then saved no more."""
    return (Restored(service.unit, cluster.settings.paths.link, _units(cluster, node)),)


def saved_absent(cluster: Cluster, node: Node) -> tuple[Resource, ...]:
    """Return that nothing leads back on a host, and that its link is at the version of all its services."""
    forgotten = (SavedAbsent(service.unit) for service in services(cluster, node))
    return (*forgotten, Link(cluster.settings.paths.link, cluster.tree, _units(cluster, node)))


def with_pins(file: File, pins: Mapping[str, str]) -> File:
    """Return a broker's main file with exactly these levels, as an install keeps them in it."""
    lines = "".join(f"{key}={pins[key]}\n" for key in file.levels if key in pins)
    return replace(file, content=file.content.rstrip("\n") + "\n" + lines, levels=())


def _pinned(config: Iterable[File | Absent], service: Service, pins: Mapping[str, str]) -> Iterable[File | Absent]:
    # The main file alone has levels; where the user has set one himself it is not among them.
    is_broker = service.role is Role.BROKER
    return (with_pins(item, pins) if is_broker and isinstance(item, File) and item.levels else item for item in config)


def _config(cluster: Cluster, node: Node, service: Service) -> tuple[File | Absent, ...]:
    config = service.module.steps(cluster, node)["config"]
    return tuple(item for item in config if isinstance(item, File | Absent))


def _loaded(cluster: Cluster, node: Node) -> tuple[Resource, ...]:
    units = _units(cluster, node)
    return (Units(units), Link(cluster.settings.paths.link, cluster.tree, units))


def _units(cluster: Cluster, node: Node) -> tuple[str, ...]:
    return tuple(service.unit for service in services(cluster, node))
