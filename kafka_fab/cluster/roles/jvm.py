"""JVM options of a service beside its heap: the collector's log, JMX, the exporter's agent."""

from shlex import quote
from typing import Any

from kafka_fab.cluster.encode import Encoded, systemd_unit
from kafka_fab.cluster.encode.double_quotes import quoted
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Absent, File, Resource
from kafka_fab.cluster.roles import jmx, jmx_exporter
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.settings import Kafka, ZooKeeper
from kafka_fab.cluster.values.secret import hidden_in_line

UNIFIED_LOGGING = 9
SECRETS = "jvm.secrets"


def of_kafka(cluster: Cluster, node: Node) -> dict[str, Any]:
    """Return the values of a broker's or controller's unit that concern its JVM."""
    more = {**jmx.options(cluster, node), **jmx_exporter.options(cluster, node)}
    own = cluster.kafka.jvm_options if node.broker else cluster.settings.controller.jvm_options
    extras = Extras.of_broker(cluster) if node.broker else Extras.of_controller(cluster)
    return _values(cluster, cluster.kafka, "kafkaServer", more, own, extras)


def of_zookeeper(cluster: Cluster) -> dict[str, Any]:
    """Return the values of a ZooKeeper server's unit that concern its JVM."""
    own = cluster.zookeeper.jvm_options
    return _values(cluster, cluster.zookeeper, "zookeeper", jmx.OFF, own, Extras.of_zookeeper(cluster))


def performance(cluster: Cluster, own: str, folder: str) -> str:
    """Return the options in place of the script's own choice of collector, on one line.

    Those that hold a secret stand in a file that only the service reads: everybody sees a unit and the arguments of
    a process. The `java` launcher reads it by `@FILE` (JDK 9 and later, "Using the JDK's Command-Line Argument Files").
    """
    options = (own or cluster.release.jvm_options).split()
    shown = [option for option in options if not _holds_secret(option)]
    return " ".join([*shown, *([f"@{secrets_file(folder)}"] if len(shown) < len(options) else [])])


def secrets_file(folder: str) -> str:
    """Return the path of the options that hold secrets, below a service's folder of configuration."""
    return f"{folder}/{SECRETS}"


def kept(own: str, folder: str) -> tuple[str, ...]:
    """Return the file of the options that hold secrets, if one of a user's own does: a start keeps a copy of it."""
    return (secrets_file(folder),) if any(map(_holds_secret, own.split())) else ()


def secrets(own: str, folder: str, user: str) -> Resource:
    """Return the file of the options that hold secrets; where there are none it is gone, lest one stays behind."""
    lines = [f"{quoted(option)}\n" for option in own.split() if _holds_secret(option)]
    path = secrets_file(folder)
    return File(path, "".join(lines), "root", user, "640", secret=True) if lines else Absent(path)


def _holds_secret(option: str) -> bool:
    return hidden_in_line(option) != option


def _values(  # noqa: PLR0913, PLR0917 - of one service
    cluster: Cluster, settings: Kafka | ZooKeeper, name: str, more: dict[str, str], own: str, extras: Extras
) -> dict[str, Any]:
    lowest, _ = cluster.release.java
    file = "".join(kept(own, settings.config_dir))
    environment = {
        # Kafka's start script asks for a log of its own (-loggc), which it rotates at fixed sizes.
        "EXTRA_ARGS": f"-name {name}",
        "KAFKA_GC_LOG_OPTS": _unified(settings, name),
        **({} if lowest >= UNIFIED_LOGGING else {"GC_LOG_OPTS_OF_JAVA_8": _before_unified(settings, name)}),
        **more,
    }
    return {
        **extras.for_unit(environment),
        "jvm_options": performance(cluster, own, settings.config_dir),
        "jvm_secrets": file,
        "before_start": "" if lowest >= UNIFIED_LOGGING else _choice(cluster, file),
    }


def _unified(settings: Kafka | ZooKeeper, name: str) -> str:
    limits = f"filecount={settings.log_count},filesize={_size(settings)}"
    return f"-Xlog:gc*:file={settings.logs}/{name}-gc.log:time,tags:{limits}"


def _before_unified(settings: Kafka | ZooKeeper, name: str) -> str:
    rotated = f"-XX:+UseGCLogFileRotation -XX:NumberOfGCLogFiles={settings.log_count}"
    told = "-XX:+PrintGCDetails -XX:+PrintGCDateStamps"
    return f"-Xloggc:{settings.logs}/{name}-gc.log {told} {rotated} -XX:GCLogFileSize={_size(settings)}"


def _size(settings: Kafka | ZooKeeper) -> str:
    return settings.log_size.removesuffix("B")


def _choice(cluster: Cluster, file: str) -> str:
    """Return the shell words that tell Java 8 by its missing file of modules: it ends at flags that it does not know.

    Which Java a host has is known there alone, and may change without an install.
    """
    home = cluster.settings.java.home
    java = systemd_unit.argument(quote(f"{home}/bin/java")) if home else '"$(command -v java)"'
    modules = f'"$(dirname "$(readlink -f {java})")"/../lib/modules'
    # systemd would fill in a single dollar before a name itself.
    of_java_8 = "KAFKA_GC_LOG_OPTS=$$GC_LOG_OPTS_OF_JAVA_8; "
    if file:
        # It reads no file of options: they become arguments.
        read = f'eval "set -- $$(paste -s {file})"'
        given = 'KAFKA_JVM_PERFORMANCE_OPTS="$${KAFKA_JVM_PERFORMANCE_OPTS%%@*}$$*"'
        of_java_8 = f"{{ {of_java_8}{read}; {given}; }}; "
    return Encoded(f"[ -e {modules} ] || {of_java_8}")
