from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.cluster.broker import endpoints
from tasks.cluster.model import Cluster, Node
from tasks.live import broker as live_broker
from tasks.live import zookeeper
from tasks.live.verdict import Findings, checks
from tasks.live.wire import Silent
from tasks.live.zookeeper import Registry


@pytest.fixture(scope="module")
def findings(cluster: Cluster, messages: dict[str, str]) -> Findings:
    """What the cluster says of itself, asked once; the hosts' files have specs of their own.

    After the messages: Kafka 0.8.0 names only the brokers that hold a partition, and now each of them does.
    """
    with ThreadPoolExecutor(50) as pool:
        servers = {node.host: pool.submit(zookeeper.server, cluster, node) for node in cluster.ensemble}
        views = {node.host: pool.submit(live_broker.view, cluster, node) for node in cluster.brokers}
        return Findings(
            disk={},
            servers={host: server.result() for host, server in servers.items()},
            registry=_registry(cluster),
            views={host: view.result() for host, view in views.items()},
        )


def _registry(cluster: Cluster) -> Registry | None:
    try:
        with zookeeper.client(cluster) as kazoo:
            return zookeeper.registry(kazoo)
    except Silent:
        return None


@pytest.fixture(scope="module")
def advertised(cluster: Cluster) -> dict[int, tuple[str, ...]]:
    """Where clients reach each broker, by its id, as hosts.ini and conf/ have it."""
    return {node.broker.id: endpoints(cluster, node) for node in cluster.brokers if node.broker}


@pytest.fixture(scope="module")
def differing(cluster: Cluster, findings: Findings) -> list[str]:
    """Each difference between the cluster and hosts.ini."""
    wrong = [check for check in checks(cluster, findings) if not check.ok]
    return [f"{one.what}, {one.where}: expected {one.expected}, found {one.found}" for one in wrong]


def test_the_server_is_part_of_the_ensemble(server: Node, findings: Findings) -> None:
    found = findings.servers[server.host]
    roles = ("leader", "follower") if len(findings.servers) > 1 else ("standalone",)
    assert found.mode in roles, found.error


def test_the_ensemble_has_one_leader(findings: Findings) -> None:
    leaders = [host for host, server in findings.servers.items() if server.mode in ("leader", "standalone")]
    assert len(leaders) == 1


def test_the_broker_is_registered_with_its_end_points(
    broker: Node, advertised: dict[int, tuple[str, ...]], findings: Findings
) -> None:
    assert findings.registry, "ZooKeeper does not answer with a quorum"
    assert broker.broker
    registered = findings.registry.brokers.get(broker.broker.id)
    assert registered, f"broker {broker.broker.id} is not registered in ZooKeeper"
    assert sorted(registered.endpoints) == sorted(advertised[broker.broker.id])


def test_the_broker_sees_every_broker(broker: Node, advertised: dict[int, tuple[str, ...]], findings: Findings) -> None:
    view = findings.views[broker.host]
    assert not view.error
    assert view.brokers == {number: found[0] for number, found in advertised.items()}


def test_the_cluster_is_what_hosts_ini_says(differing: list[str]) -> None:
    assert not differing, "\n".join(differing)
