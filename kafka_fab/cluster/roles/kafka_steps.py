"""Kafka steps: the steps that a broker and an isolated controller share; each says what differs."""

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Directory, File, Resource, RunningConfig, User
from kafka_fab.cluster.roles import jmx, jmx_exporter, jvm, node_store
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.values.unit_names import temporary
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class KafkaProcess:
    """What differs between a broker and an isolated controller."""

    unit: str
    preconditions: tuple[Resource, ...]
    invariants: tuple[Resource, ...]
    config: tuple[File, ...]
    jvm_options: str
    extras: Extras
    data_dirs: tuple[str, ...]
    log: str


def steps(cluster: Cluster, node: Node, process: KafkaProcess) -> dict[str, tuple[Resource, ...]]:
    """Return the resources of a Kafka process by the step that they belong to."""
    kafka = cluster.kafka
    files = tuple(file.path for file in process.config[:2])
    return {
        "preconditions": (*process.preconditions, *jmx.guards(cluster, process.unit)),
        "invariants": process.invariants,
        "users": (User(kafka.user, kafka.config_dir),),
        "download": jmx_exporter.assets(cluster),
        "config": (
            Directory(kafka.config_dir, "root", kafka.user, "750"),
            *process.extras.resources(cluster),
            *process.config,
            jvm.secrets(process.jvm_options, kafka.config_dir, kafka.user),
            *jmx.files(cluster),
            *jmx_exporter.files(cluster, node),
        ),
        "log-dirs": (
            *(Directory(path, kafka.user, kafka.user, "750") for path in (*process.data_dirs, kafka.logs)),
            Directory(temporary(process.unit), kafka.user, kafka.user, "750", scratch=True),
        ),
        "running-config": (
            RunningConfig.of(
                process.unit,
                (
                    *files,
                    *jvm.kept(process.jvm_options, kafka.config_dir),
                    *process.extras.kept(process.config[-1].content),
                    *node_store.kept(cluster, node, kafka.config_dir),
                ),
                cluster.settings.paths.link,
                process.log,
            ),
        ),
    }
