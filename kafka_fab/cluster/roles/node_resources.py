"""A node's resources: what should be on one host, step by step."""

import threading
from collections.abc import Iterable

from kafka_fab.cluster.checks.configured_paths import STATE
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import (
    Absent,
    Directory,
    Download,
    ExtraFilesAbsent,
    File,
    Java,
    Link,
    LinkAbsent,
    PackagedKept,
    Places,
    RecordsAbsent,
    Resource,
    SavedAbsent,
    Tree,
    TreesAbsent,
    UnitAbsent,
    Units,
    Version,
)
from kafka_fab.cluster.roles import java_home, jmx_exporter, node_store, owner, tuning
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import temporary

STEPS = (
    "owner",
    "preconditions",
    "invariants",
    "java",
    "users",
    "download",
    "extract",
    "symlink",
    "config",
    "log-dirs",
    "tuning",
    "services",
    "running-config",
)


# Templates and patterns are compiled for the first host: those that come at the same moment would do it again.
_ONE = threading.Lock()


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return the resources of each step of an install, in the order in which they are brought about."""
    with _ONE:
        return _steps(cluster, node)


def _steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    gathered: dict[str, tuple[Resource, ...]] = dict.fromkeys(STEPS, ())
    for part in _parts(cluster, node):
        for step, resources in part.items():
            gathered[step] += resources
    directories = [item.path for items in gathered.values() for item in items if isinstance(item, Directory)]
    caches = [temporary(service.unit) for service in services(cluster, node)]
    apart = Places((*dict.fromkeys((*directories, *caches)), cluster.tree, STATE))
    gathered["owner"] = (owner.of(cluster, node), apart, *_versions(cluster, node))
    return gathered


def _versions(cluster: Cluster, node: Node) -> Iterable[Version]:
    """Yield the version of each service, in every task that writes some of its files."""
    for service in services(cluster, node):
        config = service.module.steps(cluster, node)["config"]
        java = java_home.of_unit(config, service.unit)
        own = config_paths(config)
        yield Version(cluster.settings.paths.link, cluster.tree, java, service.unit, own, service.data)


def config_paths(config: Iterable[Resource]) -> tuple[str, ...]:
    """Return the paths of a service's own files: what it starts with, which an upgrade changes as one."""
    return tuple(item.path for item in config if isinstance(item, File | Absent))


def _parts(cluster: Cluster, node: Node) -> Iterable[dict[str, tuple[Resource, ...]]]:
    for service in services(cluster, node):
        yield service.module.steps(cluster, node)
    # After the directories of all services: the stores of a host have one key.
    yield {"invariants": node_store.invariants(cluster, node), "config": node_store.resources(cluster, node)}
    yield _software(cluster)
    yield tuning.steps(cluster)
    # After the units are loaded: a start by the older ones would miss what is removed.
    earlier = (ExtraFilesAbsent(its.unit, its.paths) for its in Extras.of_node(cluster, node))
    yield {"services": (Units(tuple(service.unit for service in services(cluster, node))), *earlier)}


def _software(cluster: Cluster) -> dict[str, tuple[Resource, ...]]:
    settings, rules = cluster.settings, cluster.release
    lowest, highest = rules.java
    packages = (settings.java.package,) if settings.java.package else rules.java_packages
    archive = cluster.cached_archive
    source = f"{cluster.archive}, sent from here" if cluster.pushes else cluster.archive_url
    return {
        "java": (Java(lowest, highest, packages, settings.java.home),),
        "download": (
            Directory(settings.paths.cache, shared=True),
            Download(source, archive, cluster.tree, settings.sha512.lower()),
        ),
        "extract": (Tree(cluster.tree, archive),),
        "symlink": (Link(settings.paths.link, cluster.tree),),
    }


def removal(cluster: Cluster, node: Node, with_data: bool) -> tuple[Resource, ...]:
    """Return the resources of an uninstall: services, configuration and software gone, data on demand."""
    mine = tuple(reversed(services(cluster, node)))
    paths, archive = cluster.settings.paths, cluster.cached_archive
    return (
        owner.of(cluster, node),
        PackagedKept(),
        *(UnitAbsent(service.unit) for service in mine),
        *(SavedAbsent(service.unit) for service in mine),
        *(ExtraFilesAbsent(service.unit, ()) for service in mine),
        *(Absent(path) for service in mine for path in service.module.files(cluster)),
        *(Absent(temporary(service.unit), with_content=True) for service in mine if service.role != Role.ZOOKEEPER),
        # The kernel keeps its running values until the next boot: what they were before is not known.
        Absent(tuning.file(cluster)),
        Absent(jmx_exporter.folder(cluster), with_content=True),
        LinkAbsent(paths.link),
        TreesAbsent(paths.install, cluster.tree),
        *(Absent(f"{archive}{ending}") for ending in ("", ".checked", ".part", ".pushed")),
        Absent(paths.cache),
        # Last: where a disk refuses, all the rest is gone.
        *(Absent(path, with_content=True) for service in mine for path in service.module.data(cluster) if with_data),
        *((RecordsAbsent(STATE),) if with_data else ()),
    )
