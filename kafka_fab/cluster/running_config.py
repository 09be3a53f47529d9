"""Running: what a service runs with since its start, and where it is therefore asked, whatever the files say by now."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from kafka_fab.cluster.values import listener
from kafka_fab.cluster.values.connection_security import Login, Tls
from kafka_fab.frozen_value import dataclass

PLAINTEXT, SSL, SASL_SSL = "PLAINTEXT", "SSL", "SASL_SSL"


@dataclass(frozen=True)
class Endpoint:
    """Where a service is asked, the protocol there, and with what the tool connects.

    `name` is what the server's certificate must be for, where that is not the address.
    """

    address: str
    port: int
    protocol: str = PLAINTEXT
    name: str = ""
    tls: Tls | None = None
    login: Login | None = None

    @property
    def verified_name(self) -> str:
        """Return the name or address that the server's certificate must be for."""
        return self.name or self.address


@dataclass(frozen=True)
class RunningListener:
    """One of a process's listeners, as its own file names it."""

    name: str
    host: str
    port: int
    protocol: str


@dataclass(frozen=True)
class RemovedLogDir:
    """A data directory that a service runs with, that is in its file no more, and what it holds."""

    directory: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Running:
    """What a service's host reports of it.

    `properties` are keys of the file that it has started with, empty where it does not run, `on_disk` those of the file
    by now; `cluster_ids` are those that its data directories hold, by directory; `left` are directories that its next
    start would do without; `version` is the one that runs.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    on_disk: Mapping[str, str] = field(default_factory=dict)
    cluster_ids: Mapping[str, str] = field(default_factory=dict)
    left: tuple[RemovedLogDir, ...] = ()
    version: str = ""

    @property
    def log_dirs(self) -> tuple[str, ...]:
        """Return the log directories of a broker that runs."""
        return tuple(filter(None, (path.strip() for path in self.properties.get("log.dirs", "").split(","))))

    @property
    def chroot(self) -> str | None:
        """Return the path in ZooKeeper below which a broker keeps its metadata; None where it has none there."""
        connect = self.properties.get("zookeeper.connect")
        return None if connect is None else chroot_of(connect)


def chroot_of(connect: str) -> str:
    """Return the chroot of a zookeeper.connect, which stands once, after the last server."""
    _, slash, path = connect.partition("/")
    return f"/{path}".rstrip("/") if slash else ""


def listeners(properties: Mapping[str, str], key: str = "listeners") -> tuple[RunningListener, ...]:
    """Return a process's listeners in their order, those of before 0.9 included."""
    if key == "listeners" and not properties.get(key) and "port" in properties:
        return (RunningListener(PLAINTEXT, properties.get("host.name", ""), int(properties["port"]), PLAINTEXT),)
    return tuple(_listeners(properties, key))


def _listeners(properties: Mapping[str, str], key: str) -> Iterator[RunningListener]:
    protocols = listener.protocols(properties.get("listener.security.protocol.map", ""))
    for one in listener.legible(properties.get(key, "")):
        yield RunningListener(one.name, one.host, one.port, protocols.get(one.name, one.name))


def inter_broker(properties: Mapping[str, str]) -> str:
    """Return the name of the listener by which brokers connect to each other."""
    name = properties.get("inter.broker.listener.name") or properties.get("security.inter.broker.protocol")
    return (name or PLAINTEXT).strip().upper()


def clients(properties: Mapping[str, str]) -> tuple[RunningListener, ...]:
    """Return the listeners that are not the controllers'."""
    return tuple(one for one in listeners(properties) if one.name not in _of_controllers(properties))


def controllers(properties: Mapping[str, str]) -> tuple[RunningListener, ...]:
    """Return the controllers' listeners of a process."""
    return tuple(one for one in listeners(properties) if one.name in _of_controllers(properties))


def _of_controllers(properties: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name.strip().upper() for name in properties.get("controller.listener.names", "").split(","))
