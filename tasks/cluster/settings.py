"""conf/cluster.yaml: what runs on the hosts, as typed and frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from tasks.cluster.shape import each, matching, within

absolute_path = matching(r"/[A-Za-z0-9._/+-]*[A-Za-z0-9._+-]", "an absolute path without blanks")
heap_size = matching(r"[1-9][0-9]*[mgMG]", "a size such as 512m or 6g")
user_name = matching(r"[a-z_][a-z0-9_-]{0,31}", "a user name")
log_size = matching(r"[1-9][0-9]*[KMG]B", "a size such as 100MB or 1GB")
# The virtual machine's own log takes up to 1000 files.
log_count = within(1, 1000)
port_number = within(1, 65535)
port_or_none = within(0, 65535)


def bound_address(address: str) -> str:
    """Return why a service must not be bound to an address, or nothing."""
    if address == "host":
        return ""
    try:
        unspecified = ip_address(address).is_unspecified
    except ValueError:
        return f"an IP address, or `host` for each host's own address, is wanted, found `{address}`"
    remedy = "write 127.0.0.1, or `host` for each host's own address"
    return f"{address} would open it on every network: {remedy}" if unspecified else ""


def password(text: str) -> str:
    """Return why a text is no password that Java reads from a file, or nothing; the text itself is never told."""
    good = all("!" <= letter <= "~" and letter != "\\" for letter in text)
    return "" if good else "printable ASCII letters are wanted, without blanks and backslashes"


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
class Jmx:
    """Remote access to the JVM's beans, for those who know a password; off without a port."""

    port: int = checked(0, port_or_none)
    address: str = checked("127.0.0.1", bound_address)
    user: str = checked("monitor", matching(r"[A-Za-z0-9._-]+", "a user name"))
    access: str = checked("readonly", matching("readonly|readwrite", "readonly or readwrite"))
    password: str = field(default="", repr=False, metadata={"check": password})
    password_from: str = checked("", matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"))


@dataclass(frozen=True)
class Exporter:
    """The Prometheus JMX exporter, as an agent in brokers and controllers; off without a port."""

    port: int = checked(0, port_or_none)
    address: str = checked("host", bound_address)
    jar: str = checked("", matching(r"(https?://)?[A-Za-z0-9._/+:?=&,~-]+\.jar", "a .jar file or its http(s) address"))
    sha256: str = checked("", matching(r"[0-9a-fA-F]{64}", "a SHA-256 of 64 hexadecimal digits"))
    sha512: str = checked("", matching(r"[0-9a-fA-F]{128}", "a SHA-512 of 128 hexadecimal digits"))
    rules: str = ""


@dataclass(frozen=True)
class Kafka:
    """The brokers."""

    user: str = checked("kafka", user_name)
    port: int = checked(9092, port_number)
    heap: str = checked("1g", heap_size)
    chroot: str = checked("/kafka", matching(r"(/[A-Za-z0-9._-]+)*", "a path such as /kafka, or nothing,"))
    log_dirs: tuple[str, ...] = checked(("/opt/kafka-logs",), each(absolute_path))
    log_dirs_are_mounts: bool = False
    config_dir: str = checked("/etc/kafka", absolute_path)
    logs: str = checked("/var/log/kafka", absolute_path)
    log_size: str = checked("100MB", log_size)
    log_count: int = checked(10, log_count)
    open_files: int = checked(100000, within(1024, 2**30))
    stop_timeout: int = checked(600, within(30, 86400))
    jvm_options: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    unchecked_properties: Mapping[str, str] = field(default_factory=dict)
    jmx: Jmx = field(default_factory=Jmx)
    exporter: Exporter = field(default_factory=Exporter)


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
    log_size: str = checked("100MB", log_size)
    log_count: int = checked(10, log_count)
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
class Tuning:
    """The hosts' kernels: the defaults suit brokers; `sysctl` is the user's own, and comes last."""

    enabled: bool = True
    max_map_count: int = checked(262144, within(65530, 2**31 - 1))
    swappiness: int = checked(1, within(0, 100))
    dirty_background_ratio: int = checked(5, within(1, 99))
    dirty_ratio: int = checked(60, within(2, 100))
    socket_buffer: int = checked(2**21, within(2**16, 2**30))
    sysctl: Mapping[str, str] = field(default_factory=dict)


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
    tuning: Tuning = field(default_factory=Tuning)
