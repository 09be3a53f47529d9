"""Issue: a certificate for each host that has none that fits: its key is made there, and signed for here."""

import base64
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import wrap

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import certificate, keys, signing_request
from kafka_fab.cluster.pki.certificate import Chain
from kafka_fab.cluster.pki.judgement import Expected, problems
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.resource import File, NodeStore, Resource
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.security import stores
from kafka_fab.operate.certificates import authorities, node_certificate, pki_files, signer
from kafka_fab.operate.certificates.signer import Signer, SigningFailed
from kafka_fab.remote.ssh.connection import HostFailure
from kafka_fab.runbook.codes import CertificateCode

# Certificates begin an hour early; a clock that is further off would refuse them, or other certificates.
MOST_SKEW = 60
INDEX = "issued.tsv"


class Issuer:
    """Issues certificates during one task: the CA's key is opened once, when the first host asks."""

    def __init__(self, cluster: Cluster) -> None:
        """Read the CAs that nodes trust; raise ConfigError where there is none."""
        self.cluster, self.now = cluster, datetime.now(UTC)
        self.authorities = authorities.trusted(cluster)
        self._one = threading.Lock()
        self._signer: Signer | None = None
        authorities.trusted_clients(cluster)

    def judged(self, node: Node, resources: Iterable[Resource]) -> list[Resource]:
        """Return a host's resources; where its certificate does not fit it is to ask for another one."""
        return [item for one in resources for item in self._judged(node, one)]

    def _judged(self, node: Node, item: Resource) -> Sequence[Resource]:
        if isinstance(item, File) and item.path in _stores(self.cluster, node):
            self._refuse_unusable(node)
        if not isinstance(item, NodeStore):
            return (item,)
        names = tuple(node_certificate.leaf(self.cluster, node, self.authorities, self.now).names)
        reason = node_certificate.unfit(self.cluster, node, self.authorities, self.now)
        asked, *_ = node_store.keys(self.cluster, node, "" if reason else item.chain, names, reason)
        return (asked,)

    def _refuse_unusable(self, node: Node) -> None:
        """Raise HostFailure where the files of a certificate from elsewhere cannot be used."""
        settings = self.cluster.settings.security.certificates
        key_text = node_store.key_text(self.cluster, node)
        wrong = keys.malformed(key_text)
        if wrong:
            raise HostFailure(f"{settings.key}: {wrong}", CertificateCode.UNUSABLE)
        try:
            key = keys.opened(key_text).public_key()
        except PemError as error:
            raise HostFailure(f"{settings.key}: {error}", CertificateCode.UNUSABLE) from error
        wanted = replace(node_certificate.expected(self.cluster, node, self.authorities), key=key)
        _refuse(settings.cert, node_certificate.issued(self.cluster, node), wanted, self.moment)

    def answer(self, node: Node, changes: Iterable[Change], began: datetime) -> tuple[Resource, ...]:
        """Return the stores with the certificate that a host has asked for; nothing where it asked for none.

        Raise HostFailure. The chain is in the folder before it is sent: a run that is cut off goes on with it.
        """
        request = next((change for change in changes if change.kind == "certificate-request"), None)
        if request is None:
            return ()
        words = key_values(request.detail)
        refuse_clock(int(words["clock"]), began, datetime.now(UTC))
        chain = self.issue(node, pem_of(words["csr"]))
        return node_store.keys(self.cluster, node, certificate.written(chain))

    def issue(self, node: Node, request: str) -> Chain:
        """Return a host's new chain, judged and kept in the folder; raise HostFailure."""
        chain = self.signed(node, request)
        text = certificate.written(chain)
        with self._one:
            pki_files.write(stores.node_chain(self.cluster.folder, node.host), text)
            record(self.cluster, node.host, chain)
        return chain

    def signed(self, node: Node, request: str) -> Chain:
        """Return the chain for a host's request, judged; raise HostFailure."""
        leaf = node_certificate.leaf(self.cluster, node, self.authorities, self.now)
        try:
            key = signing_request.public_key(request)
            chain = self.signer().sign(node.host, request, leaf, self.now)
        except (SigningFailed, PemError) as error:
            raise HostFailure(str(error), CertificateCode.NOT_SIGNED) from error
        wanted = replace(node_certificate.expected(self.cluster, node, self.authorities), key=key)
        _refuse(f"the certificate signed for {node.host}", chain, wanted, self.moment)
        return chain

    @property
    def moment(self) -> datetime:
        """Return the present: a CA elsewhere signs later than the task began."""
        return max(self.now, datetime.now(UTC))

    def signer(self) -> Signer:
        """Return who signs; raise ConfigError, or SigningFailed."""
        with self._one:
            self._signer = self._signer or signer.of(self.cluster)
            return self._signer


def record(cluster: Cluster, whose: str, chain: Chain) -> None:
    """Add a certificate to the index of those that were issued."""
    leaf, index = chain[0], stores.pki(cluster.folder) / INDEX
    line = "\t".join((leaf.serial, whose, f"{leaf.begins:%FT%TZ}", f"{leaf.ends:%FT%TZ}", leaf.issuer))
    with index.open("a", encoding="utf-8") as content:
        content.write(f"{line}\n")


def pem_of(request: str) -> str:
    """Return a request as PEM from the base64 that a host has said; raise HostFailure."""
    try:
        base64.b64decode(request, validate=True)
    except ValueError as error:
        raise HostFailure("its certificate request arrived damaged: run again", CertificateCode.NOT_SIGNED) from error
    lines = "\n".join(wrap(request, 64))
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n"


def refuse_clock(there: int, began: datetime, ended: datetime) -> None:
    """Raise HostFailure where a host's clock, read between two moments here, is too far off for certificates."""
    ahead, behind = there - ended.timestamp(), began.timestamp() - there
    skew = max(ahead, behind)
    if skew > MOST_SKEW:
        which = "ahead of" if ahead > behind else "behind"
        text = f"its clock is {skew:.0f} s {which} this machine's: certificates would not be valid yet, or too long"
        raise HostFailure(f"{text}; set the clock (timedatectl, chrony) and run again", CertificateCode.CLOCK)


def _refuse(name: str, chain: Chain, wanted: Expected, now: datetime) -> None:
    found = problems(chain, wanted, now)
    if found:
        raise HostFailure(f"{name} {'; it '.join(found)}", CertificateCode.UNUSABLE)


def _stores(cluster: Cluster, node: Node) -> tuple[str, ...]:
    return tuple(stores.node_store(folder) for folder, _ in node_store.folders(cluster, node))
