"""The resources of a ZooKeeper server."""

from collections.abc import Iterator

from kafka_fab.cluster.checks.property_check import sources_of_zookeeper
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import (
    ConnectsBy,
    Data,
    Directory,
    File,
    FixedKey,
    Identity,
    Members,
    Port,
    Resource,
    RunningConfig,
    User,
)
from kafka_fab.cluster.roles import jvm, node_store
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.security import zookeeper_properties
from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import unit_file


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return a ZooKeeper server's resources by the step that they belong to."""
    assert node.zookeeper
    zookeeper = cluster.zookeeper
    user, myid = zookeeper.user, f"{zookeeper.data_dir}/myid"
    number = str(node.zookeeper.id)
    snapshot, main = f"/run/{cluster.zookeeper.service}/zookeeper.properties", files(cluster)[0]
    extras, files_of_config = Extras.of_zookeeper(cluster), config(cluster, node)
    return {
        "preconditions": (
            Identity(myid, "", number, f"{node.host}'s ZooKeeper id in hosts.ini"),
            Port(cluster.wires.zookeeper.port, zookeeper.service),
        ),
        "invariants": (
            Data(Role.ZOOKEEPER, "zookeeper.data_dir", snapshot, main, data_dirs(cluster)),
            ConnectsBy(
                zookeeper.service, snapshot, "sslQuorum", "false", properties(cluster).get("sslQuorum", "false")
            ),
            *_fixed_keys(cluster, snapshot, main),
            _members(cluster, main),
        ),
        "users": (User(user, zookeeper.config_dir),),
        "config": (
            Directory(zookeeper.config_dir, "root", user, "750"),
            *extras.resources(cluster),
            *files_of_config,
            jvm.secrets(zookeeper.jvm_options, zookeeper.config_dir, user),
        ),
        "log-dirs": (
            *(Directory(path, user, user, "750") for path in (zookeeper.data_dir, zookeeper.logs)),
            File(myid, f"{number}\n", user, user, "640"),
        ),
        "running-config": (
            RunningConfig.of(
                cluster.zookeeper.service,
                (
                    *files(cluster)[:2],
                    *jvm.kept(zookeeper.jvm_options, zookeeper.config_dir),
                    *extras.kept(files_of_config[-1].content),
                    *node_store.kept(cluster, node, zookeeper.config_dir),
                ),
                cluster.settings.paths.link,
                log(cluster),
            ),
        ),
    }


def data_dirs(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories that a server keeps snapshots and transactions in."""
    transactions = cluster.zookeeper.properties.get("dataLogDir")
    return (cluster.zookeeper.data_dir, transactions) if transactions else (cluster.zookeeper.data_dir,)


def _connects_by(cluster: Cluster, snapshot: str) -> ConnectsBy:
    """Return whether a server uses TLS to the others, which must be able to answer."""
    key, default = "sslQuorum", "false"
    return ConnectsBy(cluster.zookeeper.service, snapshot, key, default, properties(cluster).get(key, default))


def _fixed_keys(cluster: Cluster, snapshot: str, file: str) -> Iterator[FixedKey]:
    """Yield what stays as it is while a server runs: the ports that brokers and other servers know."""
    peers = f"{cluster.zookeeper.peer_port}:{cluster.zookeeper.election_port}"
    wire = cluster.wires.zookeeper
    yield FixedKey(cluster.zookeeper.service, snapshot, file, wire.name, str(wire.port), wire.setting)
    for node in cluster.ensemble:
        if node.zookeeper:
            key, setting = f"server.{node.zookeeper.id}", "zookeeper.peer_port or election_port"
            yield FixedKey(cluster.zookeeper.service, snapshot, file, key, f"*:{peers}", setting)


def _members(cluster: Cluster, file: str) -> Members:
    ids = tuple(node.zookeeper.id for node in cluster.ensemble if node.zookeeper)
    # A file of a single server names none.
    return Members(
        cluster.zookeeper.service, "zookeeper", file, "server.", ids if len(ids) > 1 else (), data_dirs(cluster)
    )


def config(cluster: Cluster, node: Node) -> tuple[File, ...]:
    """Return a ZooKeeper server's files, rendered."""
    zookeeper, render = cluster.zookeeper, cluster.templates.render
    values = cluster.for_templates(node)
    start = cluster.release.start_zookeeper
    server, log4j = files(cluster)[:2]
    certificates = node_store.kept(cluster, node, zookeeper.config_dir)
    unit = render("zookeeper.service.j2", **values, **jvm.of_zookeeper(cluster), start=start, certificates=certificates)
    return (
        File(
            server,
            cluster.templates.properties(
                "zookeeper.properties.j2",
                properties(cluster),
                sources_of_zookeeper(cluster.settings),
                **values,
            ),
            "root",
            zookeeper.user,
            "640",
        ),
        File(log4j, render("zookeeper-log4j.properties.j2", **values), "root", zookeeper.user, "640"),
        File(unit_file(zookeeper.service), unit),
    )


def properties(cluster: Cluster) -> dict[str, str]:
    """Return what zookeeper.properties says; the same on every host."""
    zookeeper = cluster.zookeeper
    peers = f"{zookeeper.peer_port}:{zookeeper.election_port}"
    places = {node.zookeeper.id: address.enclosed(node.address) for node in cluster.ensemble if node.zookeeper}
    servers = {f"server.{number}": f"{place}:{peers}" for number, place in places.items()}
    return {
        "tickTime": "2000",
        "initLimit": "10",
        "syncLimit": "5",
        "maxClientCnxns": "200",
        "dataDir": zookeeper.data_dir,
        cluster.wires.zookeeper.name: str(cluster.wires.zookeeper.port),
        # A single line server.1 would make a standalone server: there is no ensemble to speak of then.
        **(servers if len(servers) > 1 else {}),
        **cluster.release.zookeeper_keys,
        **zookeeper_properties.of_server(cluster),
        **zookeeper.properties,
    }


def files(cluster: Cluster) -> tuple[str, ...]:
    """Return the paths that an uninstall removes."""
    folder = cluster.zookeeper.config_dir
    return (
        f"{folder}/zookeeper.properties",
        f"{folder}/log4j.properties",
        jvm.secrets_file(folder),
        *node_store.paths(folder),
        folder,
    )


def log(cluster: Cluster) -> str:
    """Return a ZooKeeper server's main log file."""
    return f"{cluster.zookeeper.logs}/zookeeper.log"


def data(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories with a ZooKeeper server's data and logs."""
    return cluster.zookeeper.data_dir, cluster.zookeeper.logs
