"""Signing request: the public key of a CSR; nothing else that it says is taken over."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from kafka_fab.cluster.pki.keys import PublicKey, unusable
from kafka_fab.cluster.pki.pem import PemError


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
