"""KRaft verdict: the checks of a KRaft cluster against hosts.ini. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.release import metadata_version
from kafka_fab.cluster.roles import kraft
from kafka_fab.cluster.roles.broker import endpoint
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client.describe_quorum import KEEPS_UP_MS, QuorumDescription
from kafka_fab.live.kraft_quorum import Features
from kafka_fab.operate.validate import metrics_check
from kafka_fab.operate.validate.expectation import Expectation, listed, numbers, same, unread

Keys = Mapping[str, str]


@dataclass(frozen=True)
class KraftFindings:
    """All that was found: the hosts' files, the quorum as its leader describes it, each node's view."""

    disk: Mapping[str, Mapping[str, Keys]]
    quorum: QuorumDescription | None
    views: Mapping[str, BrokerView]
    features: Mapping[str, Features]
    cluster_id: str = ""
    no_quorum: str = ""
    unreachable: Mapping[str, str] = field(default_factory=dict)


def checks(cluster: Cluster, found: KraftFindings) -> tuple[Expectation, ...]:
    """Return every check, in the order in which a cluster starts."""
    return (
        *unread(found.unreachable),
        *_disk(cluster, found),
        *_quorum(cluster, found),
        *_features(found.features),
        *_unexpected(cluster, found.views),
        *_brokers(cluster, found.views),
        *metrics_check.checks(cluster, found.disk),
    )


def _disk(cluster: Cluster, found: KraftFindings) -> Iterator[Expectation]:
    for node in cluster.nodes.values():
        files = found.disk.get(node.host)
        if files is None:
            continue
        for directory in kraft.directories(cluster, node):
            keys, where = files[f"{directory}/meta.properties"], f"{node.host}:{directory}"
            yield same("node.id", where, str(_number(node)), keys.get("node.id", "not formatted"))
            yield same("cluster.id", where, found.cluster_id or "none", keys.get("cluster.id", "not formatted"))


def _number(node: Node) -> int:
    member = node.broker or node.controller
    assert member
    return member.id


def _quorum(cluster: Cluster, found: KraftFindings) -> Iterator[Expectation]:
    expected = {node.controller.id: node for node in cluster.controllers if node.controller}
    if found.quorum is None:
        yield Expectation("quorum leader", "controllers", f"one of {numbers(expected)}", found.no_quorum, ok=False)
        return
    leader = found.quorum.leader
    yield Expectation("quorum leader", "controllers", f"one of {numbers(expected)}", str(leader), leader in expected)
    yield same("voters", "controllers", numbers(expected), numbers(voter.id for voter in found.quorum.voters))
    caught_up = {voter.id for voter in found.quorum.caught_up()}
    for voter in found.quorum.voters:
        where = expected[voter.id].host if voter.id in expected else f"voter {voter.id}"
        lag = "the leader" if voter.id == leader else voter.behind
        yield Expectation("voter caught up", where, f"less than {KEEPS_UP_MS} ms behind", lag, voter.id in caught_up)
    yield from _directories(cluster, found)


def _directories(cluster: Cluster, found: KraftFindings) -> Iterator[Expectation]:
    """Yield whether each voter's directory id is the one on its host's disk; a static quorum has none."""
    known = {voter.id: voter.directory for voter in found.quorum.voters} if found.quorum else {}
    for node in cluster.controllers if cluster.dynamic_quorum else ():
        assert node.controller
        path = kraft.metadata_directory(cluster, node)
        files, number = found.disk.get(node.host), node.controller.id
        if files is not None and known.get(number):
            on_disk = files[f"{path}/meta.properties"].get("directory.id") or "not formatted"
            yield same("voter directory id", f"{node.host}:{path}", known[number], on_disk)


def _features(features: Mapping[str, Features]) -> Iterator[Expectation]:
    versions = {where: _metadata_version(own) for where, own in features.items()}
    common = Counter(version for version in versions.values() if version).most_common(1)
    expected = common[0][0] if common else "the same on all nodes"
    for where, version in versions.items():
        found = features[where].error or version or "none"
        yield Expectation("metadata version", where, expected, found, version == expected)


def _metadata_version(own: Features) -> str:
    level = own.levels.get("metadata.version")
    return "" if level is None else metadata_version.name_of(level)


def _unexpected(cluster: Cluster, views: Mapping[str, BrokerView]) -> Iterator[Expectation]:
    """Yield the brokers that are registered and not in hosts.ini."""
    expected = {node.broker.id for node in cluster.brokers if node.broker}
    seen = {number: place for view in views.values() for number, place in view.brokers.items()}
    for number in sorted(seen.keys() - expected):
        yield Expectation("unexpected broker", f"broker {number}", "not registered", seen[number], ok=False)


def _brokers(cluster: Cluster, views: Mapping[str, BrokerView]) -> Iterator[Expectation]:
    nodes = [node for node in cluster.brokers if node.broker]
    expected = listed(f"{_number(node)}@{endpoint(cluster, node)}" for node in nodes)
    for node in nodes:
        view = views[node.host]
        if view.error:
            yield Expectation("metadata request", node.host, "answered", f"failed: {view.error}", ok=False)
            continue
        yield same("unfenced brokers", node.host, expected, listed(f"{n}@{place}" for n, place in view.brokers.items()))
        assert node.broker
        if node.broker.rack:
            yield same("rack", node.host, node.broker.rack, view.racks.get(node.broker.id, "not registered"))
