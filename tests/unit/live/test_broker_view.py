"""Why no broker can be asked: that they do not run is said only where nothing else is known."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live import broker_view
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import metadata
from kafka_fab.live.client.broker_connection import BrokerConnection, NoConnection, ProtocolMismatch, Unreachable
from tests.unit.folders import ZOOKEEPER, written

EXPIRED = "a:9091 does not accept the certificate of pki/fab.pem, which expired on 2026-01-01"
REFUSED = "a:9092 did not answer (Connection refused)"
START = "; start the brokers first (fab start)"
Fails = Callable[[Unreachable], None]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, ZOOKEEPER)


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Fails:
    """Return what lets every request fail from now on, but the first: there is no connection for that."""
    left: list[Unreachable] = [NoConnection(REFUSED)]

    def failing(error: Unreachable) -> None:
        def ask(*_: object) -> None:
            raise left.pop() if left else error

        monkeypatch.setattr(metadata, "read", ask)

    return failing


def errors(cluster: Cluster) -> list[str]:
    found = []
    for call in (lambda: AdminClient(cluster).node, lambda: broker_view.first(cluster, cluster.brokers)):
        with pytest.raises(Unreachable) as failed:
            call()
        found.append(str(failed.value))
    return found


@pytest.mark.parametrize("error", [ProtocolMismatch(EXPIRED), Unreachable("a cannot be resolved")])
def test_what_is_wrong_with_a_broker_that_is_up_is_why(error: Unreachable, cluster: Cluster, fails: Fails) -> None:
    fails(error)
    assert errors(cluster) == [f"no broker accepts admin requests: {error}", f"no broker answers: {error}"]


def test_brokers_that_nobody_can_connect_to_are_to_be_started(cluster: Cluster, fails: Fails) -> None:
    fails(NoConnection(REFUSED))
    assert errors(cluster) == [
        f"no broker accepts admin requests: {REFUSED}{START}",
        f"no broker answers: {REFUSED}{START}",
    ]


def test_a_port_at_which_nobody_listens_is_no_connection_and_a_name_that_is_not_known_is_another_fault() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(NoConnection, match="did not answer"):
            BrokerConnection(Endpoint("127.0.0.1", free.getsockname()[1]), 1.0)
    with pytest.raises(Unreachable, match="cannot be resolved") as unknown:
        BrokerConnection(Endpoint("no-such-host.invalid", 9092), 1.0)
    assert not isinstance(unknown.value, NoConnection)
