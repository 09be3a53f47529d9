"""certificates.list and status: each certificate once, where it is used, and when its end is a problem."""

import base64
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority
from kafka_fab.cluster.pki.authority import Leaf
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.pki.keys import new_key
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates import by_hand, list_certificates, on_hosts, renew
from kafka_fab.operate.certificates.list_certificates import HostCertificates, Use
from kafka_fab.operate.certificates.on_hosts import ServiceCertificate
from kafka_fab.operate.certificates.renew import RenewOptions
from kafka_fab.operate.status import certificate_health
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress
from tests import json_schemas
from tests.unit.folders import COMBINED, written
from tests.unit.operate.certificates.conftest import NOW
from tests.unit.operate.certificates.test_issue import issued


def said(kind: str, leaf: Certificate, role: str = "kafka") -> Change:
    return Change("ok", kind, role, base64.b64encode(leaf.x509.public_bytes(Encoding.DER)).decode())


def test_what_a_host_reports(cluster: Cluster) -> None:
    old, new = issued(cluster), issued(cluster)
    [found] = on_hosts.read(cluster, "a", [said(on_hosts.HELD, old), said(on_hosts.ON_DISK, new)])
    assert found == ServiceCertificate("a", Role.BROKER, new, old)
    assert found.needs_restart
    [same] = on_hosts.read(cluster, "a", [said(on_hosts.HELD, new), said(on_hosts.ON_DISK, new)])
    assert not same.needs_restart
    [stopped] = on_hosts.read(cluster, "a", [said(on_hosts.ON_DISK, new)])
    assert not stopped.needs_restart
    assert on_hosts.read(cluster, "a", []) == ()


def test_each_certificate_is_shown_once_the_one_on_disk_first(cluster: Cluster) -> None:
    old, new = issued(cluster), issued(cluster)
    service = ServiceCertificate("a", Role.BROKER, new, old)
    found = HostCertificates("a", (service,), {"REPLICATION": new, "CLIENTS": new, "ZOOKEEPER": old})
    assert found.uses() == (
        Use("a", new, ("kafka",), (), ("REPLICATION", "CLIENTS")),
        Use("a", old, (), ("kafka",), ("ZOOKEEPER",)),
    )


def test_two_cas_of_one_subject_are_told_apart_by_their_keys(cluster: Cluster) -> None:
    first, second = (authority.new(Subject("orders CA", "orders"), NOW) for _ in range(2))
    leaves = [one.issue(new_key().public_key(), Leaf(Subject("a", "orders"), 1), NOW) for one in (first, second)]
    found = [HostCertificates("a", served={"CLIENTS": leaf}) for leaf in leaves]
    old, new = (one["issuer_key_id"] for one in list_certificates.as_dict(cluster, found, NOW)["certificates"])
    assert old != new
    assert [leaf.issuer_key_id for leaf in leaves] == [one.certificate.key_id for one in (first, second)]
    assert first.certificate.issuer_key_id == first.certificate.key_id != ""


def test_the_document_passes_its_schema(cluster: Cluster) -> None:
    leaf = issued(cluster)
    every = [
        HostCertificates("a", (ServiceCertificate("a", Role.BROKER, leaf, leaf),), {"REPLICATION": leaf}),
        HostCertificates("b", silent={"REPLICATION": "did not answer"}, error="no route"),
    ]
    content = list_certificates.as_dict(cluster, every, NOW)
    json_schemas.check("certificates.list", json.loads(document("certificates.list", "orders", content)))
    assert [one["host"] for one in content["folder"]] == ["kafka-fab", "CA of nodes"]


@pytest.mark.parametrize(
    ("silent", "error", "code"), [({}, "", None), ({"REPLICATION": "did not answer"}, "", 1), ({}, "no route", 1)]
)
def test_a_listener_that_does_not_answer_is_a_failure(
    silent: dict[str, str], error: str, code: int | None, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_certificates, "fleet", lambda *_, **__: SimpleNamespace(cluster=cluster))
    monkeypatch.setattr(list_certificates, "gather", lambda _: [HostCertificates("a", silent=silent, error=error)])
    with pytest.raises(Exit) if code else nullcontext() as ended:
        list_certificates.every(object(), json=False)  # type: ignore[arg-type]
    assert (ended and ended.value.code) == code


def test_a_certificate_of_another_ca_is_a_failure(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = authority.new(Subject("nodes CA", "orders"), NOW)
    leaf = other.issue(new_key().public_key(), Leaf(Subject("kafka-node", "orders"), 1), NOW)
    found = [HostCertificates("a", (ServiceCertificate("a", Role.BROKER, leaf, leaf),), {"PUBLIC": issued(cluster)})]
    monkeypatch.setattr(list_certificates, "fleet", lambda *_, **__: SimpleNamespace(cluster=cluster))
    monkeypatch.setattr(list_certificates, "gather", lambda _: found)
    with pytest.raises(Exit) as ended:
        list_certificates.every(object(), json=False)  # type: ignore[arg-type]
    assert ended.value.code == 1
    [said] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("a: ")]
    assert said == (
        f"a: the certificate of kafka is of {leaf.issuer} ({leaf.issuer_key_id}), which is not in the folder's "
        "pki/ca.pem [T7]"
    )


@pytest.mark.parametrize("task", ["every", "renew", "requests", "install"])
def test_without_security_no_certificate_is_made_or_asked_for(
    task: str, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = written(cluster.folder, COMBINED, "version: 4.3.1\nname: orders\n")
    for module in (list_certificates, renew, by_hand):
        monkeypatch.setattr(module, "fleet", lambda *_, **__: SimpleNamespace(cluster=plain, hosts=("a",)))
    calls: dict[str, Callable[[], None]] = {
        "every": lambda: list_certificates.every(object(), json=False),  # type: ignore[arg-type]
        "renew": lambda: renew.renew(object(), RenewOptions(all=True)),  # type: ignore[arg-type]
        "requests": lambda: by_hand.requests(object(), RenewOptions(all=True)),  # type: ignore[arg-type]
        "install": lambda: by_hand.install(object(), json=False),  # type: ignore[arg-type]
    }
    with pytest.raises(Exit, match="asks for no TLS: write `security:` first"):
        calls[task]()
    assert not (cluster.folder / "pki/nodes").exists()


def problems(cluster: Cluster, days: int, *changes: Change) -> list[str]:
    done = [HostProgress("a", list(changes))]
    return [str(one) for one in certificate_health.problems(cluster, done, NOW + timedelta(days=days))]


def test_an_end_that_is_near_is_a_problem(cluster: Cluster) -> None:
    leaf = issued(cluster)
    both = said(on_hosts.HELD, leaf), said(on_hosts.ON_DISK, leaf)
    assert problems(cluster, 10, *both) == []
    [of_host, of_tool] = problems(cluster, 70, *both)
    assert of_host.startswith("degraded: a: the certificate of kafka ends on")
    assert of_host.endswith("run fab certificates.renew [S21]")
    assert "kafka-fab's own certificate" in of_tool
    assert problems(cluster, 85, *both)[0].startswith("critical: a: the certificate of kafka ends on")
    assert "expired on" in problems(cluster, 95, *both)[0]


def test_a_renewed_certificate_that_a_process_does_not_use_yet_is_one_too(cluster: Cluster) -> None:
    old = issued(cluster)
    renewed = Certificate(issued(cluster).x509)
    [held, *_] = problems(cluster, 85, said(on_hosts.HELD, old), said(on_hosts.ON_DISK, renewed))[1:]
    assert held.startswith(
        "critical: a: the certificate that kafka has started with, and uses for its connections to the"
    )
    assert held.endswith("run fab rolling-restart --changed [S21]")
