"""Keys: EC P-256, as PKCS#8 in PEM, the one form that Kafka's PEM reader takes."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from kafka_fab.cluster.pki.pem import PemError

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PKCS8 = "-----BEGIN PRIVATE KEY-----"
LEAST_RSA = 2048


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key."""
    return ec.generate_private_key(ec.SECP256R1())


def plain(key: PrivateKey) -> str:
    """Return a private key as a file holds it that only its owner may read."""
    return _pem(key, serialization.NoEncryption())


def encrypted(key: PrivateKey, passphrase: str) -> str:
    """Return a private key that the passphrase opens."""
    return _pem(key, serialization.BestAvailableEncryption(passphrase.encode()))


def _pem(key: PrivateKey, encryption: serialization.KeySerializationEncryption) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def opened(pem: str, passphrase: str = "") -> PrivateKey:
    """Return the private key of a PEM text; raise PemError."""
    try:
        key: PrivateKeyTypes = serialization.load_pem_private_key(pem.encode(), passphrase.encode() or None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        reason = "the passphrase does not open it" if passphrase else "it is encrypted, or is no PEM key"
        raise PemError(reason) from error
    if isinstance(key, PrivateKey):
        return key
    raise PemError(f"{type(key).__name__} is a kind of key that Kafka cannot read: use EC P-256 or RSA")


def public_pem(key: PublicKeyTypes) -> str:
    """Return a public key as PEM: two keys are the same where these are."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def unusable(key: PublicKeyTypes) -> str:
    """Return why Kafka cannot use a key, or nothing: its PEM reader tries RSA, DSA and EC only."""
    if isinstance(key, rsa.RSAPublicKey):
        small = f"the key has {key.key_size} bits, which Java refuses or soon will: use RSA 3072 or EC P-256"
        return small if key.key_size < LEAST_RSA else ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ""
    kind = type(key).__name__.lstrip("_").removesuffix("PublicKey")
    return f"the key is of the kind {kind}, which Kafka cannot read: use EC P-256 or RSA"


def malformed(pem: str) -> str:
    """Return why the PEM text of a private key is in a form that Kafka cannot read, or nothing."""
    if PKCS8 in pem:
        return ""
    if "-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem:
        return "the key is encrypted: write it without a passphrase (openssl pkcs8 -topk8 -nocrypt)"
    if "PRIVATE KEY-----" in pem:
        return "the key is not in PKCS#8: convert it (openssl pkcs8 -topk8 -nocrypt)"
    return "has no private key"
