"""Subject: whose a certificate is, in the order O, OU, CN, so that Java prints it as CN=..,OU=..,O=..."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from kafka_fab.frozen_value import dataclass

ORGANIZATION = "kafka-fab"


@dataclass(frozen=True)
class Subject:
    """A distinguished name; a part that is empty is left out."""

    common_name: str
    unit: str = ""
    organization: str = ORGANIZATION

    def encoded(self) -> x509.Name:
        """Return the name as it stands in a certificate."""
        parts = (
            (NameOID.ORGANIZATION_NAME, self.organization),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, self.unit),
            (NameOID.COMMON_NAME, self.common_name),
        )
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])

    def __str__(self) -> str:
        return printed(self.encoded())


def printed(name: x509.Name) -> str:
    """Return a name as Kafka prints it in a principal: the last part first."""
    return name.rfc4514_string()
