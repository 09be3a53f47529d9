"""What a service's JVM is told beside its heap: the collector's log, JMX, the exporter's agent."""

from shlex import quote
from typing import Any

from tasks.cluster import exporter, jmx
from tasks.cluster.encode import Encoded, unit
from tasks.cluster.model import Cluster, Node
from tasks.cluster.settings import Kafka, ZooKeeper

UNIFIED_LOGGING = 9
TEMPORARY = "/var/cache"


def temporary(unit: str) -> str:
    """Return where a unit's JVM puts its temporary files, libraries of compression codecs among them.

    systemd makes it (CacheDirectory). /tmp is mounted noexec on many a host, /run on most.
    """
    return f"{TEMPORARY}/{unit}"


def of_kafka(cluster: Cluster, node: Node) -> dict[str, Any]:
    """Return the values of a broker's or controller's unit that concern its JVM."""
    more = {**jmx.options(cluster, node), **exporter.options(cluster, node)}
    return _values(cluster, cluster.kafka, "kafkaServer", more)


def of_zookeeper(cluster: Cluster) -> dict[str, Any]:
    """Return the values of a ZooKeeper server's unit that concern its JVM."""
    return _values(cluster, cluster.zookeeper, "zookeeper", jmx.OFF)


def performance(cluster: Cluster, own: str) -> str:
    """Return the options in place of the script's own choice of collector, on one line."""
    return " ".join((own or cluster.release.jvm_options).split())


def _values(cluster: Cluster, settings: Kafka | ZooKeeper, name: str, more: dict[str, str]) -> dict[str, Any]:
    lowest, _ = cluster.release.java
    environment = {
        # Kafka's start script asks for a log of its own (-loggc), which it rotates at fixed sizes.
        "EXTRA_ARGS": f"-name {name}",
        "KAFKA_GC_LOG_OPTS": _unified(settings, name),
        **({} if lowest >= UNIFIED_LOGGING else {"GC_LOG_OPTS_OF_JAVA_8": _before_unified(settings, name)}),
        **more,
    }
    return {"environment": environment, "before_start": "" if lowest >= UNIFIED_LOGGING else _choice(cluster)}


def _unified(settings: Kafka | ZooKeeper, name: str) -> str:
    limits = f"filecount={settings.log_count},filesize={_size(settings)}"
    return f"-Xlog:gc*:file={settings.logs}/{name}-gc.log:time,tags:{limits}"


def _before_unified(settings: Kafka | ZooKeeper, name: str) -> str:
    rotated = f"-XX:+UseGCLogFileRotation -XX:NumberOfGCLogFiles={settings.log_count}"
    told = "-XX:+PrintGCDetails -XX:+PrintGCDateStamps"
    return f"-Xloggc:{settings.logs}/{name}-gc.log {told} {rotated} -XX:GCLogFileSize={_size(settings)}"


def _size(settings: Kafka | ZooKeeper) -> str:
    return settings.log_size.removesuffix("B")


def _choice(cluster: Cluster) -> str:
    """Return the shell words that tell Java 8 by its missing file of modules: it ends at flags that it does not know.

    Which Java a host has is known there alone, and may change without an install.
    """
    home = cluster.settings.java.home
    java = unit.argument(quote(f"{home}/bin/java")) if home else '"$(command -v java)"'
    modules = f'"$(dirname "$(readlink -f {java})")"/../lib/modules'
    # systemd would fill in a single dollar before a name itself.
    return Encoded(f"[ -e {modules} ] || KAFKA_GC_LOG_OPTS=$$GC_LOG_OPTS_OF_JAVA_8; ")
