"""Settings of the brokers, and of what is built into them."""

from collections.abc import Mapping
from dataclasses import field

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
    """Remote access to the JVM's beans, for those who know a password; off without a port."""

    port: int = checked(0, port_or_none, "0 is off")
    address: str = checked("127.0.0.1", one_address, "what it is bound to; the password crosses the wire in clear")
    user: str = checked("monitor", matching(r"[A-Za-z0-9._-]+", "a user name"), "who logs in")
    access: str = checked("readonly", matching("readonly|readwrite", "readonly or readwrite"), "what that user may do")
    password: str = checked("", java_password, "better kept out of this file: `password_from`", secret=True)
    password_from: str = checked(
        "",
        matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"),
        "the variable, where kafka-fab runs, that holds the password",
    )


@dataclass(frozen=True)
class Exporter:
    """The Prometheus JMX exporter, as an agent in brokers and controllers; off without a port."""

    port: int = checked(0, port_or_none, "0 is off; plain HTTP")
    address: str = checked("host", one_address, "what it is bound to")
    jar: str = checked(
        "",
        agent_jar,
        "the agent: fetched by each host, or a file beside hosts.ini that is sent",
    )
    sha256: str = checked("", matching(r"[0-9a-fA-F]{64}", "a SHA-256 of 64 hexadecimal digits"), "of the jar")
    sha512: str = checked("", matching(r"[0-9a-fA-F]{128}", "a SHA-512 of 128 hexadecimal digits"), "or this one")
    rules: str = checked("", None, "a file of your own beside hosts.ini; empty: conf/exporter-*.yaml.j2")


@dataclass(frozen=True)
class Kafka:
    """The brokers."""

    service: str = checked("kafka", service_name, "what systemd calls it; another name lets two brokers share a host")
    user: str = checked("kafka", user_name, "the system user that the process runs as; made where it is missing")
    port: int = checked(9092, port_number, "the clients' and the brokers' own")
    heap: str = checked("1g", heap_size, "of the JVM; all other memory is page cache")
    chroot: str = checked("/kafka", chroot_or_none, "its corner of ZooKeeper")
    log_dirs: tuple[str, ...] = checked(("/opt/kafka-logs",), each(absolute_path), "one directory per disk")
    log_dirs_are_mounts: bool = checked(False, None, "true: preflight refuses a log dir on the root disk")
    config_dir: str = checked("/etc/kafka", absolute_path, "where its files are written")
    logs: str = checked("/var/log/kafka", absolute_path, "where it logs")
    log_size: str = checked("100MB", log_size, "of each log file and of the collector's log, before the next is begun")
    log_count: int = checked(10, log_count, "how many of each are kept")
    open_files: int = checked(100000, open_files, "the limit of open files and sockets")
    stop_timeout: int = checked(600, within(30, 86400), "seconds that a stop may take; it is never killed after that")
    jvm_options: str = checked("", jvm_options, "instead of the script's own choice of collector; empty: that one")
    properties: Mapping[str, str] = names("broker properties under Kafka's names, which the version must know")
    unchecked_properties: Mapping[str, str] = names("those that a plug-in reads: passed through as they are")
    jmx: Jmx = field(default_factory=Jmx)
    exporter: Exporter = field(default_factory=Exporter)
