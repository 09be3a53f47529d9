"""Judgement: what is wrong with a chain of certificates, before it is sent to a host."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import BOTH
from kafka_fab.cluster.pki.certificate import Certificate, Chain
from kafka_fab.cluster.pki.keys import public_pem, unusable
from kafka_fab.frozen_value import dataclass

# What Java and OpenSSL understand; another one that is critical makes them refuse the certificate.
UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.CertificatePolicies,
    x509.PolicyConstraints,
    x509.NameConstraints,
    x509.InhibitAnyPolicy,
)
T = TypeVar("T", bound=x509.ExtensionType)
DAY = "%Y-%m-%d"


@dataclass(frozen=True)
class Expected:
    """What a chain should be: issued by one of the authorities, for these names, and in place of the one before."""

    authorities: Chain
    names: AlternativeNames = AlternativeNames()
    key: PublicKeyTypes | None = field(default=None, compare=False)
    subject: str = ""
    before: Certificate | None = None
    roles: Collection[str] = BOTH


def problems(chain: Chain, expected: Expected, now: datetime) -> tuple[str, ...]:
    """Return what is wrong with a chain, each in a sentence; nothing where it can be used."""
    if not chain:
        return ("has no certificate",)
    leaf = chain[0]
    return (
        *_of_key(leaf, expected),
        *_of_time(leaf, now),
        *_of_roles(leaf, expected.roles),
        *_of_names(leaf, expected),
        *untrusted(chain, expected.authorities, now),
    )


def _of_key(leaf: Certificate, expected: Expected) -> Iterator[str]:
    key = leaf.x509.public_key()
    if expected.key is not None and public_pem(key) != public_pem(expected.key):
        yield "is the certificate of another key"
    reason = unusable(key)
    if reason:
        yield reason
    if leaf.is_authority:
        yield "is a CA's own certificate, not a server's"


def _of_time(leaf: Certificate, now: datetime) -> Iterator[str]:
    if now < leaf.begins:
        yield f"is not valid before {leaf.begins:%Y-%m-%d %H:%M} UTC"
    if now > leaf.ends:
        yield f"expired on {leaf.ends:{DAY}}"


def _of_roles(leaf: Certificate, roles: Collection[str]) -> Iterator[str]:
    names = {"server": "serverAuth", "client": "clientAuth"}
    missing = [names[role] for role in roles if role not in leaf.roles]
    if missing:
        yield f"lacks the extended key usage {' and '.join(missing)}"
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        yield "lacks the key usage digitalSignature"


def _of_names(leaf: Certificate, expected: Expected) -> Iterator[str]:
    missing = expected.names.without(leaf.names)
    if missing:
        yield f"is not valid for {missing} (subject alternative names: {leaf.names or 'none'})"
    if expected.subject and leaf.subject != expected.subject:
        yield f"has the subject {leaf.subject}, not {expected.subject}"
    before = expected.before
    if before is None:
        return
    if leaf.subject != before.subject:
        yield f"has another subject than the one before ({leaf.subject}, not {before.subject}): Kafka would refuse it"
    dropped = before.names.without(leaf.names)
    if dropped:
        yield f"drops names of the one before ({dropped}): Kafka refuses that until a restart"


def untrusted(chain: Chain, authorities: Sequence[Certificate], now: datetime) -> tuple[str, ...]:
    """Return why a chain does not lead to one of the authorities, or nothing."""
    for depth, below in enumerate(chain):
        is_one_itself = depth > 0 and below in authorities
        if is_one_itself or any(not _not_issued(below, one, depth, now) for one in authorities):
            return tuple(_weak(chain[: depth + 1]))
        if depth + 1 == len(chain):
            break
        reason = _not_issued(below, chain[depth + 1], depth, now)
        if reason:
            return (reason,)
    return (_no_authority(chain[-1], authorities, now),)


def _no_authority(last: Certificate, authorities: Sequence[Certificate], now: datetime) -> str:
    named = next((one for one in authorities if one.x509.subject == last.x509.issuer), None)
    reason = _not_issued(last, named, 0, now) if named and issued_by(last, named) else ""
    known = "; ".join(one.subject for one in authorities) or "none"
    return reason or f"was issued by {last.issuer}, which is none of the CAs in use ({known})"


def issued_by(below: Certificate, issuer: Certificate) -> bool:
    """Return whether a certificate bears the signature of another one's key."""
    try:
        below.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _not_issued(below: Certificate, issuer: Certificate, depth: int, now: datetime) -> str:
    """Return why one certificate has not, or must not have, issued another; `depth` CAs are already below it."""
    if not issued_by(below, issuer):
        return f"{below.subject} was not issued by {issuer.subject}: the chain must be in order, the leaf first"
    if not issuer.is_authority:
        return f"{issuer.subject}, which issued it, is no CA"
    usage = _extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return f"{issuer.subject}, which issued it, may not sign certificates (key usage keyCertSign)"
    basic = _extension(issuer, x509.BasicConstraints)
    if basic is not None and basic.path_length is not None and basic.path_length < depth:
        return f"{issuer.subject} allows only {basic.path_length} CAs below it (pathlen)"
    if not issuer.begins <= now <= issuer.ends:
        return f"the CA {issuer.subject} is valid from {issuer.begins:{DAY}} to {issuer.ends:{DAY}} only"
    return ""


def _weak(chain: Sequence[Certificate]) -> Iterator[str]:
    for one in chain:
        if isinstance(one.x509.signature_hash_algorithm, hashes.MD5 | hashes.SHA1):
            yield f"{one.subject} is signed with {one.x509.signature_hash_algorithm.name}, which Java refuses"
        unknown = [item for item in one.x509.extensions if item.critical and not isinstance(item.value, UNDERSTOOD)]
        if unknown:
            yield f"{one.subject} has a critical extension that Java does not know ({unknown[0].oid.dotted_string})"


def _extension(certificate: Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
