"""certificates.client: what an application gets, and what is refused."""

import stat
from types import SimpleNamespace
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, keys
from kafka_fab.cluster.pki.judgement import Expected, problems
from kafka_fab.cluster.security import principals
from kafka_fab.operate.certificates import authorities, client_certificate, init_certificates
from tests.unit.folders import COMBINED, written
from tests.unit.operate.certificates.conftest import NOW, SECURED


def asked(cluster: Cluster) -> Any:
    return SimpleNamespace(executor=SimpleNamespace(fleet=SimpleNamespace(cluster=cluster, quiet=True)))


@pytest.fixture
def mutual(cluster: Cluster) -> Cluster:
    made = written(cluster.folder, COMBINED, SECURED.replace("scram", "mtls"))
    list(init_certificates._made(made, NOW))
    return made


def test_a_clients_key_and_certificate(mutual: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    client_certificate.make(asked(mutual), "orders-app", 10)
    file = mutual.folder / "pki/clients/orders-app.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key, chain = keys.opened(file.read_text()).public_key(), certificate.read(file.read_text())
    assert problems(chain, Expected(authorities.trusted_clients(mutual), key=key, roles=("client",)), NOW) == ()
    assert problems(chain, Expected(authorities.trusted(mutual), roles=("client",)), NOW), "no node's CA"
    assert (chain[0].ends - NOW).days in (9, 10)
    assert f"User:{chain[0].subject}" in capsys.readouterr().out
    with pytest.raises(Exit, match="it is not due"):
        client_certificate.make(asked(mutual), "orders-app", 10)


@pytest.mark.parametrize("name", [principals.NODE, principals.TOOL])
def test_no_client_is_a_super_user(name: str, mutual: Cluster) -> None:
    client_certificate.make(asked(mutual), name, 0)
    chain = certificate.read((mutual.folder / f"pki/clients/{name}.pem").read_text())
    assert f"User:{chain[0].subject}" not in principals.super_users(mutual)


@pytest.mark.parametrize("name", ["", "a,b", "a b", "../x", "a/b"])
def test_names_that_are_none(name: str, mutual: Cluster) -> None:
    with pytest.raises(Exit, match="no name of a client"):
        client_certificate.make(asked(mutual), name, 0)


def test_without_a_listener_that_asks_for_one(cluster: Cluster) -> None:
    with pytest.raises(Exit, match="no listener asks clients"):
        client_certificate.make(asked(cluster), "orders-app", 0)
