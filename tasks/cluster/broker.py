"""A broker's resources."""

import re

from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import Directory, File, Identity, InStep, Port, Resource, User

UNIT = "kafka"
UNIT_FILE = "/etc/systemd/system/kafka.service"


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return a broker's resources by the step that they belong to."""
    assert node.broker
    kafka = cluster.kafka
    meaning = f"{node.host}'s broker id in hosts.ini"
    metas = [f"{directory}/meta.properties" for directory in kafka.log_dirs]
    return {
        "guards": (
            *(Identity(meta, "broker.id", str(node.broker.id), meaning) for meta in metas),
            Port(kafka.port, UNIT),
        ),
        "users": (User(kafka.user, kafka.config_dir),),
        "config": (
            Directory(kafka.config_dir, "root", kafka.user, "750"),
            *config(cluster, node),
        ),
        "log-dirs": (*(Directory(path, kafka.user, kafka.user, "750") for path in (*kafka.log_dirs, kafka.logs)),),
        "in-step": (InStep(UNIT, f"/run/{UNIT}", (*files(cluster)[:2], UNIT_FILE), cluster.settings.paths.link),),
    }


def config(cluster: Cluster, node: Node) -> tuple[File, ...]:
    """Return a broker's files, rendered."""
    kafka, render = cluster.kafka, cluster.templates.render
    values = {"kafka": kafka, "paths": cluster.settings.paths, "java": cluster.settings.java, "node": node}
    options = kafka.jvm_options or cluster.release.jvm_options
    start = cluster.release.start_broker
    server, log4j = files(cluster)[:2]
    content = render("server.properties.j2", **values, properties=properties(cluster, node))
    unit = render("kafka.service.j2", **values, jvm_options=options, start=start)
    return (
        File(server, content, "root", kafka.user, "640"),
        File(log4j, render("log4j.properties.j2", **values), "root", kafka.user, "640"),
        File(UNIT_FILE, unit),
    )


def properties(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return what server.properties says, in its order."""
    assert node.broker
    kafka = cluster.kafka
    known = cluster.release.property_names
    listeners = {
        key: form.format(port=kafka.port, address=node.address) for key, form in cluster.release.listener_keys.items()
    }
    return {
        "broker.id": str(node.broker.id),
        **({"broker.rack": node.broker.rack} if node.broker.rack and "broker.rack" in known else {}),
        **listeners,
        "log.dirs": ",".join(kafka.log_dirs),
        "zookeeper.connect": cluster.zookeeper_connect,
        **kafka.properties,
        **kafka.unchecked_properties,
    }


def endpoints(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return where clients reach a broker, as host:port for each of its advertised listeners."""
    said = properties(cluster, node)
    listeners = said.get("advertised.listeners") or said.get("listeners", "")
    found = [re.sub(r"^\s*\w+://", "", listener).strip() for listener in listeners.split(",") if listener]
    return tuple(found) or (f"{node.address}:{cluster.kafka.port}",)


def files(cluster: Cluster) -> tuple[str, ...]:
    """Return the paths that an uninstall removes."""
    folder = cluster.kafka.config_dir
    return f"{folder}/server.properties", f"{folder}/log4j.properties", folder


def data(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories with a broker's data and logs."""
    return *cluster.kafka.log_dirs, cluster.kafka.logs
