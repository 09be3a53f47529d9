"""Connection security: what a connection of the tool's verifies, shows and logs in with."""

from pathlib import Path

from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.frozen_value import dataclass

PLAIN = "PLAIN"
SCRAM = ("SCRAM-SHA-512", "SCRAM-SHA-256")


@dataclass(frozen=True)
class Tls:
    """The CA that must have issued a server's certificate, and the certificate with its key that the tool shows."""

    ca: Path
    certificate: Path | None = None


@dataclass(frozen=True)
class Login:
    """A user and the SASL mechanism by which it logs in."""

    mechanism: str
    user: str
    password: Secret
