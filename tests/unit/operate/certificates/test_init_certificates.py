"""certificates.init: what is made, with which mode, and that a run may be cut off anywhere."""

import ssl
import stat
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, keys
from kafka_fab.cluster.pki.judgement import Expected, problems
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.security import stores
from kafka_fab.operate.certificates import authorities, init_certificates, lost_ca, passphrase, pki_files
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.channel import channel
from tests.unit.folders import COMBINED, written
from tests.unit.operate.certificates.conftest import NOW, SECURED


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_made(bare: Cluster) -> None:
    made = list(init_certificates._made(bare, NOW))
    pki = bare.folder / "pki"
    assert made == [passphrase.default_file(bare), pki / "ca.key", pki / "ca.pem", pki / "fab.pem"]
    assert [mode(path) for path in made] == [0o600, 0o600, 0o644, 0o600]
    assert mode(pki) == 0o700
    assert "ENCRYPTED" in (pki / "ca.key").read_text()
    for ignored in ("*.key", "fab.pem"):
        assert ignored in (pki / ".gitignore").read_text().splitlines()
    assert len((pki / "issued.tsv").read_text().splitlines()) == 2


def test_the_tools_certificate_is_a_clients(cluster: Cluster) -> None:
    text = (cluster.folder / "pki/fab.pem").read_text()
    leaf = certificate.read(text)[0]
    assert leaf.subject == "CN=fab,OU=orders,O=kafka-fab"
    assert not leaf.names
    expected = Expected(authorities.trusted(cluster), key=keys.opened(text).public_key(), roles=("client",))
    assert problems((leaf,), expected, NOW) == ()
    assert problems((leaf,), Expected(authorities.trusted(cluster)), NOW) == (
        "lacks the extended key usage serverAuth",
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(cluster.folder / "pki/fab.pem")
    context.load_verify_locations(cluster.folder / "pki/ca.pem")


def test_nothing_is_overwritten(cluster: Cluster) -> None:
    before = {path: path.read_bytes() for path in (cluster.folder / "pki").iterdir()}
    assert list(init_certificates._made(cluster, NOW)) == []
    assert {path: path.read_bytes() for path in (cluster.folder / "pki").iterdir()} == before


@pytest.mark.parametrize("kept", range(5))
def test_a_run_that_is_cut_off_is_finished_by_the_next(
    kept: int, bare: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pki_files.write
    done: list[Path] = []

    def cut(file: Path, text: str, mode: int = pki_files.PUBLIC) -> None:
        if len(done) == kept:
            raise KeyboardInterrupt
        done.append(file)
        write(file, text, mode)

    monkeypatch.setattr(pki_files, "write", cut)
    with pytest.raises(KeyboardInterrupt):
        list(init_certificates._made(bare, NOW))
    key = bare.folder / "pki/ca.key"
    before = key.read_bytes() if key.exists() else None
    monkeypatch.setattr(pki_files, "write", write)
    list(init_certificates._made(bare, NOW))
    assert before is None or key.read_bytes() == before
    assert authorities.own(bare).certificate == authorities.trusted(bare)[0]
    assert certificate.read((bare.folder / "pki/fab.pem").read_text())[0].issuer == authorities.trusted(bare)[0].subject


def test_the_clients_ca_is_another_one_and_only_where_clients_have_certificates(cluster: Cluster) -> None:
    assert not (cluster.folder / "pki/clients-ca.pem").exists()
    again = written(cluster.folder, COMBINED, SECURED.replace("scram", "mtls"))
    made = [path.name for path in init_certificates._made(again, NOW)]
    assert made == ["clients-ca.key", "clients-ca.pem"]
    assert authorities.trusted_clients(again)[0].x509.public_key() != authorities.trusted(again)[0].x509.public_key()


def test_another_passphrase_does_not_open_the_key(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "something else")
    settings = SECURED.replace("internal: mtls", "certificates: {passphrase_from: 'env:OTHER'}, internal: mtls")
    other = written(cluster.folder, COMBINED, settings)
    with pytest.raises(ConfigError, match="the passphrase does not open it"):
        authorities.own(other)


def initiated(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, *answers: HostProgress) -> None:
    """Call the task where hosts answer so when they are asked for their CAs."""
    hosts = SimpleNamespace(cluster=cluster, run=lambda *_: list(answers))
    monkeypatch.setattr(init_certificates, "fleet", lambda *_, **__: hosts)
    init_certificates.init(object())  # type: ignore[arg-type]


def test_no_new_ca_is_made_where_a_host_has_one(bare: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exit, match=r"a trust another CA.* remove /etc/kafka/ca\.pem from the hosts \[T7\]") as refused:
        initiated(bare, monkeypatch, HostProgress("a", value=("/etc/kafka/ca.pem",)), HostProgress("b", error="off"))
    assert refused.value.code == 1
    assert not (bare.folder / "pki").exists()


@pytest.mark.parametrize("built", [True, False])
def test_every_host_of_a_built_cluster_must_answer_before_a_ca_is_made(
    built: bool, bare: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    if built:
        (bare.folder / "cluster.id").write_text("MkU3OEVBNTcwNTJENDM2Qg\n")
    with pytest.raises(Exit, match=r"not all of them answer: b: off \[T7\]") if built else nullcontext():
        initiated(bare, monkeypatch, HostProgress("a", value=()), HostProgress("b", error="off"))
    assert (bare.folder / "pki/ca.pem").exists() is not built


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_host_of_another_cluster_has_another_ca_of_its_own(
    is_ours: bool, bare: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Change("ok" if is_ours else "failed", "owner", "orders", "")
    file = "/etc/kafka/ca.pem"
    asked: list[str] = []

    def run(_: object, text: str) -> SimpleNamespace:
        asked.append(text)
        return SimpleNamespace(output="")

    monkeypatch.setattr(channel, "run", run)
    monkeypatch.setattr(lost_ca, "read_changes", lambda _: [ours, Change("failed", "shared-ca", file, "")])
    c = SimpleNamespace(fleet=SimpleNamespace(cluster=bare), original_host="a")
    assert lost_ca._there(c, (file,)) == ((file,) if is_ours else ())  # type: ignore[arg-type]
    assert f"want_shared_ca {file} ''" in asked[0]
    assert asked[0].startswith("APPLY=0")


def test_hosts_are_asked_only_for_a_ca_that_would_be_new(bare: Cluster) -> None:
    assert init_certificates.missing(bare) == (stores.trust_store,)
    list(init_certificates._made(bare, NOW))
    assert init_certificates.missing(bare) == ()
    again = written(bare.folder, COMBINED, SECURED.replace("scram", "mtls"))
    assert init_certificates.missing(again) == (stores.clients_trust_store,)


def test_a_cluster_without_a_ca_says_what_to_run(bare: Cluster) -> None:
    with pytest.raises(ConfigError, match=r"certificates\.init"):
        authorities.trusted(bare)
