"""Certificate: what one says of itself, and the reader of a chain."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.distinguished_name import printed
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.frozen_value import dataclass

E = TypeVar("E", bound=x509.ExtensionType)
T = TypeVar("T")


@dataclass(frozen=True)
class Certificate:
    """One certificate; two are the same where their encoded forms are."""

    x509: x509.Certificate

    @property
    def serial(self) -> str:
        """Return the serial number as openssl prints it."""
        return f"{self.x509.serial_number:X}"

    @property
    def subject(self) -> str:
        """Return whose it is."""
        return printed(self.x509.subject)

    @property
    def issuer(self) -> str:
        """Return who issued it."""
        return printed(self.x509.issuer)

    @property
    def key_id(self) -> str:
        """Return the begin of its key's identifier (RFC 5280, 4.2.1.2), which tells two of one subject apart."""
        return _short(self._extension(x509.SubjectKeyIdentifier, lambda one: one.key_identifier))

    @property
    def issuer_key_id(self) -> str:
        """Return the begin of its issuer's key identifier; of its own where it is signed by itself."""
        of_issuer = _short(self._extension(x509.AuthorityKeyIdentifier, lambda one: one.key_identifier))
        return of_issuer or (self.key_id if self.subject == self.issuer else "")

    @property
    def names(self) -> AlternativeNames:
        """Return what it is valid for."""
        return AlternativeNames.within(self.x509)

    @property
    def begins(self) -> datetime:
        """Return when it becomes valid."""
        return self.x509.not_valid_before_utc

    @property
    def ends(self) -> datetime:
        """Return until when it is valid."""
        return self.x509.not_valid_after_utc

    @property
    def pem(self) -> str:
        """Return it as a file holds it."""
        return self.x509.public_bytes(Encoding.PEM).decode()

    @property
    def is_authority(self) -> bool:
        """Return whether it may issue others."""
        return bool(self._extension(x509.BasicConstraints, lambda one: one.ca))

    @property
    def roles(self) -> frozenset[str]:
        """Return what the key may be used for in TLS: server, client; both where it does not say."""
        usage = self._extension(x509.ExtendedKeyUsage, tuple)
        if usage is None:
            return frozenset({"server", "client"})
        known = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}
        return frozenset(known[one] for one in usage if one in known)

    def _extension(self, kind: type[E], read: Callable[[E], T]) -> T | None:
        try:
            return read(self.x509.extensions.get_extension_for_class(kind).value)
        except x509.ExtensionNotFound:
            return None


Chain = tuple[Certificate, ...]


def _short(identifier: bytes | None) -> str:
    return (identifier or b"")[:4].hex()


def read(pem: str) -> Chain:
    """Return the certificates of a PEM text in their order, the leaf first; raise PemError."""
    try:
        return tuple(map(Certificate, x509.load_pem_x509_certificates(pem.encode())))
    except ValueError as error:
        raise PemError("has no certificate in PEM, or a damaged one") from error


def of_der(der: bytes) -> Certificate:
    """Return a certificate as a server shows it in a handshake; raise PemError."""
    try:
        return Certificate(x509.load_der_x509_certificate(der))
    except ValueError as error:
        raise PemError("is a damaged certificate") from error


def written(chain: Iterable[Certificate]) -> str:
    """Return a chain as a file holds it."""
    return "".join(one.pem for one in chain)
