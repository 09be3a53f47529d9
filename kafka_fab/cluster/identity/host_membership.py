"""Host membership: the hosts of another cluster, by the cluster ids on their disks and their ensembles. Pure."""

from collections import Counter

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Running
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass

FOLDER = "correct hosts.ini, or use the folder of that cluster (KAFKA_FAB_CLUSTER)"
MEMBERS = f"put back the hosts that were removed from [zookeeper], or {FOLDER}"


@dataclass(frozen=True)
class ForeignHost:
    """Why a host is not one of this cluster's, and what to do."""

    found: str
    remedy: str = FOLDER


def cluster_id(cluster: Cluster, written: str = "") -> str:
    """Return the cluster's id: the one in the file cluster.id, else the id of most hosts, else nothing."""
    if written:
        return written
    ranked = Counter(identity for ids in _by_host(cluster).values() for identity in ids).most_common(2)
    tie = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return ranked[0][0] if ranked and not tie else ""


def foreign(cluster: Cluster, written: str = "") -> dict[str, ForeignHost]:
    """Return the hosts whose data or services are not this cluster's."""
    own = cluster_id(cluster, written)
    found: dict[str, ForeignHost] = {}
    by_host = _by_host(cluster)
    for host in dict.fromkeys(host for host, _ in cluster.running):
        others = sorted(by_host.get(host, set()) - {own})
        outsiders = _other_ensemble(cluster, host)
        if others:
            this = f"this cluster has {own}" if own else "the hosts have different cluster ids"
            found[host] = ForeignHost(f"its data has the cluster id {', '.join(others)}, but {this}")
        elif outsiders:
            servers = ", ".join(sorted(outsiders))
            reason = f"its ZooKeeper server is in an ensemble with {servers}, not with servers of hosts.ini"
            found[host] = ForeignHost(reason, MEMBERS)
    return found


def described(found: dict[str, ForeignHost]) -> str:
    """Return a sentence on hosts that are not this cluster's, and what to do."""
    problems = "; ".join(f"{host}: {one.found}" for host, one in found.items())
    remedies = dict.fromkeys(one.remedy[0].upper() + one.remedy[1:] for one in found.values())
    return f"{problems}. {'. '.join(remedies)}"


def ensemble_mismatch(cluster: Cluster, stored: str, written: str = "") -> str:
    """Return why the ensemble is not that of the brokers' data, in a sentence, or nothing where it is.

    `stored` is the cluster id in ZooKeeper (/cluster/id), empty where there is none yet.
    """
    own = cluster_id(cluster, written)
    if not stored or not own or stored == own:
        return ""
    return (
        f"ZooKeeper has the cluster id {stored} (/cluster/id), but the brokers' data has {own}. Correct [zookeeper] in "
        "hosts.ini or kafka.chroot, or use the folder of that cluster (KAFKA_FAB_CLUSTER)"
    )


def lost_metadata(cluster: Cluster) -> str:
    """Return, for a ZooKeeper without a cluster id, that brokers have data of one, in a sentence; or nothing."""
    found = {identity: host for host, ids in _by_host(cluster).items() for identity in sorted(ids)}
    if not found:
        return ""
    ids = ", ".join(f"{identity} ({host})" for identity, host in sorted(found.items()))
    return (
        f"ZooKeeper has no cluster id (/cluster/id), but the brokers' data has {ids}. Either ZooKeeper's data is lost: "
        "restore it from a backup; or [zookeeper] of hosts.ini or kafka.chroot is another cluster's: correct it"
    )


def _by_host(cluster: Cluster) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (host, _), one in cluster.running.items():
        if one.cluster_ids:
            found.setdefault(host, set()).update(one.cluster_ids.values())
    return found


def _other_ensemble(cluster: Cluster, host: str) -> frozenset[str]:
    """Return the other members of a server's ensemble where none of them is a server of this cluster."""
    node, server = cluster.nodes[host], cluster.running.get((host, Role.ZOOKEEPER), Running())
    itself = {node.address, server.properties.get(f"server.{node.zookeeper.id if node.zookeeper else 0}", "")}
    members = _members(server) - {_address(name) for name in itself}
    ours = {other.address for other in cluster.ensemble}
    # A server may run with addresses that hosts.ini no longer has.
    for (other, role), one in cluster.running.items():
        if role == Role.ZOOKEEPER and other != host:
            ours |= _members(one)
    return frozenset(members) if members.isdisjoint(ours) else frozenset()


def _members(one: Running) -> set[str]:
    return {_address(value) for key, value in one.properties.items() if key.startswith("server.")}


def _address(server: str) -> str:
    return server.rsplit(":", 2)[0].strip("[]") if server.count(":") > 1 else server
