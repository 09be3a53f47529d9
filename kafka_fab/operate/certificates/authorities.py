"""Authorities: the CAs of the cluster's folder, read; and the one whose key is here, opened."""

from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, keys
from kafka_fab.cluster.pki.authority import Authority
from kafka_fab.cluster.pki.certificate import Chain
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.operate.certificates import passphrase
from kafka_fab.typed_command import FAB

INIT = f"{FAB} certificates.init"


def refuse_unsecured(cluster: Cluster) -> None:
    """Raise Exit where the settings ask for no TLS: no service would use a certificate."""
    if not cluster.settings.security.tls:
        raise Exit("conf/cluster.yaml asks for no TLS: write `security:` first, as in docs/security.md", code=1)


def trusted(cluster: Cluster) -> Chain:
    """Return the CAs that the nodes trust; raise ConfigError where there is none."""
    named = cluster.settings.security.certificates.ca
    name = named or "pki/ca.pem"
    text = node_store.trusted(cluster)
    if not text:
        own = f"run {INIT} for a new cluster, restore pki/ of one that runs, or copy your CA's certificates there"
        remedy = "name the file of the CA's certificates" if named else own
        raise ConfigError([Problem(name, 0, f"has no certificate: {remedy}")])
    return _read(text, name)


def trusted_clients(cluster: Cluster) -> Chain:
    """Return the CAs of clients that have a certificate; none where no listener asks for one; raise ConfigError."""
    security = cluster.settings.security
    if not any(one.login is LoginMethod.MTLS for one in security.listeners.values()):
        return ()
    is_own = security.clients_ca == "own"
    name, text = "pki/clients-ca.pem" if is_own else security.clients_ca, node_store.trusted_clients(cluster)
    if not text:
        remedy = f"run {INIT}" if is_own else "name the file of the CA's certificates"
        raise ConfigError([Problem(name, 0, f"has no certificate, and a listener has `login: mtls`: {remedy}")])
    found = _read(text, name)
    if set(found) & set(trusted(cluster)):
        words = "has the CA of the nodes: whoever signs clients could make a node. Use another CA for clients"
        raise ConfigError([Problem(name, 0, words)])
    return found


def own(cluster: Cluster) -> Authority:
    """Return the cluster's own CA with its key, which the passphrase opens; raise ConfigError."""
    return opened(cluster, stores.ca_certificate(cluster.folder), stores.ca_key(cluster.folder))


def opened(cluster: Cluster, certificate_file: Path, key_file: Path) -> Authority:
    """Return the CA of two files; raise ConfigError."""
    name = f"pki/{key_file.name}"
    text, unreadable = text_file.read(
        key_file, name, f"run {INIT}; where another CA signs, {FAB} certificates.requests"
    )
    if unreadable:
        raise ConfigError(unreadable)
    try:
        key = keys.opened(text, passphrase.read(cluster).reveal())
    except PemError as error:
        raise ConfigError([Problem(name, 0, str(error))]) from error
    chain = _read(text_file.read(certificate_file, certificate_file.name)[0], f"pki/{certificate_file.name}")
    public = keys.public_pem(key.public_key())
    found = next((one for one in chain if keys.public_pem(one.x509.public_key()) == public), None)
    if found is None:
        words = (
            f"is not the key of a certificate in pki/{certificate_file.name}: restore the two files that go together"
        )
        raise ConfigError([Problem(name, 0, words)])
    return Authority(found, key)


def _read(text: str, name: str) -> Chain:
    try:
        return certificate.read(text)
    except PemError as error:
        raise ConfigError([Problem(name, 0, f"{error}: restore it from version control")]) from error
