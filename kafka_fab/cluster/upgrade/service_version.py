"""Service version: the trees that a service of a host starts from, runs from and came from, and its levels. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import PurePosixPath

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.typed_command import FAB

SERVICE, TREE, LEVEL, RUNNING_LEVEL = "service-version", "host-tree", "level", "running-level"


@dataclass(frozen=True)
class ServiceVersion:
    """One service of one host: paths of trees, each empty where there is none.

    It `starts` from the tree that its unit names, `runs` from the one that its process was started from; `saved` is
    the one that the files saved for the way back are of. `trees` are all of the host that kafka-fab has extracted.
    `pins` are the levels in its file, `running_pins` those that its process has read; `java` is the home of the Java
    that its unit names, `running_java` the one that its unit named at its start.
    """

    host: str
    role: Role
    unit: str
    starts: str = ""
    runs: str = ""
    saved: str = ""
    trees: tuple[str, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    running_pins: Mapping[str, str] = field(default_factory=dict)
    java: str = ""
    running_java: str = ""

    @property
    def javas(self) -> frozenset[str]:
        """Return the Java that it starts with next and, where it runs, the one that it was started with."""
        return frozenset(({self.java} if self.starts else set()) | ({self.running_java} if self.runs else set()))

    @property
    def version(self) -> str:
        """Return the version that its next start brings, or nothing."""
        return tree_version(self.starts)

    @property
    def running_version(self) -> str:
        """Return the version that runs, or nothing."""
        return tree_version(self.runs)

    @property
    def saved_version(self) -> str:
        """Return the version that a rollback leads to, or nothing."""
        return tree_version(self.saved)


def tree_version(tree: str) -> str:
    """Return the version of a tree, such as /opt/kafka_2.13-3.9.1; nothing of no tree."""
    return version_of(PurePosixPath(tree).name) if tree else ""


def unfinished(services: Iterable[ServiceVersion], tree: str) -> str:
    """Return which upgrade is not finished, and what to do first; nothing where all services are at a tree for good."""
    services = list(services)
    for one in services:
        if one.starts and one.starts != tree:
            return f"{one.host}: {one.unit} is at {one.version}, not {tree_version(tree)}: run `{FAB} upgrade` first"
    for one in services:
        if one.saved:
            return f"{one.host}: the upgrade from {one.saved_version} is not finalized: run `{FAB} finalize` first"
    return ""


def read(cluster: Cluster, node: Node, changes: Iterable[Change]) -> tuple[ServiceVersion, ...]:
    """Return the versions of a host's services from what its script has said (see look_versions)."""
    changes = list(changes)
    trees = tuple(change.name for change in changes if change.kind == TREE)
    words = {change.name: key_values(change.detail) for change in changes if change.kind == SERVICE}
    return tuple(
        ServiceVersion(
            node.host,
            service.role,
            service.unit,
            starts=words[service.unit]["starts"],
            runs=words[service.unit]["running"],
            saved=words[service.unit]["saved"],
            trees=trees,
            pins=_levels(changes, LEVEL, service.unit),
            running_pins=_levels(changes, RUNNING_LEVEL, service.unit),
            java=words[service.unit]["java"],
            running_java=words[service.unit]["running-java"],
        )
        for service in services(cluster, node)
        if service.unit in words
    )


def _levels(changes: Iterable[Change], kind: str, unit: str) -> dict[str, str]:
    pairs = (change.detail.partition("=") for change in changes if (change.kind, change.name) == (kind, unit))
    return {key: value for key, _, value in pairs}
