"""Renewal of a host: the order of its steps, and what is left where one fails."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority, certificate
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates import authorities, days_left, proof, reload, renew
from kafka_fab.operate.certificates.days_left import Nearness
from kafka_fab.operate.certificates.issue import Issuer
from kafka_fab.operate.certificates.renew import Renewal
from kafka_fab.remote.ssh.connection import HostFailure
from tests.unit.operate.certificates.conftest import NOW
from tests.unit.operate.certificates.test_issue import asked, issued
from tests.unit.operate.certificates.test_list_certificates import said


class Played(Renewal):
    """A renewal without a host: what its scripts would do is written down."""

    def __init__(self, cluster: Cluster) -> None:
        self.c: Any = SimpleNamespace(progress=SimpleNamespace(doing="", changes=[]))
        self.issuer, self.cluster, self.node = Issuer(cluster), cluster, cluster.nodes["a"]
        self.stores, self.pkcs12 = [("/etc/kafka/node.pem", "root", "kafka")], []
        self.calls: list[str] = []
        self.trusted: tuple[certificate.Certificate, ...] = authorities.trusted(cluster)

    def _script(self, *commands: str) -> list[Change]:
        self.calls += [command.split()[0] for command in commands]
        if not commands[0].startswith("request_new"):
            return []
        return [*asked(datetime.now(UTC).timestamp()), *(said("trust-held", one) for one in self.trusted)]

    @property
    def kept(self) -> certificate.Certificate:
        return certificate.read((self.cluster.folder / "pki/nodes/a.pem").read_text())[0]


@pytest.fixture
def play(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Played]:
    def played(judged: str = "", triggered: str = "", unproven: tuple[str, ...] = ()) -> Played:
        monkeypatch.setattr(reload, "judge", lambda *_: judged)
        monkeypatch.setattr(reload, "trigger", lambda *_: triggered)
        monkeypatch.setattr(proof, "reloading", lambda *_: {"REPLICATION": None})
        monkeypatch.setattr(proof, "unproven", lambda *_: unproven)
        issued(cluster)
        return Played(cluster)

    return played


def test_the_order_of_a_renewal(play: Callable[..., Played]) -> None:
    renewal = play()
    before = renewal.kept
    renewal.run()
    assert renewal.calls == ["request_new", "held_trust", "offer", "accept", "confirm", "held_certificate"]
    assert renewal.kept != before
    [change] = renewal.c.progress.changes
    assert "served by REPLICATION" in change.detail


def test_what_the_broker_rejects_never_takes_the_old_ones_place(play: Callable[..., Played]) -> None:
    renewal = play(judged="Invalid value: no DN match")
    before = renewal.kept
    with pytest.raises(HostFailure, match=r"would not take .*no DN match; the old one stays in place \[T5\]"):
        renewal.run()
    assert renewal.calls == ["request_new", "held_trust", "offer", "withdraw"]
    assert renewal.kept == before


def test_a_ca_that_the_process_does_not_trust_is_refused_before_anything_is_offered(
    play: Callable[..., Played],
) -> None:
    renewal = play()
    renewal.trusted = (authority.new(Subject("other"), NOW).certificate,)
    with pytest.raises(HostFailure, match=r"none of the CAs in use \(CN=other.*with which kafka has started.*\[T5\]"):
        renewal.run()
    assert renewal.calls == ["request_new", "held_trust"]


@pytest.mark.parametrize(
    "fault", [{"triggered": "error 40"}, {"unproven": ("CLIENTS: serves the certificate that ends on 2027-01-01",)}]
)
def test_what_is_not_served_is_put_back(fault: dict[str, Any], play: Callable[..., Played]) -> None:
    renewal = play(**fault)
    before = renewal.kept
    with pytest.raises(HostFailure, match=r"the old certificate was put back \[T4\]"):
        renewal.run()
    assert renewal.calls == ["request_new", "held_trust", "offer", "accept", "put_back"]
    assert renewal.kept == before, "the next install finds what is on the host"


def test_a_certificate_is_due_after_two_thirds_of_its_life(cluster: Cluster) -> None:
    leaf = issued(cluster)
    issuer = Issuer(cluster)
    for days, due in ((59, False), (61, True)):
        issuer.now = NOW + timedelta(days=days)
        assert renew.is_due(cluster, cluster.nodes["a"], issuer) is due
    assert renew.is_due(cluster, cluster.nodes["b"], issuer), "it has none"
    assert leaf.begins < renew.due_from(leaf) < leaf.ends


@pytest.mark.parametrize(
    ("days", "expected"),
    [(10, Nearness.FAR), (59, Nearness.FAR), (61, Nearness.NEAR), (84, Nearness.CRITICAL), (95, Nearness.CRITICAL)],
)
def test_how_near_an_end_is(days: int, expected: Nearness, cluster: Cluster) -> None:
    leaf = issued(cluster)
    assert days_left.nearness(leaf, NOW + timedelta(days=days)) is expected


def test_when_an_end_is_in_words(cluster: Cluster) -> None:
    leaf = issued(cluster)
    assert days_left.when(leaf, leaf.ends - timedelta(days=1)) == f"ends on {leaf.ends:%Y-%m-%d}, in 1 day"
    assert days_left.when(leaf, leaf.ends + timedelta(days=1)) == f"expired on {leaf.ends:%Y-%m-%d}"
