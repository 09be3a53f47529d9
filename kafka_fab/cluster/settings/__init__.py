"""conf/cluster.yaml: what runs on the hosts, as typed and frozen values."""

from collections.abc import Mapping
from dataclasses import field

from kafka_fab.cluster.settings.extra_settings import ExtraFile
from kafka_fab.cluster.settings.hook_settings import Hook, hook_name
from kafka_fab.cluster.settings.host_settings import JavaSettings, Paths, Tuning
from kafka_fab.cluster.settings.kafka_settings import Exporter, Jmx, Kafka
from kafka_fab.cluster.settings.metadata_settings import Controller, ZooKeeper
from kafka_fab.cluster.settings.security_settings import Security
from kafka_fab.cluster.settings.setting import PART, checked, cluster_name, kafka_version, keyed, names, password
from kafka_fab.cluster.settings.web import web_address
from kafka_fab.cluster.values.validator import matching
from kafka_fab.frozen_value import dataclass

__all__ = [
    "Controller",
    "Exporter",
    "ExtraFile",
    "Hook",
    "JavaSettings",
    "Jmx",
    "Kafka",
    "Paths",
    "Security",
    "Settings",
    "Tuning",
    "ZooKeeper",
    "checked",
    "password",
]


@dataclass(frozen=True)
class Settings:
    """All of conf/cluster.yaml, overridden by conf/local.yaml."""

    name: str = checked("kafka", cluster_name, "the cluster's name; unique among the clusters on a host")
    version: str = checked(
        "",
        kafka_version,
        "which Kafka; the one key without a default",
    )
    scala: str = checked(
        "",
        matching(rf"({PART}\.{PART}(\.{PART})?)?", "a Scala version such as 2.13"),
        "of the archive's name; empty: the one that goes with the version",
    )
    mirror: str = checked(
        "https://archive.apache.org/dist/kafka",
        web_address,
        "`MIRROR/VERSION/FILE`, with `FILE.sha512` (`.sha1`, `.md5`) beside it",
    )
    download: str = checked(
        "fetch",
        matching("fetch|push", "fetch (by each host) or push (from here)"),
        "`push`: over SSH, where hosts reach no mirror",
    )
    archive: str = checked("", None, "a local file, beside hosts.ini; pushed to the hosts")
    sha512: str = checked(
        "",
        matching(r"([0-9a-fA-F]{128})?", "a SHA-512 of 128 hexadecimal digits"),
        "of the archive, instead of the mirror's word",
    )
    paths: Paths = field(default_factory=Paths)
    java: JavaSettings = field(default_factory=JavaSettings)
    kafka: Kafka = field(default_factory=Kafka)
    zookeeper: ZooKeeper = field(default_factory=ZooKeeper)
    controller: Controller = field(default_factory=Controller)
    security: Security = field(default_factory=Security)
    tuning: Tuning = field(default_factory=Tuning)
    hooks: Mapping[str, Hook] = keyed(
        "hooks", {}, "commands of yours around each stop and start: see docs/hooks.md", check_name=hook_name
    )
    vars: Mapping[str, str] = names(
        "your variables for templates: `{{ vars.NAME }}`; hosts.ini can override them for one host"
    )
