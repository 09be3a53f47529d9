"""The resources of an isolated controller; a combined node is a broker's."""

from kafka_fab.cluster.checks.property_check import sources_of_controller
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Data, File, Identity, Port, Resource
from kafka_fab.cluster.roles import jmx, jmx_exporter, jvm, kafka_steps, kraft, node_store
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.roles.kafka_steps import KafkaProcess
from kafka_fab.cluster.security import kafka_properties
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import unit_file

# What the settings say of the cluster, and controllers decide by: Kafka reads it in their file, not in the brokers'.
OF_ALL = (
    "num.partitions",
    "default.replication.factor",
    # With it they begin a cluster that keeps an ELR (4.1 and later), above what the brokers' files say.
    "min.insync.replicas",
    "unclean.leader.election.enable",
    "delete.topic.enable",
    "auto.leader.rebalance.enable",
    "leader.imbalance.check.interval.seconds",
    "create.topic.policy.class.name",
    "alter.config.policy.class.name",
)


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return an isolated controller's resources by the step that they belong to."""
    assert node.controller
    settings = cluster.settings.controller
    meaning = f"{node.host}'s controller id in hosts.ini"
    snapshot, main = f"/run/{cluster.settings.controller.service}/controller.properties", files(cluster)[0]
    return kafka_steps.steps(
        cluster,
        node,
        KafkaProcess(
            unit=settings.service,
            preconditions=(
                Identity(f"{settings.metadata_dir}/meta.properties", "node.id", str(node.controller.id), meaning),
                Port(cluster.wires.controller.port, settings.service),
            ),
            invariants=(
                Data(Role.CONTROLLER, "controller.metadata_dir", snapshot, main, (settings.metadata_dir,)),
                kraft.connects_by(cluster, node, settings.service, snapshot),
                *kraft.invariants(cluster, node, settings.service, snapshot, main),
            ),
            config=config(cluster, node),
            jvm_options=settings.jvm_options,
            extras=Extras.of_controller(cluster),
            data_dirs=(settings.metadata_dir,),
            log=log(cluster),
        ),
    )


def config(cluster: Cluster, node: Node) -> tuple[File, ...]:
    """Return an isolated controller's files, rendered."""
    assert node.controller
    kafka, settings, rules, render = cluster.kafka, cluster.settings, cluster.release, cluster.templates.render
    main, log4j = files(cluster)[:2]
    values = cluster.for_templates(node)
    unit = render(
        "kafka.service.j2",
        title=f"Apache Kafka controller {node.controller.id}",
        unit=settings.controller.service,
        config=main,
        log4j=log4j,
        log4j_option=rules.log4j_option,
        heap=settings.controller.heap,
        start=rules.start_broker,
        certificates=node_store.kept(cluster, node, kafka.config_dir),
        **values,
        **jvm.of_kafka(cluster, node),
    )
    return (
        File(
            main,
            cluster.templates.properties(
                "controller.properties.j2",
                properties(cluster, node),
                sources_of_controller(cluster.settings),
                **values,
            ),
            "root",
            kafka.user,
            "640",
        ),
        File(log4j, render(f"{rules.log4j}.j2", **values), "root", kafka.user, "640"),
        File(unit_file(cluster.settings.controller.service), unit),
    )


def properties(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return what controller.properties says, in its order."""
    assert node.controller
    settings, mtls = cluster.settings.controller, cluster.settings.security.mtls
    return {
        "process.roles": "controller",
        "node.id": str(node.controller.id),
        **(kafka_properties.of_controller(cluster, node) if mtls else _listeners(cluster, node)),
        **kraft.quorum(cluster),
        "log.dirs": settings.metadata_dir,
        **{name: value for name, value in cluster.kafka.properties.items() if name in OF_ALL},
        **(kafka_properties.with_own(cluster, node, cluster.own(node)) if mtls else cluster.own(node)),
    }


def _listeners(cluster: Cluster, node: Node) -> dict[str, str]:
    port = cluster.settings.controller.port
    advertised = {"advertised.listeners": f"{kraft.LISTENER}://{node.at(port)}"}
    return {
        "listeners": f"{kraft.LISTENER}://:{port}",
        **(advertised if cluster.release.dynamic_quorum else {}),
        "listener.security.protocol.map": f"{kraft.LISTENER}:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    }


def files(cluster: Cluster) -> tuple[str, ...]:
    """Return the paths that an uninstall removes."""
    folder = cluster.kafka.config_dir
    more = (*jmx.paths(cluster), jmx_exporter.rules_file(cluster), jvm.secrets_file(folder), *node_store.paths(folder))
    return f"{folder}/controller.properties", f"{folder}/{cluster.release.log4j}", *more, folder


def log(cluster: Cluster) -> str:
    """Return a controller's main log file."""
    return f"{cluster.kafka.logs}/server.log"


def data(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories with a controller's metadata and logs."""
    return cluster.settings.controller.metadata_dir, cluster.kafka.logs
