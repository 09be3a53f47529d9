"""certificates.sh: keys that are made on the host, requests, and the chains that are installed."""

import base64
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.pki import authority, certificate, keys, signing_request
from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import Leaf
from kafka_fab.cluster.resource import NodeStore, Pkcs12
from kafka_fab.cluster.values.subject import Subject
from tests.unit.remote.scripts.library.host import GROUP, USER, Host, Said, mode

NOW = datetime.now(UTC)
CA = authority.new(Subject("CA", "orders"), NOW)


@dataclass
class Stores:
    """The stores of a host: a broker's and a ZooKeeper server's."""

    host: Host

    @property
    def paths(self) -> tuple[Path, Path]:
        return self.host / "kafka/node.pem", self.host / "zookeeper/node.pem"

    def bring(self, chain: str = "", reason: str = "", apply: bool = True) -> Said:
        stores = tuple((str(path), USER, GROUP) for path in self.paths)
        return self.host.bring(
            NodeStore(stores[0][0], chain, stores, "/O=kafka-fab/CN=kafka-node", "DNS:a,IP:10.0.0.1", reason),
            apply=apply,
        )

    def request(self) -> x509.CertificateSigningRequest:
        said = self.bring()
        assert said.words == [("ok", "certificate-request")], said.output
        assert "PRIVATE KEY" not in said.output
        words = key_values(said.only.detail)
        assert abs(int(words["clock"]) - datetime.now(UTC).timestamp()) < 60
        return x509.load_der_x509_csr(base64.b64decode(words["csr"]))

    def issue(self) -> str:
        from cryptography.hazmat.primitives.serialization import Encoding

        key = signing_request.public_key(self.request().public_bytes(Encoding.PEM).decode())
        return CA.issue(key, Leaf(Subject("kafka-node"), 90, AlternativeNames.of(["a"])), NOW).pem


@pytest.fixture
def stores(host: Host) -> Stores:
    for name in ("kafka", "zookeeper"):
        (host / name).mkdir()
    return Stores(host)


def test_a_plan_says_why_a_certificate_would_be_issued(stores: Stores) -> None:
    before = stores.host.tree()
    said = stores.bring(apply=False)
    assert (said.only.status, said.only.detail) == ("would", "issue a certificate: no certificate yet")
    assert "issue a certificate: names added: b" in stores.bring(reason="names added: b", apply=False).only.detail
    assert stores.host.tree() == before


def test_the_key_is_made_on_the_host_and_its_request_is_said(stores: Stores) -> None:
    request = stores.request()
    assert request.subject.rfc4514_string() == "CN=kafka-node,O=kafka-fab"
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a"]
    key = stores.host / "kafka/.node.pem.key"
    assert mode(key) == "600"
    assert keys.malformed(key.read_text()) == "", "PKCS#8, not encrypted"
    assert keys.public_pem(keys.opened(key.read_text()).public_key()) == keys.public_pem(request.public_key())


def test_a_run_that_was_cut_off_goes_on_with_the_same_key(stores: Stores) -> None:
    assert keys.public_pem(stores.request().public_key()) == keys.public_pem(stores.request().public_key())


def test_the_chain_is_joined_with_its_key_in_every_store(stores: Stores) -> None:
    chain = stores.issue()
    assert stores.bring(chain).words == [("changed", "node-store")]
    for path in stores.paths:
        assert mode(path) == "440"
        text = path.read_text()
        assert certificate.read(text)[0].pem == chain
        assert text.endswith(chain)
        assert keys.public_pem(keys.opened(text).public_key()) == keys.public_pem(
            certificate.read(chain)[0].x509.public_key()
        )
    assert sorted(path.name for path in (stores.host / "kafka").iterdir()) == ["node.pem"], "no key is left beside it"


def test_what_is_right_is_left_alone_without_a_process(stores: Stores) -> None:
    chain = stores.issue()
    stores.bring(chain)
    before = stores.host.tree()
    stores.host.stub("openssl", f"echo called >>{stores.host / 'called'}; exit 1")
    assert stores.bring(chain).words == [("ok", "node-store")]
    assert not (stores.host / "called").exists()
    (stores.host / "bin/openssl").unlink()
    after = stores.host.tree()
    assert {path: before[path] for path in before if "/kafka/" in path} == {
        path: after[path] for path in after if "/kafka/" in path
    }


@pytest.mark.parametrize("fault", ["gone", "mode", "other chain"])
def test_one_store_that_is_wrong_is_mended_by_the_key_of_the_other(fault: str, stores: Stores) -> None:
    chain = stores.issue()
    stores.bring(chain)
    kafka, zookeeper = stores.paths
    if fault == "gone":
        kafka.unlink()
    elif fault == "mode":
        kafka.chmod(0o644)
    else:
        kafka.chmod(0o600)
        kafka.write_text("nothing")
        kafka.chmod(0o440)
    assert stores.bring(chain, apply=False).only.status == "would"
    assert stores.bring(chain).words == [("changed", "node-store")]
    assert kafka.read_text() == zookeeper.read_text()


def test_a_host_without_the_key_of_its_chain_asks_again(stores: Stores) -> None:
    chain = stores.issue()
    stores.bring(chain)
    for path in stores.paths:
        path.unlink()
    plan = stores.bring(chain, apply=False).only
    assert plan.detail == "issue a certificate: the key of the issued one is not on this host"
    assert stores.bring(chain).words == [("ok", "certificate-request")]


def test_a_host_without_openssl(stores: Stores) -> None:
    stores.host.stub("openssl", "exit 127")
    assert stores.bring().only.status == "failed"


def test_a_folder_that_cannot_be_written(stores: Stores) -> None:
    (stores.host / "kafka").rmdir()
    said = stores.bring().only
    assert (said.status, said.detail.split(":")[0]) == ("failed", "no key could be made")


def test_a_kill_before_the_rename_is_repaired(stores: Stores) -> None:
    chain = stores.issue()
    stores.host.stub("mv", "kill -9 $PPID")
    stores.bring(chain)
    (stores.host / "bin/mv").unlink()
    assert not stores.paths[0].exists()
    assert stores.bring(chain).words == [("changed", "node-store")]


def pkcs12(stores: Stores, chain: str) -> Pkcs12:
    folder = stores.host / "kafka"
    return Pkcs12(
        str(folder / "node.p12"), str(folder / "node.pem"), str(folder / "secrets.properties"), chain, USER, GROUP
    )


def opened(stores: Stores) -> str:
    folder = stores.host / "kafka"
    lines = dict(line.split("=", 1) for line in (folder / "secrets.properties").read_text().splitlines())
    return subprocess.run(
        ["openssl", "pkcs12", "-in", folder / "node.p12", "-nodes", "-passin", f"pass:{lines['keystore.password']}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_a_pkcs12_store_with_a_password_of_its_own(stores: Stores) -> None:
    chain = stores.issue()
    stores.bring(chain)
    said = stores.host.bring(pkcs12(stores, chain))
    assert said.words == [("changed", "pkcs12")], said.output
    folder = stores.host / "kafka"
    assert (mode(folder / "node.p12"), mode(folder / "secrets.properties")) == ("440", "440")
    assert certificate.read(opened(stores))[0].pem == chain
    assert "PRIVATE KEY" in opened(stores)
    password = (folder / "secrets.properties").read_text()
    assert stores.host.bring(pkcs12(stores, chain)).words == [("ok", "pkcs12")]
    assert password.split("\n")[0].split("=")[1] not in said.output


def test_a_renewed_pkcs12_store_keeps_its_password(stores: Stores) -> None:
    first = stores.issue()
    stores.bring(first)
    stores.host.bring(pkcs12(stores, first))
    secrets = stores.host / "kafka/secrets.properties"
    password = secrets.read_text().splitlines()[0]
    for path in stores.paths:
        path.unlink()
    second = stores.issue()
    stores.bring(second)
    assert stores.host.bring(pkcs12(stores, second)).words == [("changed", "pkcs12")]
    assert secrets.read_text().splitlines()[0] == password
    assert certificate.read(opened(stores))[0].pem == second


def test_what_a_service_holds_and_what_is_on_disk(stores: Stores) -> None:
    chain = stores.issue()
    stores.bring(chain)
    (stores.host / "held.pem").write_text(chain)
    said = stores.host.run(f"held_certificate kafka {stores.host / 'held.pem'} {stores.paths[0]}")
    assert [change.kind for change in said.changes] == ["certificate-held", "certificate-on-disk"]
    for change in said.changes:
        assert certificate.of_der(base64.b64decode(change.detail)).pem == chain
    assert "PRIVATE" not in said.output


BLOCK = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("there", "wanted", "status"),
    [
        (None, BLOCK.format("QUJD"), "ok"),
        (BLOCK.format("QUJD"), BLOCK.format("QUJD"), "ok"),
        (BLOCK.format("QUJD\nREVG"), BLOCK.format("WFla") + BLOCK.format("QUJD\nREVG"), "ok"),
        (BLOCK.format("QUJD") + BLOCK.format("REVG"), BLOCK.format("REVG"), "ok"),
        (BLOCK.format("QUJD"), BLOCK.format("WFla"), "failed"),
        # As asked whether there is one at all.
        (BLOCK.format("QUJD"), "", "failed"),
    ],
)
def test_another_folder_s_ca_never_replaces_the_one_that_is_trusted(
    there: str | None, wanted: str, status: str, host: Host
) -> None:
    if there is not None:
        (host / "ca.pem").write_text(there)
    said = host.want("shared_ca", host / "ca.pem", wanted, apply=False)
    assert said.status == status
    assert (status == "ok") or said.detail.endswith("certificates.rotate-ca [T7]")
