"""KRaft: how brokers and controllers find each other, and how their storage is formatted."""

import base64
import hashlib
import uuid
from dataclasses import replace

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import ConnectsBy, FixedKey, Members
from kafka_fab.cluster.values import listener

LISTENER = listener.CONTROLLER


def new_cluster_id() -> str:
    """Return a random cluster id: 22 characters of URL-safe Base64, as kafka-storage makes them."""
    while True:
        text = _text(uuid.uuid4().bytes)
        # A leading dash would be read as an option.
        if not text.startswith("-"):
            return text


def directory_id(cluster_id: str, node: Node) -> str:
    """Return the directory id that a first controller is formatted with, the same wherever it is worked out.

    All first controllers must be told the same list of ids (KIP-853). A controller that joins later gets a
    random one from kafka-storage: a new disk must never pass for the old one.
    """
    assert node.controller
    digest = hashlib.sha256(f"{cluster_id}/{node.controller.id}".encode()).digest()
    # A version 4 UUID whose text does not begin with a dash; Kafka refuses only its reserved ids.
    text = _text(uuid.UUID(bytes=digest[:16], version=4).bytes)
    return "A" + text[1:] if text.startswith("-") else text


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def quorum(cluster: Cluster) -> dict[str, str]:
    """Return the properties that lead a node to the controllers."""
    name, port = cluster.wires.controller.name, cluster.wires.controller.port
    if cluster.dynamic_quorum:
        servers = ",".join(node.at(port) for node in cluster.controllers)
        return {"controller.listener.names": name, "controller.quorum.bootstrap.servers": servers}
    voters = ",".join(f"{n.controller.id}@{n.at(port)}" for n in cluster.controllers if n.controller)
    return {"controller.listener.names": name, "controller.quorum.voters": voters}


def fixed_keys(cluster: Cluster, role: str, snapshot: str, file: str) -> tuple[FixedKey, ...]:
    """Return what stays as it is while a controller runs: the port that brokers and other controllers know."""
    wire = cluster.wires.controller
    return (FixedKey(role, snapshot, file, "listeners", f"*{wire.name}://*:{wire.port}*", wire.setting),)


def connects_by(cluster: Cluster, node: Node, unit: str, snapshot: str) -> ConnectsBy:
    """Return the listener by which a node connects to controllers, which all of them must have."""
    found = ConnectsBy(unit, snapshot, "controller.listener.names", LISTENER, cluster.wires.controller.name)
    if not (cluster.dynamic_quorum and node.controller):
        return found
    # A dynamic quorum keeps its voters' listeners in the metadata log: with others it does not even start.
    return replace(found, file=config_file(cluster, node), metadata=metadata_directory(cluster, node))


def members(cluster: Cluster, node: Node, role: str, file: str) -> tuple[Members, ...]:
    """Return the voters that a static quorum keeps; those of a dynamic one are its own to change."""
    if cluster.dynamic_quorum:
        return ()
    ids = tuple(one.controller.id for one in cluster.controllers if one.controller)
    directory = metadata_directory(cluster, node)
    return (Members(role, "controller", file, "controller.quorum.voters", ids, (directory,)),)


def invariants(cluster: Cluster, node: Node, service: str, snapshot: str, file: str) -> tuple[FixedKey | Members, ...]:
    """Return what a controller shares with the others of its quorum, and keeps."""
    return (*fixed_keys(cluster, service, snapshot, file), *members(cluster, node, service, file))


def initial_controllers(cluster: Cluster, cluster_id: str) -> str:
    """Return the list of the first controllers: id@host:port:directory-id, ... (kafka-storage -I)."""
    port = cluster.wires.controller.port
    return ",".join(
        f"{node.controller.id}@{node.at(port)}:{directory_id(cluster_id, node)}"
        for node in cluster.controllers
        if node.controller
    )


def format_options(cluster: Cluster, node: Node, cluster_id: str, quorum_has_run: bool) -> tuple[str, ...]:
    """Return kafka-storage's options for a node's first format.

    Where the quorum has run before, a new controller joins as an observer; `fab quorum.add` makes it a voter.
    """
    options = ("format", "-t", cluster_id, "-c", config_file(cluster, node))
    if not node.controller or not cluster.dynamic_quorum:
        return options
    if quorum_has_run:
        return (*options, "--no-initial-controllers")
    return (*options, "--initial-controllers", initial_controllers(cluster, cluster_id))


def config_file(cluster: Cluster, node: Node) -> str:
    """Return the file that a node's process reads."""
    name = "server.properties" if node.broker else "controller.properties"
    return f"{cluster.kafka.config_dir}/{name}"


def directories(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return the directories that are formatted."""
    if cluster.kraft:
        return tuple(dict.fromkeys((*_log_dirs(cluster, node), metadata_directory(cluster, node))))
    return _log_dirs(cluster, node)


def metadata_directory(cluster: Cluster, node: Node) -> str:
    """Return the directory that holds the metadata log: the first, where nothing else is said."""
    return cluster.own(node).get("metadata.log.dir") or _log_dirs(cluster, node)[0]


def idle_interval_ms(cluster: Cluster) -> int:
    """Return after how long without records the active controller writes one; 0 where one of them never does."""
    key, default = "metadata.max.idle.interval.ms", "500"
    set_ = [int(cluster.own(node).get(key, default)) for node in cluster.controllers]
    return 0 if 0 in set_ else max(set_, default=0)


def _log_dirs(cluster: Cluster, node: Node) -> tuple[str, ...]:
    return cluster.kafka.log_dirs if node.broker else (cluster.settings.controller.metadata_dir,)
