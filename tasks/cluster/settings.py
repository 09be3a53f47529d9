"""conf/cluster.yaml: what runs on the hosts, as typed and frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.cluster.shape import each, matching, within

absolute_path = matching(r"/[A-Za-z0-9._/+-]*[A-Za-z0-9._+-]", "an absolute path without blanks")
heap_size = matching(r"[1-9][0-9]*[mgMG]", "a size such as 512m or 6g")
user_name = matching(r"[a-z_][a-z0-9_-]{0,31}", "a user name")
port_number = within(1, 65535)


def checked(default: Any, check: Any) -> Any:
    """Return a field with a default and a check that its value must pass."""
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class Paths:
    """Where things stand on a host."""

    install: str = checked("/opt", absolute_path)
    link: str = checked("/opt/kafka", absolute_path)
    cache: str = checked("/var/cache/kafka-fab", absolute_path)


@dataclass(frozen=True)
class Java:
    """Which Java the hosts run: a package to install where none fits, or a home that is there."""

    package: str = checked("", matching(r"[A-Za-z0-9.+_-]*", "a package name"))
    home: str = checked("", lambda home: absolute_path(home) if home else "")


@dataclass(frozen=True)
class Kafka:
    """The brokers."""

    user: str = checked("kafka", user_name)
    port: int = checked(9092, port_number)
    heap: str = checked("1g", heap_size)
    chroot: str = checked("/kafka", matching(r"(/[A-Za-z0-9._-]+)*", "a path such as /kafka, or nothing,"))
    log_dirs: tuple[str, ...] = checked(("/opt/kafka-logs",), each(absolute_path))
    config_dir: str = checked("/etc/kafka", absolute_path)
    logs: str = checked("/var/log/kafka", absolute_path)
    open_files: int = checked(100000, within(1024, 2**30))
    stop_timeout: int = checked(600, within(30, 86400))
    jvm_options: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    unchecked_properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ZooKeeper:
    """The ZooKeeper ensemble."""

    user: str = checked("zookeeper", user_name)
    port: int = checked(2181, port_number)
    peer_port: int = checked(2888, port_number)
    election_port: int = checked(3888, port_number)
    heap: str = checked("512m", heap_size)
    data_dir: str = checked("/var/lib/zookeeper", absolute_path)
    config_dir: str = checked("/etc/zookeeper", absolute_path)
    logs: str = checked("/var/log/zookeeper", absolute_path)
    open_files: int = checked(65536, within(1024, 2**30))
    jvm_options: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Controller:
    """The KRaft controllers; a combined node is its broker's process."""

    port: int = checked(9093, port_number)
    heap: str = checked("512m", heap_size)
    metadata_dir: str = checked("/var/lib/kafka-controller", absolute_path)
    quorum: str = checked("", matching("(dynamic|static)?", "dynamic or static"))
    jvm_options: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """All of conf/cluster.yaml, with conf/local.yaml laid over it."""

    version: str = checked("", matching(r"[0-9]+\.[0-9]+\.[0-9]+(\.[0-9]+)?", "a version such as 3.9.1"))
    scala: str = checked("", matching(r"([0-9]+\.[0-9]+(\.[0-9]+)?)?", "a Scala version such as 2.13"))
    mirror: str = checked(
        "https://archive.apache.org/dist/kafka", matching(r"https?://\S+[^/\s]", "an http(s) address")
    )
    download: str = checked("fetch", matching("fetch|push", "fetch (by each host) or push (from here)"))
    archive: str = ""
    sha512: str = checked("", matching(r"([0-9a-fA-F]{128})?", "a SHA-512 of 128 hexadecimal digits"))
    paths: Paths = field(default_factory=Paths)
    java: Java = field(default_factory=Java)
    kafka: Kafka = field(default_factory=Kafka)
    zookeeper: ZooKeeper = field(default_factory=ZooKeeper)
    controller: Controller = field(default_factory=Controller)
