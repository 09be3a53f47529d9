"""A broker's resources; a combined node's as well."""

import re

from tasks.cluster import exporter, jmx, jvm, kraft
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import Data, Directory, File, Identity, InStep, Metadata, Port, Resource, User

UNIT = "kafka"
UNIT_FILE = "/etc/systemd/system/kafka.service"


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return a broker's resources by the step that they belong to."""
    assert node.broker
    kafka = cluster.kafka
    meaning, number = f"{node.host}'s broker id in hosts.ini", str(node.broker.id)
    key = "node.id" if cluster.kraft else "broker.id"
    metas = [f"{directory}/meta.properties" for directory in kafka.log_dirs]
    ports = [kafka.port, *([cluster.settings.controller.port] if node.combined else [])]
    snapshot, main = f"/run/{UNIT}/server.properties", files(cluster)[0]
    where = "controllers" if cluster.kraft else f"ZooKeeper{kafka.chroot}"
    return {
        "guards": (
            *(Identity(meta, key, number, meaning, cluster.release.keeps_identity) for meta in metas),
            *(Port(port, UNIT) for port in ports),
            *jmx.guards(cluster, UNIT),
        ),
        "kept": (
            Data("kafka", "kafka.log_dirs", snapshot, main, data_dirs(cluster)),
            Metadata(where, snapshot, main, kafka.log_dirs),
            *(kraft.unmoved(cluster, UNIT, snapshot, main) if node.combined else ()),
        ),
        "users": (User(kafka.user, kafka.config_dir),),
        "download": exporter.assets(cluster),
        "config": (
            Directory(kafka.config_dir, "root", kafka.user, "750"),
            *config(cluster, node),
            jvm.secrets(kafka.jvm_options, kafka.config_dir, kafka.user),
            *jmx.files(cluster),
            *exporter.files(cluster, node),
        ),
        "log-dirs": (*(Directory(path, kafka.user, kafka.user, "750") for path in (*kafka.log_dirs, kafka.logs)),),
        "in-step": (
            InStep(
                UNIT,
                f"/run/{UNIT}",
                (*files(cluster)[:2], *jvm.kept(kafka.jvm_options, kafka.config_dir), UNIT_FILE),
                cluster.settings.paths.link,
                log(cluster),
            ),
        ),
    }


def config(cluster: Cluster, node: Node) -> tuple[File, ...]:
    """Return a broker's files, rendered."""
    assert node.broker
    kafka, settings, rules, render = cluster.kafka, cluster.settings, cluster.release, cluster.templates.render
    main, log4j = files(cluster)[:2]
    unit = render(
        "kafka.service.j2",
        title=f"Apache Kafka {'broker and controller' if node.combined else 'broker'} {node.broker.id}",
        unit=UNIT,
        config=main,
        log4j=log4j,
        log4j_option=rules.log4j_option,
        heap=kafka.heap,
        start=rules.start_broker,
        kafka=kafka,
        paths=settings.paths,
        java=settings.java,
        **jvm.of_kafka(cluster, node),
    )
    return (
        File(main, _main(cluster, node), "root", kafka.user, "640"),
        File(log4j, render(f"{rules.log4j}.j2", kafka=kafka), "root", kafka.user, "640"),
        File(UNIT_FILE, unit),
    )


def _main(cluster: Cluster, node: Node) -> str:
    # What our own template has no need of is for a user's.
    more = {"node": node, "kafka": cluster.kafka, "paths": cluster.settings.paths}
    return cluster.templates.render("server.properties.j2", properties=properties(cluster, node), **more)


def properties(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return what server.properties says, in its order."""
    assert node.broker
    kafka = cluster.kafka
    rack = {"broker.rack": node.broker.rack} if node.broker.rack and knows_racks(cluster) else {}
    return {
        **(_in_kraft(node) if cluster.kraft else {"broker.id": str(node.broker.id)}),
        **rack,
        **_listeners(cluster, node),
        "log.dirs": ",".join(kafka.log_dirs),
        **(kraft.quorum(cluster) if cluster.kraft else {"zookeeper.connect": cluster.zookeeper_connect}),
        **kafka.properties,
        **kafka.unchecked_properties,
    }


def knows_racks(cluster: Cluster) -> bool:
    """Return whether the version's brokers have racks."""
    return "broker.rack" in cluster.release.property_names


def _in_kraft(node: Node) -> dict[str, str]:
    assert node.broker
    return {
        "process.roles": "broker,controller" if node.combined else "broker",
        "node.id": str(node.broker.id),
        "listener.security.protocol.map": f"{kraft.LISTENER}:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    }


def _listeners(cluster: Cluster, node: Node) -> dict[str, str]:
    port = cluster.kafka.port
    if not cluster.release.listeners:
        return {"port": str(port), "host.name": node.address}
    ports = {"PLAINTEXT": port, **({kraft.LISTENER: cluster.settings.controller.port} if node.combined else {})}
    # Before the dynamic quorum a controller listener must not be advertised.
    told = ports if cluster.release.dynamic_quorum else {"PLAINTEXT": port}
    return {
        "listeners": ",".join(f"{name}://:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(f"{name}://{node.address}:{port}" for name, port in told.items()),
    }


def endpoints(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return where clients reach a broker, as host:port for each of its advertised listeners."""
    said = properties(cluster, node)
    listeners = said.get("advertised.listeners") or said.get("listeners", "")
    mine = [item.strip() for item in listeners.split(",") if item and not item.strip().startswith(kraft.LISTENER)]
    return tuple(re.sub(r"^\w+://", "", item) for item in mine) or (f"{node.address}:{cluster.kafka.port}",)


def data_dirs(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories that a broker keeps replicas and metadata in."""
    metadata = cluster.kafka.properties.get("metadata.log.dir")
    return (*cluster.kafka.log_dirs, metadata) if metadata else cluster.kafka.log_dirs


def files(cluster: Cluster) -> tuple[str, ...]:
    """Return the paths that an uninstall removes."""
    folder = cluster.kafka.config_dir
    more = (*jmx.paths(cluster), exporter.rules_file(cluster), jvm.secrets_file(folder))
    return f"{folder}/server.properties", f"{folder}/{cluster.release.log4j}", *more, folder


def log(cluster: Cluster) -> str:
    """Return a broker's main log file."""
    return f"{cluster.kafka.logs}/server.log"


def data(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories with a broker's data and logs."""
    return *cluster.kafka.log_dirs, cluster.kafka.logs
