"""Everything that depends on the Kafka version, in one table; the only place that knows versions."""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cache

from kafka_fab.cluster.release import property_type
from kafka_fab.cluster.release.property_type import PropertyType
from kafka_fab.frozen_value import dataclass

Version = tuple[int, ...]

# G1 and an opened java.lang: snappy-java 1.0.4.1 reflects into it at the first snappy batch, and the
# collector flags of 0.8.0's own script are unknown to Java 10 and newer.
JVM_OF_0_8 = "-server -XX:+UseG1GC -Djava.awt.headless=true --add-opens=java.base/java.lang=ALL-UNNAMED"
JAVA_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "java-17-openjdk-headless")


@dataclass(frozen=True)
class Release:
    """One version line: which versions follow its rules, and the rules."""

    first: Version
    last: Version
    tested: str
    scala: str
    ending: str
    java: tuple[int, int]
    start_broker: str
    start_zookeeper: str
    names: str
    # Kafka's own types of its properties: `python -m lab.types` prints them.
    types: str
    # What its brokers take while they run, by IncrementalAlterConfigs (2.3 and later), as they tell it themselves.
    dynamic: str = ""
    # The configs of a topic, as a broker describes them; none where topics have no configs of their own.
    topic_configs: str = ""
    zookeeper: bool = True
    kraft: bool = True
    # Voters that come and go (KIP-853); before 3.9 they are a fixed list.
    dynamic_quorum: bool = True
    listeners: bool = True
    # Addresses in brackets where a port follows.
    ipv6: bool = True
    # TLS, logins and ACLs as `security:` describes them.
    secures: bool = True
    # A PEM file with a private key that is not encrypted (KAFKA-12703, 3.3 and later); else PKCS12.
    pem_key_store: bool = True
    # A broker's connection to the controller takes a renewed certificate (KAFKA-13474, mended in 3.2.1).
    reloads_controller_channel: bool = True
    # An isolated controller, asked at its own listener, reads a renewed certificate without a restart; 3.9.1 answers
    # that there is no such node.
    reloads_controllers: bool = True
    log4j: str = "log4j.properties"
    log4j_option: str = "-Dlog4j.configuration=file:"
    jvm_options: str = ""
    zookeeper_keys: Mapping[str, str] = field(default_factory=dict)
    # The four-letter word that tells how far a ZooKeeper leader's followers are (3.4 and later).
    mntr: bool = True
    # The id of a session names the server that gave it; since 2022 not before ZooKeeper 3.4.6 (ZOOKEEPER-1622).
    sessions_name_server: bool = True
    creates_chroot: bool = True
    keeps_identity: bool = True
    names_all_brokers: bool = True
    metadata_version: int = 1
    message_format: int = 2
    produce_version: int = 3
    fetch_version: int = 4
    # With acks=all 0.8.0 answers with the offset after the message's.
    acknowledged_offset: int = 0
    # Brokers of 0.8.0 that stop together wait 30 s for each other's last answers (replica.socket.timeout.ms).
    stops_together: bool = True
    # The admin protocol's CreateTopics; without it a topic is made in ZooKeeper, and never deleted.
    create_topics_version: int | None = 2
    # The admin protocol's DescribeConfigs and DescribeLogDirs, and min.insync.replicas to ask for.
    describes_configs: bool = True
    # The admin protocol's DescribeLogDirs; from version 4 (3.3 and later) on it tells the volumes' bytes, too.
    log_dirs_version: int | None = 4
    # The default of zookeeper.session.timeout.ms: 6 s up to 2.4, 18 s from 2.5 on (KIP-537).
    zookeeper_session_ms: int = 18000
    # No more in-sync replicas are required than a partition has replicas (Partition.effectiveMinIsr, 3.7 and later).
    caps_min_isr: bool = False
    # Metadata that does not make a topic by asking for it.
    placement_version: int = 9
    list_offsets_version: int = 1
    # Producers of which a broker writes nothing twice.
    idempotence: bool = True
    java_packages: tuple[str, ...] = JAVA_PACKAGES

    def archive(self, version: str, scala: str = "") -> str:
        """Return the file name of the archive, as Apache names it."""
        return f"kafka_{scala or self.scala}-{version}{self.ending}"

    @property
    def property_names(self) -> frozenset[str]:
        """Return the broker properties that the version knows."""
        return _names(self.names)

    @property
    def property_types(self) -> Mapping[str, PropertyType]:
        """Return the types of the broker properties, of those for which Kafka has one."""
        return property_type.read(self.types)

    @property
    def password_names(self) -> frozenset[str]:
        """Return the properties whose values Kafka itself never tells."""
        return frozenset(name for name, found in self.property_types.items() if found.type == "PASSWORD")

    @property
    def dynamic_names(self) -> frozenset[str]:
        """Return the broker properties that a running broker takes."""
        return _names(self.dynamic) if self.dynamic else frozenset()

    @property
    def topic_config_names(self) -> frozenset[str]:
        """Return the configs that a topic may have."""
        return _names(self.topic_configs) if self.topic_configs else frozenset()


@cache
def every_property_name() -> frozenset[str]:
    """Return the broker properties that any of the versions knows."""
    return frozenset().union(*(line.property_names for line in RELEASES))


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset((property_type.NAMES / file).read_text().split())


ZOOKEEPER_3_5 = {
    "autopurge.snapRetainCount": "3",
    "autopurge.purgeInterval": "24",
    # Only srvr is answered by default from 3.5.3 on; mntr tells how many followers are in sync.
    "4lw.commands.whitelist": "srvr,ruok,mntr,isro,conf",
    # Its port 8080 is often taken; a standalone server would then exit.
    "admin.enableServer": "false",
    # A host whose own name is 127.0.1.1 (Debian's default) would bind its quorum ports there.
    "quorumListenOnAllIPs": "true",
}
V0_8 = Release(
    first=(0, 8, 0),
    last=(0, 8, 0),
    tested="0.8.0",
    scala="2.8.0",
    ending=".tar.gz",
    java=(7, 99),
    # kafka-server-start.sh of 0.8.0 overwrites heap and log4j options and forces collector flags
    # that newer Java refuses; kafka-run-class.sh honours the environment.
    start_broker="bin/kafka-run-class.sh kafka.Kafka",
    start_zookeeper="bin/kafka-run-class.sh org.apache.zookeeper.server.quorum.QuorumPeerMain",
    names="0.8.0.txt",
    types="types-0.8.0.txt",
    kraft=False,
    listeners=False,
    ipv6=False,
    secures=False,
    pem_key_store=False,
    jvm_options=JVM_OF_0_8,
    mntr=False,
    sessions_name_server=False,
    creates_chroot=False,
    keeps_identity=False,
    names_all_brokers=False,
    metadata_version=0,
    message_format=0,
    produce_version=0,
    fetch_version=0,
    acknowledged_offset=-1,
    stops_together=False,
    create_topics_version=None,
    describes_configs=False,
    log_dirs_version=None,
    placement_version=0,
    list_offsets_version=0,
    idempotence=False,
    zookeeper_session_ms=6000,
)
V3_9 = Release(
    first=(3, 9),
    last=(3, 9),
    tested="3.9.1",
    scala="2.13",
    ending=".tgz",
    java=(8, 23),
    start_broker="bin/kafka-server-start.sh",
    start_zookeeper="bin/zookeeper-server-start.sh",
    names="3.9.txt",
    types="types-3.9.txt",
    dynamic="dynamic-3.9.txt",
    topic_configs="topic-3.9.txt",
    zookeeper_keys=ZOOKEEPER_3_5,
    reloads_controllers=False,
    caps_min_isr=True,
)
# Its KRaft is early access and cannot be upgraded: refused. Java 17 is unofficial, and runs.
V2_8 = replace(
    V3_9,
    first=(2, 8),
    last=(2, 8),
    tested="2.8.2",
    java=(8, 17),
    names="2.8.txt",
    types="types-2.8.txt",
    dynamic="dynamic-2.8.txt",
    topic_configs="topic-2.8.txt",
    log_dirs_version=1,
    pem_key_store=False,
    reloads_controller_channel=False,
    kraft=False,
    caps_min_isr=False,
)
# Between them keys were added, and none was taken away.
V3_0 = replace(
    V3_9,
    first=(3, 0),
    last=(3, 8),
    dynamic="dynamic-2.8.txt",
    log_dirs_version=1,
    pem_key_store=False,
    reloads_controller_channel=False,
    dynamic_quorum=False,
    caps_min_isr=False,
)
V4 = replace(
    V3_9,
    first=(4,),
    last=(4,),
    tested="4.3.1",
    java=(17, 99),
    names="4.txt",
    types="types-4.txt",
    dynamic="dynamic-4.txt",
    topic_configs="topic-4.txt",
    zookeeper=False,
    reloads_controllers=True,
    log4j="log4j2.yaml",
    log4j_option="-Dlog4j2.configurationFile=",
)
RELEASES = (V0_8, V2_8, V3_0, V3_9, V4)
VERSION = re.compile(r"\d+(\.\d+)+")


def numbers(version: str) -> Version:
    """Return a version as numbers that compare: 3.9.1 is (3, 9, 1)."""
    return tuple(int(part) for part in version.split("."))


def is_version(text: str) -> bool:
    """Return whether a text is a version of numbers, such as 3.9.1."""
    return bool(VERSION.fullmatch(text))


def of(version: str) -> Release | None:
    """Return the rules that a version follows, or None where no line covers it.

    A version newer than all of them follows the newest line's.
    """
    wanted = numbers(version)
    fits = (line for line in RELEASES if line.first <= wanted[: len(line.first)])
    covering = (line for line in fits if wanted[: len(line.last)] <= line.last)
    newer = wanted[: len(RELEASES[-1].last)] > RELEASES[-1].last
    return next(covering, RELEASES[-1] if newer else None)


def untested(version: str) -> str:
    """Return that a version is taken by the rules of another line; nothing where its own line was tested."""
    rules = of(version)
    if rules is None or numbers(version)[:2] == numbers(rules.tested)[:2]:
        return ""
    return f"{version} is taken by the rules of {rules.tested}, with which it was not tested"


def known() -> str:
    """Return the versions that are covered, in words."""
    return ", ".join(_span(line) for line in RELEASES)


def _span(line: Release) -> str:
    first, last = (".".join(map(str, version)) for version in (line.first, line.last))
    if first != last:
        return f"{first} to {last}"
    return first if len(line.first) == 3 else f"{first}.x"
