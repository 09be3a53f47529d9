"""The certificates on a host: what a service keeps of its start is what the host has."""

from pathlib import Path

import pytest

from kafka_fab.cluster.resource import File, NodeStore, Resource
from kafka_fab.cluster.roles import node_resources, node_store
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.security import stores
from tests.unit.folders import COMBINED, ZOOKEEPER, written

ISOLATED = "[kafka]\na id=1\nb id=2\n[controller]\nc id=3\n"
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
LISTENERS = "listeners: {clients: {port: 9094, login: scram}, external: {port: 9096, login: mtls}}"


def paths(resources: tuple[Resource, ...]) -> set[str]:
    files = {one.path for one in resources if isinstance(one, File)}
    return files | {path for one in resources if isinstance(one, NodeStore) for path, _, _ in one.stores}


@pytest.mark.parametrize(("hosts", "version"), [(ISOLATED, "3.9.1"), (COMBINED, "4.3.1"), (ZOOKEEPER, "2.8.2")])
@pytest.mark.parametrize("internal", ["mtls", "plaintext"])
def test_a_unit_keeps_no_file_that_its_host_does_not_have(
    tmp_path: Path, hosts: str, version: str, internal: str
) -> None:
    settings = f"version: {version}\nsecurity:\n  internal: {internal}\n  {LISTENERS}\n"
    for file in (stores.ca_certificate(tmp_path), stores.clients_ca_certificate(tmp_path)):
        file.parent.mkdir(exist_ok=True)
        file.write_text(PEM)
    cluster = written(tmp_path, hosts, settings)
    for node in cluster.nodes.values():
        there = paths(tuple(one for step in node_resources.steps(cluster, node).values() for one in step))
        for service in services(cluster, node):
            folder = service.module.files(cluster)[-1]
            kept = set(node_store.kept(cluster, node, folder))
            assert kept <= there, (node.host, service.role)
            unit = service.module.config(cluster, node)[2].content
            named = {path for path in (stores.trust_store(folder), stores.clients_trust_store(folder)) if path in unit}
            assert named <= there, (node.host, service.role)
