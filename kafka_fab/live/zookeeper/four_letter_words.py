"""Four-letter words: ZooKeeper servers asked one by one, and what Kafka keeps in ZooKeeper."""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from threading import Event
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.values import address, listener
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import SECONDS, ProtocolMismatch, Unreachable, four_letters, refuses

# A line of `conf`; an IPv6 address is in brackets there.
MEMBER = re.compile(r"^(server\.\d+)=(\[[^\]]+\]|[^:\s]+)", re.MULTILINE)
# Every election closes connections: the client finds another server and repeats the request.
RETRIES = {"max_tries": 5, "delay": 0.1, "max_delay": 1.0}


@dataclass(frozen=True)
class Server:
    """One ZooKeeper server's view of itself."""

    mode: str = ""
    id: str = ""
    members: frozenset[str] = frozenset()
    synced: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Registration:
    """A broker as it has registered: each endpoint as host:port."""

    endpoints: tuple[str, ...]
    rack: str = ""


@dataclass(frozen=True)
class Registry:
    """What Kafka keeps in ZooKeeper."""

    brokers: dict[int, Registration] = field(default_factory=dict)
    controller: int | None = None
    controller_epoch: int | None = None
    cluster_id: str = ""


def mode(cluster: Cluster, node: Node, seconds: float = SECONDS) -> str:
    """Return leader, follower or standalone, by `srvr`; raise Unreachable where it is none of them.

    An open port or `ruok` prove nothing: without a quorum both still say yes.
    """
    asked = endpoint.of_server(cluster, node)
    answer = four_letters(asked, "srvr", seconds)
    match = re.search(r"^Mode: (\w+)", answer, re.MULTILINE)
    if match:
        return match[1]
    if "not executed" in answer:
        raise Unreachable(f"{place(asked)} refuses srvr: add it to 4lw.commands.whitelist")
    raise Unreachable(f"{place(asked)} has no quorum: {' '.join(answer.split()) or 'empty answer'}")


def has_quorum(cluster: Cluster) -> bool:
    """Return whether a majority of the ensemble serves."""
    return 2 * sum(serves(cluster, node) for node in cluster.ensemble) > len(cluster.ensemble)


def serves(cluster: Cluster, node: Node, seconds: float = SECONDS) -> bool:
    """Return whether a server is part of a quorum."""
    try:
        return bool(mode(cluster, node, seconds))
    except Unreachable:
        return False


def server(cluster: Cluster, node: Node) -> Server:
    """Return a server's mode, id, members and, of a leader, its followers in sync."""
    try:
        own_mode = mode(cluster, node)
        conf = four_letters(endpoint.of_server(cluster, node), "conf")
        mntr = four_letters(endpoint.of_server(cluster, node), "mntr") if own_mode == "leader" else ""
    except Unreachable as silent:
        return Server(error=str(silent))
    number = re.search(r"^serverId=(\d+)", conf, re.MULTILINE)
    members = frozenset(_member(*found) for found in MEMBER.findall(conf))
    synced = re.search(r"^zk_synced_followers\s+(\d+)", mntr, re.MULTILINE)
    return Server(own_mode, number[1] if number else "", members, int(synced[1]) if synced else None)


def _member(name: str, host: str) -> str:
    return f"{name}={address.normal(host)}"


@contextmanager
def client(cluster: Cluster, seconds: float = 10, only: Node | None = None) -> Iterator[Any]:
    """Open a kazoo client in the cluster's chroot, or one of a single server's; raise Unreachable without a quorum."""
    servers = endpoint.zookeeper_connect(cluster, only)
    # kazoo would try until its timeout.
    nodes = [only] if only else cluster.ensemble
    if all(refuses(endpoint.of_server(cluster, node)) for node in nodes):
        raise Unreachable(f"no ZooKeeper server of {servers} accepts connections")
    from kazoo.client import KazooClient
    from kazoo.handlers.threading import KazooTimeoutError

    from kafka_fab.live.zookeeper.endpoint_handler import EndpointHandler

    kazoo = KazooClient(hosts=servers, timeout=seconds, command_retry=RETRIES, handler=EndpointHandler(cluster))
    try:
        with warnings.catch_warnings():
            # A new cluster has no chroot yet; a broker creates it.
            warnings.simplefilter("ignore")
            kazoo.start(timeout=seconds)
    except KazooTimeoutError as error:
        reason = _mismatch(cluster, nodes) or f"no ZooKeeper server of {servers} has a quorum"
        raise Unreachable(reason) from error
    try:
        yield kazoo
    finally:
        kazoo.stop()
        kazoo.close()


def _mismatch(cluster: Cluster, nodes: Iterable[Node]) -> str:
    """Return why a server cannot be talked to as the tool is set up: kazoo only says that it has no connection."""
    for node in nodes:
        try:
            mode(cluster, node)
        except ProtocolMismatch as error:
            return str(error)
        except Unreachable:
            continue
    return ""


def await_broker(kazoo: Any, number: int, seconds: float) -> bool:
    """Return True as soon as a broker is registered, False after the timeout."""
    there, path = Event(), f"/brokers/ids/{number}"
    try:
        if not _answer(kazoo, lambda: kazoo.exists_async(path, watch=lambda _: there.set())):
            there.wait(seconds)
        return bool(_answer(kazoo, lambda: kazoo.exists_async(path)))
    except Unreachable:
        return False


def registry(kazoo: Any) -> Registry:
    """Return what Kafka keeps in ZooKeeper, empty where there is none; raise Unreachable."""
    # Decisions depend on it: this server must not lag behind the leader.
    _answer(kazoo, lambda: kazoo.sync_async("/"))
    controller = _json(kazoo, "/controller")
    epoch = _text(kazoo, "/controller_epoch")
    return Registry(
        brokers=dict(_brokers(kazoo)),
        controller=int(controller["brokerid"]) if controller else None,
        controller_epoch=int(epoch) if epoch else None,
        cluster_id=str(_json(kazoo, "/cluster/id").get("id", "")),
    )


def _answer(kazoo: Any, question: Callable[[], Any]) -> Any:
    """Return the answer to an asynchronous request of kazoo; raise Unreachable where it times out."""
    from kazoo.exceptions import ConnectionClosedError, NoNodeError
    from kazoo.handlers.threading import KazooTimeoutError
    from kazoo.retry import RetryFailedError

    try:
        # With a timeout: kazoo waits forever while no server answers.
        return kazoo.retry(lambda: question().get(timeout=SECONDS))
    except NoNodeError:
        return None
    except (RetryFailedError, KazooTimeoutError, ConnectionClosedError) as error:
        raise Unreachable("ZooKeeper did not answer: the connection was lost repeatedly") from error


def _brokers(kazoo: Any) -> Iterator[tuple[int, Registration]]:
    for name in sorted(_answer(kazoo, lambda: kazoo.get_children_async("/brokers/ids")) or (), key=int):
        data = _json(kazoo, f"/brokers/ids/{name}")
        if data:
            yield int(name), Registration(tuple(_endpoints(data)), str(data.get("rack") or ""))


def _endpoints(data: dict[str, Any]) -> list[str]:
    # Up to 0.8 a broker registers host and port, later ones a list of PROTOCOL://HOST:PORT.
    listed = [one.place for told in data.get("endpoints", []) for one in listener.read(told)]
    return listed or [address.place(data["host"], data["port"])]


def _text(kazoo: Any, path: str) -> str:
    found = _answer(kazoo, lambda: kazoo.get_async(path))
    return str(found[0].decode()) if found else ""


def _json(kazoo: Any, path: str) -> dict[str, Any]:
    text = _text(kazoo, path)
    value: dict[str, Any] = json.loads(text) if text.strip() else {}
    return value
