"""Init certificates: the cluster's own CAs and the tool's certificate, made once; nothing is ever overwritten."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority, certificate, keys, signing_request
from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import Authority, Leaf
from kafka_fab.cluster.pki.certificate import Chain
from kafka_fab.cluster.pki.keys import PrivateKey
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.settings.security_settings import CertificateSource, LoginMethod
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates import authorities, lost_ca, node_certificate, passphrase, pki_files, signer
from kafka_fab.operate.certificates.issue import record
from kafka_fab.operate.certificates.signer import ByHand, SigningFailed
from kafka_fab.operate.hosts import ownership
from kafka_fab.remote.fleet import fleet
from kafka_fab.typed_command import FAB

TOOL = "fab"
NO_CA = "the key of the CA is not in pki/: have a client certificate signed by it"
NEXT = (
    f"next: {FAB} plan shows the certificate that each host would get, {FAB} install issues it; "
    f"where services run, {FAB} security.move does"
)
KEEP = "keep a copy of {file} elsewhere: without it the CA's key cannot be opened, and no certificate can be renewed"


def init(c: Context) -> None:
    """Make what is missing: pki/, the passphrase, the CAs, the tool's certificate; say what was made."""
    hosts = fleet(c, quiet=True)
    cluster = hosts.cluster
    authorities.refuse_unsecured(cluster)
    # The passphrase's file is named by the folder's id, which the hosts may know.
    ownership.ensure_id(hosts)
    lost_ca.refuse(hosts, missing(cluster))
    made = list(_made(cluster, datetime.now(UTC)))
    for file in made:
        print(f"made {file}")
    if not made:
        words = "pki/ is complete, nothing was written; a CA is replaced by"
        raise Exit(f"{words} {FAB} certificates.rotate-ca, never overwritten", code=1)
    if passphrase.default_file(cluster) in made:
        print(KEEP.format(file=passphrase.default_file(cluster)))
    print(NEXT)


def missing(cluster: Cluster) -> tuple[lost_ca.Place, ...]:
    """Return, by where hosts keep them, the CAs that would be made with new keys."""
    folder = cluster.folder
    nodes = _own_nodes(cluster), stores.ca_certificate(folder), stores.ca_key(folder), stores.trust_store
    clients = (
        _own_clients(cluster),
        stores.clients_ca_certificate(folder),
        stores.clients_ca_key(folder),
        stores.clients_trust_store,
    )
    return tuple(place for own, *files, place in (nodes, clients) if own and not any(file.exists() for file in files))


def _own_nodes(cluster: Cluster) -> bool:
    return cluster.settings.security.certificates.source == CertificateSource.OWN


def _own_clients(cluster: Cluster) -> bool:
    security = cluster.settings.security
    has_clients = any(one.login == LoginMethod.MTLS for one in security.listeners.values())
    return security.clients_ca == "own" and has_clients


def _made(cluster: Cluster, now: datetime) -> Iterator[Path]:
    """Make each file in an order in which a run that is cut off leaves nothing that the next one cannot go on with."""
    folder, settings = cluster.folder, cluster.settings.security
    pki_files.prepare(folder)
    own_nodes, own_clients = _own_nodes(cluster), _own_clients(cluster)
    if (own_nodes or own_clients) and passphrase.make(cluster):
        yield passphrase.default_file(cluster)
    if own_nodes:
        subject = Subject("nodes CA", principals.organizational_unit(cluster))
        yield from _authority(cluster, subject, stores.ca_certificate(folder), stores.ca_key(folder), now)
    if own_clients:
        subject = Subject("clients CA", principals.organizational_unit(cluster))
        pair = stores.clients_ca_certificate(folder), stores.clients_ca_key(folder)
        yield from _authority(cluster, subject, *pair, now)
    if not stores.tool_store(folder).exists() and not settings.tool.cert:
        make_tool_certificate(cluster, now)
        yield stores.tool_store(folder)


def _authority(cluster: Cluster, subject: Subject, public: Path, private: Path, now: datetime) -> Iterator[Path]:
    """Make a CA: its key first, so that a run that is cut off leaves a key, whose certificate is made by the next."""
    if public.exists():
        return
    secret = passphrase.read(cluster).reveal()
    key = _opened(private, secret) if private.exists() else None
    made = authority.new(subject, now, key=key)
    if key is None:
        pki_files.write(private, keys.encrypted(made.key, secret), pki_files.PRIVATE)
        yield private
    pki_files.write(public, made.certificate.pem)
    record(cluster, subject.common_name, (made.certificate,))
    yield public


def _opened(file: Path, secret: str) -> PrivateKey:
    try:
        return keys.opened(file.read_text(encoding="utf-8"), secret)
    except PemError as error:
        words = f"{error}: correct security.certificates.passphrase_from, or remove the file"
        raise ConfigError([Problem(f"pki/{file.name}", 0, words)]) from error


def make_tool_certificate(cluster: Cluster, now: datetime, issuer: Authority | None = None) -> Chain:
    """Make kafka-fab's own key and certificate: the key never leaves this machine."""
    key = keys.new_key()
    leaf = Leaf(
        node_certificate.tool_subject(cluster),
        cluster.settings.security.certificates.days,
        AlternativeNames(),
        ("client",),
    )
    chain = (issuer.issue(key.public_key(), leaf, now),) if issuer else _signed(cluster, key, leaf, now)
    text = keys.plain(key) + certificate.written(chain)
    pki_files.write(stores.tool_store(cluster.folder), text, pki_files.PRIVATE)
    record(cluster, leaf.subject.common_name, chain)
    return chain


def _signed(cluster: Cluster, key: PrivateKey, leaf: Leaf, now: datetime) -> Chain:
    try:
        found = signer.of(cluster)
        if not isinstance(found, ByHand):
            return found.sign(TOOL, signing_request.new(key, leaf.subject), leaf, now)
        reason = NO_CA
    except SigningFailed as error:
        reason = str(error)
    words = f"{reason}; or write kafka-fab's own key and certificate there, or name them in security.tool.cert"
    raise ConfigError([Problem("pki/fab.pem", 0, words)])
