"""How long ZooKeeper keeps what a broker has registered."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.roles import zookeeper_server, zookeeper_session

TICK = 2000


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(zookeeper_server, "properties", lambda cluster: {"tickTime": str(TICK)} | cluster.servers)
    return lambda asked, **servers: SimpleNamespace(
        servers=servers,
        release=SimpleNamespace(zookeeper_session_ms=1 if asked else 18000),
        brokers=[1, 2],
        own=lambda node: {"zookeeper.session.timeout.ms": asked} if asked and node == 2 else dict[str, str](),
    )


@pytest.mark.parametrize(
    ("asked", "servers", "granted"),
    [
        ("", {}, 18),
        ("6000", {}, 6),
        ("1000", {}, 4),
        ("90000", {}, 40),
        ("90000", {"maxSessionTimeout": "60000"}, 60),
        ("1000", {"minSessionTimeout": "2000"}, 2),
        ("6000", {"tickTime": "5000"}, 10),
    ],
)
def test_the_servers_grant_what_is_within_their_limits(
    asked: str, servers: dict[str, str], granted: float, cluster: Any
) -> None:
    assert zookeeper_session.seconds(cluster(asked, **servers)) == granted


@given(said=st.integers(0, 10**9), told=st.integers(0, TICK // 2), asked=st.integers(4000, 40000))
def test_no_session_outlives_the_longest(said: int, told: int, asked: int) -> None:
    """A leader hears a bit later of what a follower's client said, and ends sessions at whole ticks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zookeeper_server, "properties", lambda _: {"tickTime": str(TICK)})
        own = {"zookeeper.session.timeout.ms": str(asked)}
        release = SimpleNamespace(zookeeper_session_ms=0)
        cluster: Any = SimpleNamespace(release=release, brokers=[1], own=lambda _: own)
        ends = ((said + told + asked) // TICK + 1) * TICK
        assert ends - said <= 1000 * zookeeper_session.longest(cluster) < asked + 1.5 * TICK + 1000
