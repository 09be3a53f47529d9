"""Settings of ZooKeeper and of KRaft controllers."""

from collections.abc import Mapping

from kafka_fab.cluster.settings.extra_settings import ExtraFile, files, variables
from kafka_fab.cluster.settings.launcher import heap_size, jvm_options
from kafka_fab.cluster.settings.named import user_name
from kafka_fab.cluster.settings.setting import (
    absolute_path,
    checked,
    log_count,
    log_size,
    names,
    open_files,
    port_number,
)
from kafka_fab.cluster.values.unit_names import service_name
from kafka_fab.cluster.values.validator import matching
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class ZooKeeper:
    """The ZooKeeper ensemble."""

    service: str = checked("zookeeper", service_name, "the systemd unit")
    user: str = checked("zookeeper", user_name, "the system user of the process; created if missing")
    port: int = checked(2181, port_number, "the port for clients")
    peer_port: int = checked(2888, port_number, "the port between the servers")
    election_port: int = checked(3888, port_number, "the port for leader elections")
    heap: str = checked("512m", heap_size, "of the JVM")
    data_dir: str = checked("/var/lib/zookeeper", absolute_path, "snapshots and the transaction log")
    config_dir: str = checked("/etc/zookeeper", absolute_path, "the configuration files")
    logs: str = checked("/var/log/zookeeper", absolute_path, "the log files")
    log_size: str = checked("100MB", log_size, "of a log file, and of the GC log, before it is rotated")
    log_count: int = checked(10, log_count, "how many rotated files are kept")
    open_files: int = checked(65536, open_files, "the limit of open files and sockets")
    jvm_options: str = checked("", jvm_options, "instead of the start script's garbage collector options; empty: those")
    properties: Mapping[str, str] = names("more properties of zookeeper.properties, not checked")
    environment: Mapping[str, str] = variables()
    files: Mapping[str, ExtraFile] = files()


@dataclass(frozen=True)
class Controller:
    """KRaft controllers. On a combined node, broker and controller are one process."""

    service: str = checked("kafka-controller", service_name, "the systemd unit of an isolated controller")
    port: int = checked(9093, port_number, "the controllers' listener")
    heap: str = checked("512m", heap_size, "of an isolated controller's JVM")
    metadata_dir: str = checked("/var/lib/kafka-controller", absolute_path, "an isolated controller's metadata")
    quorum: str = checked("", matching("(dynamic|static)?", "dynamic or static"), "empty: dynamic from 3.9 on")
    jvm_options: str = checked("", jvm_options, "as for `kafka`, of an isolated controller")
    properties: Mapping[str, str] = names("more properties of an isolated controller, not checked")
    environment: Mapping[str, str] = variables()
    files: Mapping[str, ExtraFile] = files()
