"""Authority: a CA with its key, and what it issues (the table of docs/security.md has every field)."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.pki.distinguished_name import encoded
from kafka_fab.cluster.pki.keys import PrivateKey, PublicKey, new_key
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.frozen_value import dataclass

LIFE = timedelta(days=3650)
# Hosts' clocks are a little behind or ahead.
EARLIER = timedelta(hours=1)
USAGES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
BOTH = ("server", "client")


@dataclass(frozen=True)
class Leaf:
    """What a certificate says that an authority issues: whose it is, for which names and roles, and for how long."""

    subject: Subject
    days: int
    names: AlternativeNames = AlternativeNames()
    roles: tuple[str, ...] = BOTH


@dataclass(frozen=True)
class Authority:
    """A CA's certificate and its private key."""

    certificate: Certificate
    key: PrivateKey

    def issue(self, public_key: PublicKey, leaf: Leaf, now: datetime) -> Certificate:
        """Return a certificate of a public key; it never outlives the authority's own."""
        ends = min(now + timedelta(days=leaf.days), self.certificate.ends)
        builder = (
            _builder(leaf.subject, public_key, now, ends)
            .issuer_name(self.certificate.x509.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, key_encipherment=_is_rsa(public_key)), critical=True)
            .add_extension(x509.ExtendedKeyUsage([USAGES[role] for role in leaf.roles]), critical=False)
            .add_extension(_authority_id(self.certificate), critical=False)
        )
        if leaf.names:
            builder = builder.add_extension(leaf.names.encoded(), critical=False)
        return Certificate(builder.sign(self.key, hashes.SHA256()))


def new(subject: Subject, now: datetime, life: timedelta = LIFE, key: PrivateKey | None = None) -> Authority:
    """Return a new authority, whose certificate is of the given key or of a new one."""
    key = key or new_key()
    made = (
        _builder(subject, key.public_key(), now, now + life)
        .issuer_name(encoded(subject))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(Certificate(made), key)


def _builder(subject: Subject, key: PublicKey, now: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(encoded(subject))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority_id(certificate: Certificate) -> x509.AuthorityKeyIdentifier:
    """Return the id of the issuer's key as its own certificate has it, which need not be ours."""
    try:
        own = certificate.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = certificate.x509.public_key()
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _is_rsa(key: PublicKey) -> bool:
    return hasattr(key, "key_size") and not hasattr(key, "curve")


def _usage(**granted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names})
