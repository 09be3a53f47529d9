"""Settings of the brokers, and of what is built into them."""

from collections.abc import Mapping
from dataclasses import field

from kafka_fab.cluster.settings.extra_settings import ExtraFile, files, variables
from kafka_fab.cluster.settings.launcher import heap_size, jvm_options
from kafka_fab.cluster.settings.named import user_name
from kafka_fab.cluster.settings.setting import (
    absolute_path,
    checked,
    chroot_or_none,
    java_password,
    log_count,
    log_size,
    names,
    one_address,
    open_files,
    port_number,
    port_or_none,
)
from kafka_fab.cluster.settings.web import jar as agent_jar
from kafka_fab.cluster.values.unit_names import service_name
from kafka_fab.cluster.values.validator import each, matching, within
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Jmx:
    """Remote JMX, with a user and a password; off without a port."""

    port: int = checked(0, port_or_none, "0 is off")
    address: str = checked("127.0.0.1", one_address, "the bind address; the password is sent unencrypted")
    user: str = checked("monitor", matching(r"[A-Za-z0-9._-]+", "a user name"), "the user")
    access: str = checked("readonly", matching("readonly|readwrite", "readonly or readwrite"), "the user's access")
    password: str = checked("", java_password, "prefer `password_from`, which keeps it out of this file", secret=True)
    password_from: str = checked(
        "",
        matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"),
        "the variable, where kafka-fab runs, that holds the password",
    )


@dataclass(frozen=True)
class Exporter:
    """The Prometheus JMX exporter, as an agent in brokers and controllers; off without a port."""

    port: int = checked(0, port_or_none, "0 is off; plain HTTP")
    address: str = checked("host", one_address, "the bind address")
    jar: str = checked(
        "",
        agent_jar,
        "the agent: fetched by each host, or a file beside hosts.ini that is sent",
    )
    sha256: str = checked("", matching(r"[0-9a-fA-F]{64}", "a SHA-256 of 64 hexadecimal digits"), "of the jar")
    sha512: str = checked(
        "", matching(r"[0-9a-fA-F]{128}", "a SHA-512 of 128 hexadecimal digits"), "of the jar, instead of sha256"
    )
    rules: str = checked("", None, "a file beside hosts.ini; empty: conf/exporter-*.yaml.j2")


@dataclass(frozen=True)
class Kafka:
    """The brokers."""

    service: str = checked("kafka", service_name, "the systemd unit; another name lets two brokers share a host")
    user: str = checked("kafka", user_name, "the system user of the process; created if missing")
    port: int = checked(9092, port_number, "the port of the listener for clients and brokers")
    heap: str = checked("1g", heap_size, "of the JVM; the rest of the memory is page cache")
    chroot: str = checked("/kafka", chroot_or_none, "the chroot path in ZooKeeper")
    log_dirs: tuple[str, ...] = checked(("/opt/kafka-logs",), each(absolute_path), "one directory per disk")
    log_dirs_are_mounts: bool = checked(False, None, "true: preflight refuses a log directory on the root file system")
    config_dir: str = checked("/etc/kafka", absolute_path, "the configuration files")
    logs: str = checked("/var/log/kafka", absolute_path, "the log files")
    log_size: str = checked("100MB", log_size, "of a log file, and of the GC log, before it is rotated")
    log_count: int = checked(10, log_count, "how many rotated files are kept")
    open_files: int = checked(100000, open_files, "the limit of open files and sockets")
    stop_timeout: int = checked(600, within(30, 86400), "seconds that a stop may take (TimeoutStopSec)")
    jvm_options: str = checked("", jvm_options, "instead of the start script's garbage collector options; empty: those")
    properties: Mapping[str, str] = names("broker properties by Kafka's names; the version must know them")
    unchecked_properties: Mapping[str, str] = names("properties of plug-ins, not checked")
    environment: Mapping[str, str] = variables()
    files: Mapping[str, ExtraFile] = files()
    jmx: Jmx = field(default_factory=Jmx)
    exporter: Exporter = field(default_factory=Exporter)
