"""Cluster and Node: inventory and settings brought together, and checked against each other."""

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from kafka_fab.cluster.inventory import Inventory, Member
from kafka_fab.cluster.release import release
from kafka_fab.cluster.release.release import Release
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Kafka, Settings, ZooKeeper
from kafka_fab.cluster.template import Templates
from kafka_fab.cluster.values import address, listener
from kafka_fab.cluster.values.listener import Listener
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.wires import Wires
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Node:
    """A host with its roles; broker and controller on one host are one combined node."""

    host: str
    address: str
    broker: Member | None = None
    zookeeper: Member | None = None
    controller: Member | None = None

    def at(self, port: int) -> str:
        """Return where one of its ports is reached."""
        return address.place(self.address, port)

    @property
    def combined(self) -> bool:
        """Return whether broker and controller are one process."""
        return bool(self.broker and self.controller)


@dataclass(frozen=True)
class Cluster:
    """What should be: one value that everything else reads.

    `running` alone is of the hosts: what each service by host and role has started with, as far as its host was asked.
    It is renewed in place, since whoever holds the cluster must ask where a service runs by now.
    """

    folder: Path
    inventory: Inventory
    settings: Settings
    release: release.Release
    templates: Templates = field(compare=False)
    warnings: tuple[Problem, ...] = ()
    running: dict[tuple[str, Role], Running] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Return every host's node by the host's name, in the order of hosts.ini."""
        return {host: self._node(host) for host in self.inventory.hosts}

    def _node(self, host: str) -> Node:
        members = self.inventory.of_host[host]
        where = next((member.address for member in members if member.address), host)
        roles = {member.group: member for member in members}
        return Node(host, where, roles.get(Role.BROKER), roles.get(Role.ZOOKEEPER), roles.get(Role.CONTROLLER))

    @property
    def name(self) -> str:
        """Return the cluster's name."""
        return self.settings.name

    def own(self, node: Node) -> dict[str, str]:
        """Return the properties of a node's broker, or isolated controller, as the settings and hosts.ini give them."""
        member = node.broker or node.controller
        kafka, controller = self.settings.kafka, self.settings.controller
        common = {**kafka.properties, **kafka.unchecked_properties} if node.broker else controller.properties
        return {**common, **dict(member.properties if member else ())}

    def for_templates(self, node: Node) -> dict[str, Any]:
        """Return what every template of a node's files finds beside the values of its kind: see docs/templates.md."""
        settings = self.settings
        members = (node.broker, node.zookeeper, node.controller)
        hosts = dict(pair for member in members if member for pair in member.variables)
        return {
            "node": node,
            "version": settings.version,
            "tree": self.tree,
            "kafka": settings.kafka,
            "zookeeper": settings.zookeeper,
            "controller": settings.controller,
            "paths": settings.paths,
            "java": settings.java,
            "vars": {**settings.vars, **hosts},
        }

    @property
    def kafka(self) -> Kafka:
        """Return the brokers' settings."""
        return self.settings.kafka

    @property
    def zookeeper(self) -> ZooKeeper:
        """Return the ensemble's settings."""
        return self.settings.zookeeper

    @cached_property
    def brokers(self) -> tuple[Node, ...]:
        """Return the nodes of [kafka]."""
        return tuple(node for node in self.nodes.values() if node.broker)

    @cached_property
    def ensemble(self) -> tuple[Node, ...]:
        """Return the nodes of [zookeeper]."""
        return tuple(node for node in self.nodes.values() if node.zookeeper)

    @cached_property
    def controllers(self) -> tuple[Node, ...]:
        """Return the nodes of [controller]."""
        return tuple(node for node in self.nodes.values() if node.controller)

    @property
    def kraft(self) -> bool:
        """Return whether the cluster runs in KRaft mode."""
        return self.inventory.kraft

    @cached_property
    def wires(self) -> Wires:
        """Return the listeners as the settings describe them."""
        return Wires.of(self.settings)

    @property
    def running_release(self) -> Release:
        """Return the release whose requests all services take: that of the oldest that runs, as far as it is known."""
        versions = [one.version for one in self.running.values() if release.is_version(one.version)]
        found = release.of(min(versions, key=release.numbers)) if versions else None
        return found or self.release

    @property
    def dynamic_quorum(self) -> bool:
        """Return whether voters may come and go (KIP-853), by default where the version can."""
        return self.settings.controller.quorum == "dynamic" or (
            self.release.dynamic_quorum and not self.settings.controller.quorum
        )

    @property
    def zookeeper_connect(self) -> str:
        """Return the connect string of Kafka and kazoo: host:port,... with the chroot."""
        servers = ",".join(node.at(self.wires.zookeeper.port) for node in self.ensemble)
        return servers + self.kafka.chroot

    @property
    def archive(self) -> str:
        """Return the archive's file name."""
        if self.settings.archive:
            return Path(self.settings.archive).name
        return self.release.archive(self.settings.version, self.settings.scala)

    @property
    def archive_url(self) -> str:
        """Return where the archive is fetched from."""
        return f"{self.settings.mirror}/{self.settings.version}/{self.archive}"

    @property
    def pushes(self) -> bool:
        """Return whether the archive comes from here instead of a mirror."""
        return bool(self.archive_file) or self.settings.download == "push"

    @property
    def cached_archive(self) -> str:
        """Return where a host keeps the archive until it is extracted."""
        return f"{self.settings.paths.cache}/{self.archive}"

    @property
    def archive_file(self) -> Path | None:
        """Return the archive that the settings name as a file of this machine, if they do."""
        return self.folder / self.settings.archive if self.settings.archive else None

    @property
    def tree(self) -> str:
        """Return the versioned folder that the archive is extracted to."""
        scala = self.settings.scala or self.release.scala
        return f"{self.settings.paths.install}/kafka_{scala}-{self.settings.version}"


def port_clashes(inventory: Inventory, settings: Settings) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the names and the problem of each port that one host would need twice."""
    zookeeper, kafka, wires = settings.zookeeper, settings.kafka, Wires.of(settings)
    names = [
        (wires.zookeeper.setting, wires.zookeeper.port),
        ("zookeeper.peer_port", zookeeper.peer_port),
        ("zookeeper.election_port", zookeeper.election_port),
    ]
    of_kafka = [
        *((one.setting, one.port) for one in wires.brokers),
        *((f"kafka.properties.listeners ({one.name})", one.port) for one in _more_listeners(inventory, settings)),
        ("kafka.jmx.port", kafka.jmx.port),
        ("kafka.exporter.port", kafka.exporter.port),
    ]
    if not inventory.group(Role.ZOOKEEPER):
        names = [(wires.controller.setting, wires.controller.port)]
    brokers = set(inventory.group_hosts(Role.BROKER))
    together = brokers & {*inventory.group_hosts(Role.ZOOKEEPER), *inventory.group_hosts(Role.CONTROLLER)}
    for on_one_host in [[*names, *of_kafka]] if together else [names, of_kafka]:
        taken: dict[int, str] = {}
        for name, port in on_one_host:
            if port and taken.setdefault(port, name) != name:
                yield (name, taken[port]), f"{name} and {taken[port]} are both {port} on one host"


def _more_listeners(inventory: Inventory, settings: Settings) -> Iterator[Listener]:
    """Yield the listeners that are not at the ports of their own settings."""
    for one in _listeners(settings.kafka):
        is_controllers = inventory.kraft and one.name == listener.CONTROLLER
        if one.port != (settings.controller.port if is_controllers else settings.kafka.port):
            yield one


def _listeners(kafka: Kafka) -> tuple[Listener, ...]:
    try:
        return listener.read(kafka.properties.get("listeners", ""))
    except ValueError:
        # Said by the check of the properties.
        return ()
