"""Settings of ZooKeeper and of KRaft controllers."""

from collections.abc import Mapping

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

    service: str = checked("zookeeper", service_name, "what systemd calls it")
    user: str = checked("zookeeper", user_name, "the system user that the process runs as; made where it is missing")
    port: int = checked(2181, port_number, "the clients'")
    peer_port: int = checked(2888, port_number, "between the servers")
    election_port: int = checked(3888, port_number, "between the servers, for elections")
    heap: str = checked("512m", heap_size, "of the JVM")
    data_dir: str = checked("/var/lib/zookeeper", absolute_path, "snapshots and the transaction log")
    config_dir: str = checked("/etc/zookeeper", absolute_path, "where its files are written")
    logs: str = checked("/var/log/zookeeper", absolute_path, "where it logs")
    log_size: str = checked("100MB", log_size, "of each log file and of the collector's log, before the next is begun")
    log_count: int = checked(10, log_count, "how many of each are kept")
    open_files: int = checked(65536, open_files, "the limit of open files and sockets")
    jvm_options: str = checked("", jvm_options, "instead of the script's own choice of collector; empty: that one")
    properties: Mapping[str, str] = names("more lines of zookeeper.properties, passed through")


@dataclass(frozen=True)
class Controller:
    """The KRaft controllers; a combined node is its broker's process."""

    service: str = checked("kafka-controller", service_name, "what systemd calls an isolated controller")
    port: int = checked(9093, port_number, "the controllers' listener")
    heap: str = checked("512m", heap_size, "of an isolated controller's JVM")
    metadata_dir: str = checked("/var/lib/kafka-controller", absolute_path, "an isolated controller's metadata")
    quorum: str = checked("", matching("(dynamic|static)?", "dynamic or static"), "empty: dynamic from 3.9 on")
    jvm_options: str = checked("", jvm_options, "as for `kafka`, of an isolated controller")
    properties: Mapping[str, str] = names("more lines of an isolated controller's file, passed through")
