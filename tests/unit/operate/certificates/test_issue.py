"""Issuing: what a host's certificate says, when another one is asked for, and who signs."""

import base64
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority, certificate, keys, signing_request
from kafka_fab.cluster.resource import NodeStore
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates import authorities, node_certificate, pki_files
from kafka_fab.operate.certificates.issue import Issuer, pem_of, refuse_clock
from kafka_fab.remote.ssh.connection import HostFailure
from tests.unit.folders import COMBINED, written
from tests.unit.operate.certificates.conftest import NOW, SECURED

KEY = keys.new_key()
# Its subject must not be taken over.
REQUEST = signing_request.new(KEY, Subject("evil", "x", "y"))


def asked(clock: float) -> list[Change]:
    der = x509.load_pem_x509_csr(REQUEST.encode()).public_bytes(Encoding.DER)
    detail = f"clock={clock:.0f} csr={base64.b64encode(der).decode()}"
    return [Change("ok", "certificate-request", "/etc/kafka/node.pem", detail)]


def store_of(cluster: Cluster, host: str = "a") -> NodeStore:
    [found] = [one for one in node_store.resources(cluster, cluster.nodes[host]) if isinstance(one, NodeStore)]
    return found


def judged(cluster: Cluster, host: str = "a") -> NodeStore:
    node = cluster.nodes[host]
    [found] = Issuer(cluster).judged(node, [store_of(cluster, host)])
    assert isinstance(found, NodeStore)
    return found


def issued(cluster: Cluster) -> certificate.Certificate:
    now = datetime.now(UTC)
    [store] = Issuer(cluster).answer(cluster.nodes["a"], asked(now.timestamp()), now)
    assert isinstance(store, NodeStore)
    assert (cluster.folder / "pki/nodes/a.pem").read_text() == store.chain
    return certificate.read(store.chain)[0]


def test_a_host_without_a_certificate_is_to_ask_for_one(cluster: Cluster) -> None:
    asking = judged(cluster)
    assert (asking.chain, asking.reason) == ("", "no certificate yet")
    assert asking.subject == "/O=kafka-fab/OU=orders/CN=kafka-node"
    assert asking.names == "DNS:a"


def test_the_certificate_says_what_hosts_ini_says_and_nothing_of_the_request(cluster: Cluster) -> None:
    leaf = issued(cluster)
    assert leaf.subject == "CN=kafka-node,OU=orders,O=kafka-fab"
    assert list(leaf.names) == ["a"]
    assert timedelta(days=90) <= leaf.ends - NOW < timedelta(days=91)
    assert leaf.serial in (cluster.folder / "pki/issued.tsv").read_text()


def test_one_that_fits_is_left_alone(cluster: Cluster) -> None:
    leaf = issued(cluster)
    assert (judged(cluster).chain, judged(cluster).reason) == (leaf.pem, "")


def test_a_name_that_is_added_is_a_reason_and_the_old_names_stay(cluster: Cluster) -> None:
    issued(cluster)
    hosts = COMBINED.replace("a id=1", "a id=1 address=10.9.9.9", 1)
    moved = written(cluster.folder, hosts, SECURED)
    assert judged(moved).reason.startswith("the issued one is not valid for 10.9.9.9")
    assert list(issued(moved).names) == ["a", "10.9.9.9"]
    back = written(cluster.folder, COMBINED, SECURED)
    assert judged(back).reason == "", "a name is not dropped while the certificate is valid"


def test_advertised_names_and_names_of_the_settings_are_in_it(cluster: Cluster) -> None:
    settings = SECURED.replace("login: scram", "login: scram, advertise: '{host}.example.org:9999'").replace(
        "internal: mtls", "internal: mtls, certificates: {names: ['{host}.internal']}"
    )
    named = written(cluster.folder, COMBINED, settings)
    assert list(issued(named).names) == ["a", "a.example.org", "a.internal"]


def test_another_ca_is_a_reason(cluster: Cluster) -> None:
    issued(cluster)
    other = authority.new(Subject("other"), NOW)
    pki_files.write(cluster.folder / "pki/ca.pem", other.certificate.pem)
    assert "none of the CAs in use" in judged(cluster).reason


@pytest.mark.parametrize(("seconds", "words"), [(90, "ahead of"), (-90, "behind")])
def test_no_certificate_for_a_host_whose_clock_is_wrong(seconds: int, words: str, cluster: Cluster) -> None:
    now = datetime.now(UTC)
    with pytest.raises(HostFailure, match=f"{words} this machine's.*T3"):
        Issuer(cluster).answer(cluster.nodes["a"], asked(now.timestamp() + seconds), now)
    assert not (cluster.folder / "pki/nodes").exists()


def test_a_slow_answer_is_no_wrong_clock() -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    refuse_clock(int(began.timestamp()) + 5, began, datetime.now(UTC))


def test_a_request_that_arrives_damaged() -> None:
    with pytest.raises(HostFailure, match="damaged"):
        pem_of("MII*")


CORPORATE = authority.new(Subject("corporate CA", "it", "corp"), NOW)


def commanded(cluster: Cluster, program: str) -> Cluster:
    """Return the cluster with a CA elsewhere, which a command asks."""
    pki_files.write(cluster.folder / "pki/corporate.pem", CORPORATE.certificate.pem)
    file = cluster.folder / "sign.py"
    file.write_text(program)
    block = f"certificates: {{from: command, ca: pki/corporate.pem, command: [{sys.executable}, sign.py]}}"
    return written(cluster.folder, COMBINED, SECURED.replace("internal: mtls", f"internal: mtls, {block}"))


def signed_by_corporate(cluster: Cluster, roles: tuple[str, ...] = authority.BOTH, now: datetime = NOW) -> str:
    node = cluster.nodes["a"]
    leaf = node_certificate.leaf(cluster, node, (CORPORATE.certificate,), NOW)
    return CORPORATE.issue(KEY.public_key(), replace(leaf, roles=roles), now).pem


def test_a_command_signs(cluster: Cluster) -> None:
    program = (
        f"import sys\nassert 'REQUEST' in sys.stdin.read()\nprint('hello')\nprint('''{signed_by_corporate(cluster)}''')"
    )
    assert issued(commanded(cluster, program)).issuer == CORPORATE.certificate.subject


def test_a_ca_elsewhere_signs_later_than_the_task_began(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "EARLIER", timedelta())
    program = f"print('''{signed_by_corporate(cluster, now=datetime.now(UTC))}''')"
    there = commanded(cluster, program)
    issuer = Issuer(there)
    issuer.now -= timedelta(seconds=30)
    assert issuer.signed(there.nodes["a"], REQUEST)[0].issuer == CORPORATE.certificate.subject


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('no such profile')", "ended with exit code 1: no such profile"),
        ("print('nothing')", "has no certificate in PEM"),
    ],
)
def test_a_command_that_does_not_sign(program: str, words: str, cluster: Cluster) -> None:
    with pytest.raises(HostFailure, match=f"{words}.*T2"):
        issued(commanded(cluster, program))


def test_what_a_command_signs_is_judged(cluster: Cluster) -> None:
    program = f"print('''{signed_by_corporate(cluster, ('server',))}''')"
    with pytest.raises(HostFailure, match=r"lacks the extended key usage clientAuth.*T1"):
        issued(commanded(cluster, program))
    assert not (cluster.folder / "pki/nodes").exists()


def test_without_the_key_of_the_ca_requests_and_chains_are_files(cluster: Cluster) -> None:
    own = authorities.own(cluster)
    (cluster.folder / "pki/ca.key").unlink()
    with pytest.raises(HostFailure, match=r"pki/requests/a.csr signed.*certificates.install.*T2"):
        issued(cluster)
    request = (cluster.folder / "pki/requests/a.csr").read_text()
    leaf = node_certificate.leaf(cluster, cluster.nodes["a"], authorities.trusted(cluster), NOW)
    chain = own.issue(signing_request.public_key(request), leaf, NOW)
    pki_files.write(cluster.folder / "pki/signed/a.pem", chain.pem)
    assert issued(cluster) == chain


def test_a_chain_of_another_key_is_not_taken(cluster: Cluster) -> None:
    own = authorities.own(cluster)
    (cluster.folder / "pki/ca.key").unlink()
    leaf = node_certificate.leaf(cluster, cluster.nodes["a"], authorities.trusted(cluster), NOW)
    pki_files.write(cluster.folder / "pki/signed/a.pem", own.issue(keys.new_key().public_key(), leaf, NOW).pem)
    with pytest.raises(HostFailure, match=r"pki/requests/a.csr"):
        issued(cluster)


@pytest.mark.parametrize(
    ("form", "words"), [("pkcs8", ""), ("encrypted", "is encrypted"), ("other key", "another key")]
)
def test_files_from_elsewhere_are_judged(form: str, words: str, cluster: Cluster) -> None:
    key = keys.new_key() if form == "other key" else KEY
    text = keys.encrypted(key, "x") if form == "encrypted" else keys.plain(key)
    for host in "abc":
        (cluster.folder / f"{host}.key").write_text(text)
        (cluster.folder / f"{host}.crt").write_text(signed_by_corporate(cluster))
    (cluster.folder / "corporate.pem").write_text(CORPORATE.certificate.pem)
    block = "certificates: {from: files, ca: corporate.pem, cert: '{host}.crt', key: '{host}.key'}"
    elsewhere = written(cluster.folder, COMBINED, SECURED.replace("internal: mtls", f"internal: mtls, {block}"))
    node = elsewhere.nodes["a"]
    wanted = node_store.resources(elsewhere, node)
    if words:
        with pytest.raises(HostFailure, match=words):
            Issuer(elsewhere).judged(node, wanted)
        return
    assert Issuer(elsewhere).judged(node, wanted) == list(wanted)
    [store] = [one for one in wanted if getattr(one, "secret", False)]
    assert store.content.startswith(keys.PKCS8)  # type: ignore[union-attr]


def test_nothing_changes_on_a_plaintext_cluster(cluster: Cluster, tmp_path: Path) -> None:
    plain = written(cluster.folder, COMBINED, "version: 4.3.1\n")
    assert node_store.resources(plain, plain.nodes["a"]) == ()
    assert node_store.kept(plain, plain.nodes["a"], "/etc/kafka") == ()


def test_tasks_of_a_plaintext_cluster_load_nothing_of_certificates() -> None:
    rooms = ("install.install", "install.plan", "status.status", "roll.roll_command", "topics.plan_and_apply")
    loaded = "\n".join(f"import kafka_fab.operate.{room}" for room in rooms)
    check = f"{loaded}\nimport sys\nassert 'cryptography.x509' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
