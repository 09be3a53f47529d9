"""Remote JMX: bound to an address, behind a password, and off unless it is asked for."""

import os
from collections.abc import Iterator
from ipaddress import ip_address

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Absent, File, Port, Resource
from kafka_fab.cluster.schema.dataclass_loader import Tree, YamlNode
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Jmx, Settings, password

NAMES = ("jmx.password", "jmx.access")
KEY = "-Dcom.sun.management.jmxremote"
# Where nothing is said Kafka's script says `-Dcom.sun.management.jmxremote`, with which the JVM listens on a
# port of chance on every address. jcmd and the like, on the host itself, need none of it.
OFF = {"KAFKA_JMX_OPTS": f"{KEY}.authenticate=true"}

SAFER = "kafka.jmx.address: the password crosses the network in clear; 127.0.0.1 and a tunnel (ssh -L) are safer"
IN_CLEAR = (
    "kafka.jmx.address: JMX sends its password in clear, beside connections that `security:` encrypts: "
    "write 127.0.0.1, and use a tunnel (ssh -L)"
)


def options(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return the variable that opens the port, or that opens none."""
    jmx = cluster.kafka.jmx
    if not jmx.port:
        return OFF
    address, (words, rights) = bound_to(jmx.address, node), paths(cluster)
    told = {
        ".port": jmx.port,
        # The same port for both, so that one rule of a firewall or one tunnel is enough.
        ".rmi.port": jmx.port,
        ".host": address,
        ".authenticate": "true",
        ".password.file": words,
        # Else the JVM would write hashes into the file, and every install its text again.
        ".password.toHashes": "false",
        ".access.file": rights,
        ".ssl": "false",
    }
    keys = " ".join(f"{KEY}{key}={value}" for key, value in told.items())
    # Not JMX_PORT: with that Kafka's script opens every address to everybody.
    return {"KAFKA_JMX_OPTS": f"{keys} -Djava.rmi.server.hostname={address}"}


def bound_to(address: str, node: Node) -> str:
    """Return the address that a setting means on a node."""
    return node.address if address == "host" else address


def paths(cluster: Cluster) -> tuple[str, str]:
    """Return the password file and the access file."""
    words, rights = (f"{cluster.kafka.config_dir}/{name}" for name in NAMES)
    return words, rights


def files(cluster: Cluster) -> tuple[Resource, ...]:
    """Return the two files; where JMX is off they are gone, lest a password stays behind."""
    jmx, user = cluster.kafka.jmx, cluster.kafka.user
    words, rights = paths(cluster)
    if not jmx.port:
        return Absent(words), Absent(rights)
    return (
        File(words, f"{jmx.user} {secret(jmx)}\n", user, user, "400", secret=True),
        File(rights, f"{jmx.user} {jmx.access}\n", user, user, "400"),
    )


def guards(cluster: Cluster, unit: str) -> tuple[Port, ...]:
    """Return the ports that must be free for JMX and the exporter."""
    return tuple(Port(port, unit) for port in (cluster.kafka.jmx.port, cluster.kafka.exporter.port) if port)


def secret(jmx: Jmx) -> str:
    """Return the password: the one of the settings, or of the environment of whoever runs fab."""
    return jmx.password or os.environ.get(jmx.password_from, "")


def problems(tree: Tree, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with kafka.jmx beyond single values."""
    entry, jmx = block(tree, "jmx"), settings.kafka.jmx
    if entry is None:
        return
    if "port" not in entry.value:
        yield entry.problem("kafka.jmx: `port` is missing, as in `port: 9999`; `port: 0` switches it off")
    if not jmx.port:
        return
    yield from _without_password(entry, jmx)
    if not is_loopback(jmx.address):
        secured = settings.security.enabled
        yield Problem(entry.file, _line(entry, "address"), IN_CLEAR if secured else SAFER, warning=not secured)


def is_loopback(bound: str) -> bool:
    """Return whether only the host itself reaches what is bound to an address of the settings."""
    return bound != "host" and ip_address(bound).is_loopback


def _without_password(entry: YamlNode, jmx: Jmx) -> Iterator[Problem]:
    source = jmx.password_from
    place = Problem(entry.file, _line(entry, "password_from"), "")
    if jmx.password and source:
        yield Problem(place.file, place.line, "kafka.jmx: `password` and `password_from` are both given: keep one")
    elif not source and not jmx.password and "password" not in entry.value:
        remedy = "name a variable of your environment that holds it, as in `password_from: KAFKA_JMX_PASSWORD`"
        yield entry.problem(f"kafka.jmx: no password, and without one it would be open to the world: {remedy}")
    elif source and not secret(jmx):
        text = f"kafka.jmx.password_from: the environment variable {source} is not set: export {source}=..."
        yield Problem(place.file, place.line, text)
    elif source and password(secret(jmx)):
        yield Problem(place.file, place.line, f"kafka.jmx.password_from: {source}: {password(secret(jmx))}")


def block(tree: Tree, name: str) -> YamlNode | None:
    """Return a block of kafka's settings, if there is one."""
    kafka = tree["kafka"].value if "kafka" in tree else None
    entry = kafka.get(name) if isinstance(kafka, dict) else None
    return entry if entry and isinstance(entry.value, dict) else None


def _line(entry: YamlNode, key: str) -> int:
    return entry.value[key].line if key in entry.value else entry.line
