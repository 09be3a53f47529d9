"""A node's resources: what should be on one host, step by step."""

from collections.abc import Iterable

from tasks.cluster import broker, keeper
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import Directory, Download, Gone, Java, Link, Resource, Tree, UnitGone, Units

STEPS = ("guards", "java", "users", "download", "extract", "symlink", "config", "log-dirs", "services", "in-step")

# Where lib.sh keeps what it has written.
STATE = "/var/lib/kafka-fab"


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return the resources of each step of an install, in the order in which they are brought about."""
    gathered: dict[str, tuple[Resource, ...]] = dict.fromkeys(STEPS, ())
    for part in _parts(cluster, node):
        for step, resources in part.items():
            gathered[step] += resources
    return gathered


def _parts(cluster: Cluster, node: Node) -> Iterable[dict[str, tuple[Resource, ...]]]:
    if node.zookeeper:
        yield keeper.steps(cluster, node)
    if node.broker:
        yield broker.steps(cluster, node)
    yield _software(cluster)
    units = ((node.zookeeper, keeper.UNIT), (node.broker, broker.UNIT))
    yield {"services": (Units(tuple(unit for role, unit in units if role)),)}


def _software(cluster: Cluster) -> dict[str, tuple[Resource, ...]]:
    settings, rules = cluster.settings, cluster.release
    lowest, highest = rules.java
    packages = (settings.java.package,) if settings.java.package else rules.java_packages
    archive = cluster.cached_archive
    source = f"{cluster.archive}, sent from here" if cluster.pushes else cluster.archive_url
    return {
        "java": (Java(lowest, highest, packages, settings.java.home),),
        "download": (
            Directory(settings.paths.cache),
            Download(source, archive, cluster.tree, settings.sha512.lower()),
        ),
        "extract": (Tree(cluster.tree, archive),),
        "symlink": (Link(settings.paths.link, cluster.tree),),
    }


def removal(cluster: Cluster, node: Node, with_data: bool) -> tuple[Resource, ...]:
    """Return the resources of an uninstall: services, configuration and software gone, data on demand."""
    parts = (
        (node.broker, "kafka", broker.files(cluster), broker.data(cluster)),
        (node.zookeeper, "zookeeper", keeper.files(cluster), keeper.data(cluster)),
    )
    mine = [(unit, files, data) for role, unit, files, data in parts if role]
    paths = cluster.settings.paths
    return (
        *(UnitGone(unit) for unit, _, _ in mine),
        *(Gone(path) for _, files, _ in mine for path in files),
        *(Gone(path, with_content=True) for _, _, data in mine for path in data if with_data),
        Gone(paths.link),
        Gone(cluster.tree, with_content=True),
        Gone(paths.cache, with_content=True),
        *((Gone(STATE, with_content=True),) if with_data else ()),
    )
