"""Signing request: the public key of a CSR, of which nothing else is taken over; and one of our own."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from kafka_fab.cluster.pki.distinguished_name import encoded
from kafka_fab.cluster.pki.keys import PrivateKey, PublicKey, unusable
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.values.subject import Subject


def public_key(pem: str) -> PublicKey:
    """Return the key of a request whose signature proves that its sender has the private half; raise PemError."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        proven, key = request.is_signature_valid, request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PemError("is no certificate signing request") from error
    if not proven:
        raise PemError("its signature does not fit its key: it was changed on its way")
    reason = unusable(key)
    if reason or not isinstance(key, PublicKey):
        raise PemError(reason)
    return key


def new(key: PrivateKey, subject: Subject) -> str:
    """Return a request for a certificate of our own key, for a CA elsewhere."""
    request = x509.CertificateSigningRequestBuilder().subject_name(encoded(subject)).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode()
