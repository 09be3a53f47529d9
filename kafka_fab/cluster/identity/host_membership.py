"""Host membership: whose data is on a host, by the cluster ids that its services have written there. Pure."""

from collections import Counter

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Running


def cluster_id(cluster: Cluster, written: str = "") -> str:
    """Return the cluster's id: the one that is written down beside hosts.ini, else that of most hosts, else nothing."""
    if written:
        return written
    ranked = Counter(identity for ids in _by_host(cluster).values() for identity in ids).most_common(2)
    tie = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return ranked[0][0] if ranked and not tie else ""


def foreign(cluster: Cluster, written: str = "") -> dict[str, str]:
    """Return the hosts whose data or services are another cluster's, each with what says so."""
    mine = cluster_id(cluster, written)
    found: dict[str, str] = {}
    by_host = _by_host(cluster)
    for host in dict.fromkeys(host for host, _ in cluster.running):
        others = sorted(by_host.get(host, set()) - {mine})
        if others:
            this = f"this one has {mine}" if mine else "the hosts of hosts.ini do not agree on one"
            found[host] = f"its data directories are of the cluster {', '.join(others)}, and {this}"
        elif _other_ensemble(cluster, host):
            found[host] = "its ZooKeeper server runs in an ensemble of other hosts"
    return found


def words(found: dict[str, str]) -> str:
    """Return what to say of foreign hosts."""
    told = "; ".join(f"{host} belongs to another cluster: {why}" for host, why in found.items())
    return f"{told}. Correct hosts.ini, or the cluster's folder that is used here"


def strange(cluster: Cluster, identity: str, written: str = "") -> str:
    """Return what is wrong where the ensemble says to be that of another cluster than the data directories; or nothing.

    `identity` is what it holds in /cluster/id, nothing where it has none yet.
    """
    mine = cluster_id(cluster, written)
    if not identity or not mine or identity == mine:
        return ""
    return (
        f"the ZooKeeper ensemble that is asked has the cluster {identity} (/cluster/id), and the brokers' data "
        f"directories are of the cluster {mine}. Correct [zookeeper] in hosts.ini, `kafka.chroot`, or the folder of "
        "the cluster that is used here"
    )


def _by_host(cluster: Cluster) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (host, _), one in cluster.running.items():
        if one.cluster_ids:
            found.setdefault(host, set()).update(one.cluster_ids.values())
    return found


def _other_ensemble(cluster: Cluster, host: str) -> bool:
    """Return whether a server's ensemble has nobody of ours: neither as hosts.ini says, nor as the others run."""
    node, server = cluster.nodes[host], cluster.running.get((host, "zookeeper"), Running())
    itself = {node.address, server.properties.get(f"server.{node.zookeeper.id if node.zookeeper else 0}", "")}
    members = _members(server) - {_address(name) for name in itself}
    ours = {other.address for other in cluster.ensemble}
    for (other, role), one in cluster.running.items():
        if role == "zookeeper" and other != host:
            ours |= _members(one)
    return bool(members) and members.isdisjoint(ours)


def _members(one: Running) -> set[str]:
    return {_address(value) for key, value in one.properties.items() if key.startswith("server.")}


def _address(server: str) -> str:
    return server.rsplit(":", 2)[0].strip("[]") if server.count(":") > 1 else server
