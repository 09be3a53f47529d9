"""The Prometheus JMX exporter: its agent in every broker and controller, with rules of their own."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Absent, Asset, Directory, File, Resource
from kafka_fab.cluster.roles import jmx
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.dataclass_loader import Tree, YamlNode
from kafka_fab.cluster.schema.problem import Problem, refuse_errors
from kafka_fab.cluster.settings import Exporter, Settings
from kafka_fab.cluster.values import address


def options(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return the variable that loads the agent, or nothing."""
    if not cluster.kafka.exporter.port:
        return {}
    return {"KAFKA_OPTS": f"-javaagent:{agent(cluster)}={_place(cluster, node)}:{rules_file(cluster)}"}


def url(cluster: Cluster, node: Node) -> str:
    """Return where a node's metrics are read, or nothing where there is no exporter."""
    its_process = node.broker or node.controller
    return f"http://{_place(cluster, node)}/metrics" if cluster.kafka.exporter.port and its_process else ""


def _place(cluster: Cluster, node: Node) -> str:
    exporter = cluster.kafka.exporter
    return address.place(jmx.bound_to(exporter.address, node), exporter.port)


def folder(cluster: Cluster) -> str:
    """Return where agents are kept on a host."""
    return f"{cluster.settings.paths.install}/kafka-exporter"


def agent(cluster: Cluster) -> str:
    """Return the agent's path; another checksum makes another path, so that a restart is seen to be due."""
    exporter = cluster.kafka.exporter
    # The JVM takes an = in the jar's name for its end.
    name = re.sub(r"[^A-Za-z0-9._+-]", "-", Path(urlsplit(exporter.jar).path).name)
    return f"{folder(cluster)}/{checksum(cluster)[:12]}-{name}"


def rules_file(cluster: Cluster) -> str:
    """Return the path of the rules."""
    return f"{cluster.kafka.config_dir}/exporter.yaml"


def checksum(cluster: Cluster) -> str:
    """Return the checksum that the agent must have."""
    exporter = cluster.kafka.exporter
    return (exporter.sha256 or exporter.sha512).lower()


def local_jar(cluster: Cluster) -> Path | None:
    """Return the agent as a file of this machine, if the settings name one."""
    exporter = cluster.kafka.exporter
    return cluster.folder / exporter.jar if exporter.port and _is_local(exporter) else None


def _is_local(exporter: Exporter) -> bool:
    return not exporter.jar.startswith(("http://", "https://"))


def assets(cluster: Cluster) -> tuple[Resource, ...]:
    """Return the agent on a host."""
    exporter = cluster.kafka.exporter
    if not exporter.port:
        return ()
    source = f"{Path(exporter.jar).name}, sent from here" if _is_local(exporter) else exporter.jar
    return Directory(folder(cluster), shared=True), Asset(agent(cluster), source, checksum(cluster))


def files(cluster: Cluster, node: Node) -> tuple[Resource, ...]:
    """Return the rules: the user's own, or those for a broker or a controller."""
    exporter, user, more = cluster.kafka.exporter, cluster.kafka.user, cluster.for_templates(node)
    if not exporter.port:
        return (Absent(rules_file(cluster)),)
    if exporter.rules:
        content, problems = text_file.read(cluster.folder / exporter.rules, exporter.rules, text_file.MISSING)
        refuse_errors(problems)
    else:
        content = cluster.templates.render(f"exporter-{'broker' if node.broker else 'controller'}.yaml.j2", **more)
    return (File(rules_file(cluster), content, "root", user, "640"),)


def problems(tree: Tree, settings: Settings, place: Path) -> Iterator[Problem]:
    """Yield what is wrong with kafka.exporter beyond single values."""
    entry, exporter = jmx.block(tree, "exporter"), settings.kafka.exporter
    if entry is None:
        return
    keys = entry.value.keys()
    if "port" not in keys:
        yield entry.problem("kafka.exporter: `port` is missing, as in `port: 7071`; `port: 0` switches it off")
    if exporter.port:
        yield from map(entry.problem, _lacking(frozenset(keys)))
        yield from _files(entry, exporter, place)
        if settings.security.enabled and not jmx.is_loopback(exporter.address):
            yield from _in_clear(entry, exporter, place)


def _lacking(keys: frozenset[str]) -> Iterator[str]:
    if "jar" not in keys:
        maker = "io.prometheus.jmx:jmx_prometheus_javaagent on Maven Central"
        yield f"kafka.exporter: `jar` is missing: the address or the file of the agent ({maker})"
    if not keys & {"sha256", "sha512"}:
        yield "kafka.exporter: `sha256` is missing: write what `sha256sum` says of the agent's jar"
    if keys >= {"sha256", "sha512"}:
        yield "kafka.exporter: `sha256` and `sha512` are both given: keep one"


def _files(entry: YamlNode, exporter: Exporter, place: Path) -> Iterator[Problem]:
    named = {"jar": exporter.jar if _is_local(exporter) else "", "rules": exporter.rules}
    for key, name in named.items():
        if name and (reason := text_file.absent(place / name)):
            yield entry.value[key].problem(f"kafka.exporter.{key}: {reason}")


def _in_clear(entry: YamlNode, exporter: Exporter, place: Path) -> Iterator[Problem]:
    """Yield that the exporter speaks plain HTTP, unless the user's own rules say how it is protected."""
    rules = text_file.read(place / exporter.rules, exporter.rules)[0] if exporter.rules else ""
    if not re.search(r"^httpServer:", rules, re.MULTILINE):
        line = entry.value["address"].line if "address" in entry.value else entry.line
        words = (
            "kafka.exporter.address: the exporter speaks plain HTTP, beside connections that `security:` encrypts: "
            "write 127.0.0.1, or name rules of your own with `httpServer:` (TLS and a password) in kafka.exporter.rules"
        )
        yield Problem(entry.file, line, words)
