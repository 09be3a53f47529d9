"""Deliver: every host's certificates and CAs, before services restart with files that name them."""

from datetime import UTC, datetime

from kafka_fab.cluster.roles import node_resources, node_store
from kafka_fab.operate.certificates.issue import Issuer
from kafka_fab.operate.hosts.pending_change import classified
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection


def deliver(hosts: Fleet) -> None:
    """Bring keys, chains and CAs to every host of the cluster; end the run where one host fails."""
    issuer = Issuer(hosts.cluster)
    require_success(hosts.run(lambda c: _deliver(c, issuer), "certificates", hosts.cluster.inventory.hosts))


def _deliver(c: Connection, issuer: Issuer) -> None:
    cluster, node = cluster_of(c), node_of(c)
    owner = node_resources.steps(cluster, node)["owner"]
    began, kind = datetime.now(UTC), classified(cluster)
    wanted = issuer.judged(node, node_store.resources(cluster, node))
    changes = converge(c, [*owner, *node_store.invariants(cluster, node), *wanted], classify=kind)
    issued = issuer.answer(node, changes, began)
    if issued:
        converge(c, [*owner, *issued], classify=kind)
