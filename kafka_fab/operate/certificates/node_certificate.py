"""Node certificate: what a host's certificate must be, and why the one that it has does not fit."""

import socket
from datetime import datetime
from ipaddress import ip_address

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import certificate
from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import Leaf
from kafka_fab.cluster.pki.certificate import Certificate, Chain
from kafka_fab.cluster.pki.judgement import Expected, problems, untrusted
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.security import node_names, principals
from kafka_fab.cluster.values.subject import Subject


def names(cluster: Cluster, node: Node) -> AlternativeNames:
    """Return the names and addresses that a host's certificate must be valid for.

    ZooKeeper's servers verify each other by IP address first: those behind the host's address are among them.
    """
    return AlternativeNames.of((*node_names.stated(cluster, node), *_resolved(node.address)))


def _resolved(name: str) -> tuple[str, ...]:
    try:
        found = {str(answer[4][0]) for answer in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except OSError:
        # Known to the hosts alone: they reach each other by the name.
        return ()
    return tuple(sorted(one for one in found if "%" not in one and not ip_address(one).is_loopback))


def subject(cluster: Cluster) -> Subject:
    """Return the one subject of all nodes."""
    return principals.node_subject(cluster)


def tool_subject(cluster: Cluster) -> Subject:
    """Return the subject of kafka-fab's own certificate."""
    return principals.tool_subject(cluster)


def issued(cluster: Cluster, node: Node) -> Chain:
    """Return the chain that was issued to a host; none where there is none that can be read."""
    text = node_store.chain(cluster, node)
    try:
        return certificate.read(text) if text else ()
    except PemError:
        return ()


def leaf(cluster: Cluster, node: Node, authorities: Chain, now: datetime) -> Leaf:
    """Return what a host's next certificate is to say: names are only added, as long as the one before can be used.

    A broker refuses, while it runs, a certificate that lacks a name of the one before.
    """
    before = issued(cluster, node)
    keeps = before and not untrusted(before, authorities, now) and now <= before[0].ends
    wanted = names(cluster, node)
    days = cluster.settings.security.certificates.days
    return Leaf(subject(cluster), days, wanted | before[0].names if keeps else wanted)


def expected(cluster: Cluster, node: Node, authorities: Chain, before: Certificate | None = None) -> Expected:
    """Return what a host's chain must be."""
    return Expected(authorities, names(cluster, node), subject=str(subject(cluster)), before=before)


def unfit(cluster: Cluster, node: Node, authorities: Chain, now: datetime) -> str:
    """Return why a host needs another certificate than the one that was issued to it, or nothing."""
    chain = issued(cluster, node)
    if not chain:
        return "no certificate yet"
    found = problems(chain, expected(cluster, node, authorities), now)
    return f"the issued one {found[0]}" if found else ""
