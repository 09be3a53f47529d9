import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from testinfra.host import Host

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import kraft
from kafka_fab.cluster.roles.broker import endpoint
from kafka_fab.live import broker_view as live_broker
from kafka_fab.live import kraft_quorum
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.live.zookeeper.four_letter_words import Registry
from kafka_fab.operate.validate import kraft_verdict, zookeeper_verdict
from kafka_fab.operate.validate.kraft_verdict import KraftFindings
from kafka_fab.operate.validate.validate import processes
from kafka_fab.operate.validate.zookeeper_verdict import Findings
from tests.infra.facts import text


@pytest.fixture(scope="module")
def views(cluster: Cluster, messages: dict[str, str]) -> dict[str, BrokerView]:
    """Each broker's own view, asked once.

    After the messages: Kafka 0.8.0 names only the brokers that hold a partition, and now each of them does.
    """
    with ThreadPoolExecutor(50) as pool:
        found = {node.host: pool.submit(live_broker.view, cluster, node) for node in cluster.brokers}
        return {host: view.result() for host, view in found.items()}


@pytest.fixture(scope="module")
def findings(cluster: Cluster, views: dict[str, BrokerView]) -> Findings:
    """What a cluster with ZooKeeper says of itself; the hosts' files have specs of their own."""
    with ThreadPoolExecutor(50) as pool:
        servers = {node.host: pool.submit(four_letter_words.server, cluster, node) for node in cluster.ensemble}
        found = {host: server.result() for host, server in servers.items()}
    return Findings(disk={}, servers=found, registry=_registry(cluster), views=views)


@pytest.fixture(scope="module")
def kraft_findings(cluster: Cluster, views: dict[str, BrokerView]) -> KraftFindings:
    """What a KRaft cluster says of itself."""
    described, reason = kraft_quorum.described(cluster)
    features = {where: kraft_quorum.features(place) for where, place in processes(cluster)}
    return KraftFindings(disk={}, quorum=described, no_quorum=reason, views=views, features=features)


def _registry(cluster: Cluster) -> Registry | None:
    try:
        with four_letter_words.client(cluster) as kazoo:
            return four_letter_words.registry(kazoo)
    except Unreachable:
        return None


@pytest.fixture(scope="module")
def advertised(cluster: Cluster) -> dict[int, str]:
    """Where clients reach each broker, by its id, as hosts.ini and conf/ have it."""
    return {node.broker.id: endpoint(cluster, node) for node in cluster.brokers if node.broker}


@pytest.fixture(scope="module")
def differing(cluster: Cluster, request: pytest.FixtureRequest) -> list[str]:
    """Each difference between the cluster and hosts.ini."""
    if cluster.kraft:
        found = kraft_verdict.checks(cluster, request.getfixturevalue("kraft_findings"))
    else:
        found = zookeeper_verdict.checks(cluster, request.getfixturevalue("findings"))
    wrong = [check for check in found if not check.ok]
    return [f"{one.check}, {one.where}: expected {one.expected}, found {one.found}" for one in wrong]


def test_the_server_is_part_of_the_ensemble(server: Node, findings: Findings) -> None:
    found = findings.servers[server.host]
    roles = ("leader", "follower") if len(findings.servers) > 1 else ("standalone",)
    assert found.mode in roles, found.error


def test_the_broker_is_registered_with_its_end_points(
    broker: Node, advertised: dict[int, str], views: dict[str, BrokerView]
) -> None:
    assert broker.broker
    number = broker.broker.id
    assert views[broker.host].brokers.get(number) == advertised[number], views[broker.host].error


def test_the_broker_sees_every_broker(broker: Node, advertised: dict[int, str], views: dict[str, BrokerView]) -> None:
    view = views[broker.host]
    assert not view.error
    assert view.brokers == advertised


def test_the_controller_is_a_voter_that_keeps_up(controller: Node, kraft_findings: KraftFindings) -> None:
    assert controller.controller
    assert kraft_findings.quorum, kraft_findings.no_quorum
    assert controller.controller.id in {voter.id for voter in kraft_findings.quorum.caught_up()}


def test_the_controller_s_disk_is_the_one_that_has_its_vote(
    host: Host, controller: Node, cluster: Cluster, kraft_findings: KraftFindings
) -> None:
    assert controller.controller
    assert kraft_findings.quorum, kraft_findings.no_quorum
    meta = text(host, f"{kraft.metadata_directory(cluster, controller)}/meta.properties")
    found = re.findall(r"^directory\.id=(.*)$", meta, re.MULTILINE)
    known = kraft_quorum.voters(cluster, kraft_findings.quorum).directories.get(controller.controller.id)
    # A static quorum knows no directories.
    assert not known or found == [known], "see fab quorum.show"


def test_the_cluster_matches_hosts_ini(differing: list[str]) -> None:
    assert not differing, "\n".join(differing)
