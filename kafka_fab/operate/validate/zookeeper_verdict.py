"""ZooKeeper verdict: the checks of a cluster with ZooKeeper against hosts.ini. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles.broker import endpoint, endpoints
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.zookeeper import session_ids
from kafka_fab.live.zookeeper.four_letter_words import Registry, Server
from kafka_fab.operate.validate import metrics_check
from kafka_fab.operate.validate.expectation import Expectation, listed, numbers, same, unread

Keys = Mapping[str, str]


@dataclass(frozen=True)
class Findings:
    """All that was found: the hosts' files, the servers of the ensemble, ZooKeeper's znodes, the brokers' views."""

    disk: Mapping[str, Mapping[str, Keys]]
    servers: Mapping[str, Server]
    registry: Registry | None
    views: Mapping[str, BrokerView]
    unreachable: Mapping[str, str] = field(default_factory=dict)
    # The ids of the sessions of each server, where those ids do not contain the server's id.
    sessions: Mapping[str, frozenset[int]] = field(default_factory=dict)


def checks(cluster: Cluster, found: Findings) -> tuple[Expectation, ...]:
    """Return every check, in the order in which a cluster starts."""
    return (
        *unread(found.unreachable),
        *_ensemble(cluster, found.servers),
        *_sessions(found.sessions),
        *_disk(cluster, found),
        *(_registered(cluster, found.registry) if found.registry else _no_registry()),
        *_views(cluster, found),
        *metrics_check.checks(cluster, found.disk),
    )


def _ensemble(cluster: Cluster, servers: Mapping[str, Server]) -> Iterator[Expectation]:
    for node in cluster.ensemble:
        server = servers[node.host]
        modes = "standalone" if len(cluster.ensemble) == 1 else "leader or follower"
        found = server.error or server.mode
        yield Expectation("server mode", node.host, modes, found, server.mode in modes.split(" or "))
        # A standalone server reports the id 0, whatever its myid is.
        if node.zookeeper and server.id and server.mode != "standalone":
            yield same("server id", node.host, str(node.zookeeper.id), server.id)
        if server.members:
            yield same("ensemble members", node.host, listed(_members(cluster)), listed(server.members))
    if len(cluster.ensemble) > 1:
        yield from _leader(cluster, servers)


def _members(cluster: Cluster) -> frozenset[str]:
    return frozenset(f"server.{node.zookeeper.id}={node.address}" for node in cluster.ensemble if node.zookeeper)


def _leader(cluster: Cluster, servers: Mapping[str, Server]) -> Iterator[Expectation]:
    leaders = [host for host, server in servers.items() if server.mode == "leader"]
    yield Expectation("ensemble leader", "ensemble", "one", listed(leaders) or "none", len(leaders) == 1)
    for host in leaders:
        synced = servers[host].synced
        if synced is not None:
            yield same("synced followers", host, len(cluster.ensemble) - 1, synced)


def _sessions(sessions: Mapping[str, frozenset[int]]) -> Iterator[Expectation]:
    for session, hosts in sorted(session_ids.on_several_servers(sessions).items()):
        found = f"{listed(hosts)} (ZOOKEEPER-1622): restart ZooKeeper on {hosts[-1]}"
        yield Expectation("duplicate session id", f"{session:#x}", "on one server", found, ok=False)


def _disk(cluster: Cluster, found: Findings) -> Iterator[Expectation]:
    cluster_id = found.registry.cluster_id if found.registry else ""
    for node in cluster.nodes.values():
        files = found.disk.get(node.host, {})
        if node.zookeeper and files:
            path = f"{cluster.zookeeper.data_dir}/myid"
            yield same("myid", node.host, str(node.zookeeper.id), files[path].get("value", "no such file"))
        if node.broker and files and cluster.release.keeps_identity:
            for directory in cluster.kafka.log_dirs:
                keys = files[f"{directory}/meta.properties"]
                where = f"{node.host}:{directory}"
                yield same("broker.id", where, str(node.broker.id), keys.get("broker.id", "no meta.properties"))
                yield same("cluster.id", where, cluster_id or "none", keys.get("cluster.id", "no meta.properties"))


def _no_registry() -> Iterator[Expectation]:
    yield Expectation("registered brokers", "ZooKeeper", "readable", "ZooKeeper has no quorum", ok=False)


def _registered(cluster: Cluster, registry: Registry) -> Iterator[Expectation]:
    expected = {node.broker.id: node for node in cluster.brokers if node.broker}
    yield same("registered brokers", "ZooKeeper", numbers(expected), numbers(registry.brokers))
    for number, node in expected.items():
        if number in registry.brokers:
            yield from _registration(cluster, node, registry.brokers[number].endpoints, registry.brokers[number].rack)
    for number in sorted(registry.brokers.keys() - expected.keys()):
        found = listed(registry.brokers[number].endpoints)
        yield Expectation("unexpected broker", f"broker {number}", "not registered", found, ok=False)
    yield from _duplicates(registry)
    ids = numbers(expected)
    yield Expectation(
        "controller", "ZooKeeper", f"one of {ids}", str(registry.controller), registry.controller in expected
    )
    epoch = registry.controller_epoch
    yield Expectation("controller epoch", "ZooKeeper", "present", str(epoch), epoch is not None)
    if cluster.release.keeps_identity:
        yield Expectation(
            "cluster id", "ZooKeeper", "present", registry.cluster_id or "none", bool(registry.cluster_id)
        )


def _registration(cluster: Cluster, node: Node, found: Iterable[str], rack: str) -> Iterator[Expectation]:
    yield same("listeners", node.host, listed(endpoints(cluster, node)), listed(found))
    if node.broker and node.broker.rack and "broker.rack" in cluster.release.property_names:
        yield same("rack", node.host, node.broker.rack, rack)


def _duplicates(registry: Registry) -> Iterator[Expectation]:
    owners: dict[str, int] = {}
    for number, registration in registry.brokers.items():
        for place in registration.endpoints:
            if owners.setdefault(place, number) != number:
                found = f"brokers {owners[place]} and {number}"
                yield Expectation("duplicate listener", place, "one broker", found, ok=False)


def _views(cluster: Cluster, found: Findings) -> Iterator[Expectation]:
    expected = listed(f"{n.broker.id}@{endpoint(cluster, n)}" for n in cluster.brokers if n.broker)
    for node in cluster.brokers:
        view = found.views[node.host]
        if view.error:
            yield Expectation("metadata request", node.host, "answered", f"failed: {view.error}", ok=False)
            continue
        # 0.8.0 names only the brokers that hold a partition of the topics asked for.
        if view.brokers or cluster.release.names_all_brokers:
            yield same("brokers in metadata", node.host, expected, listed(f"{n}@{e}" for n, e in view.brokers.items()))
        else:
            yield Expectation("metadata request", node.host, "answered", "answered (no topic yet)", ok=True)
        if view.controller is not None and found.registry:
            yield same("controller in metadata", node.host, found.registry.controller, view.controller)
