"""Distinguished name: a subject as a certificate holds it, and as Kafka prints it."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from kafka_fab.cluster.values.subject import Subject

ATTRIBUTES = {"O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}


def encoded(subject: Subject) -> x509.Name:
    """Return a subject as it stands in a certificate."""
    return x509.Name([x509.NameAttribute(ATTRIBUTES[name], value) for name, value in subject.parts])


def printed(name: x509.Name) -> str:
    """Return a name as Kafka prints it in a principal: the last part first."""
    return name.rfc4514_string()
