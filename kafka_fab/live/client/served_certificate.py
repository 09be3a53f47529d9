"""Served certificate: what a listener shows in a handshake. It is looked at, not verified."""

import socket
import ssl

from kafka_fab.cluster.pki import certificate
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable
from kafka_fab.live.client.tls_context import without_name_check


@dataclass(frozen=True)
class ServedCertificate:
    """The leaf that a listener serves, and the protocol that was agreed on."""

    leaf: Certificate
    protocol: str


def served(endpoint: Endpoint, seconds: float = SECONDS) -> ServedCertificate:
    """Return what a listener serves, by one handshake; raise Unreachable."""
    return Prober(endpoint, seconds).served()


class Prober:
    """Handshakes with one listener, one after the other, each of them a full one: none resumes a session."""

    def __init__(self, endpoint: Endpoint, seconds: float = SECONDS) -> None:
        """Read the tool's own certificate; raise Unreachable where it cannot be used."""
        assert endpoint.tls
        self.endpoint, self._seconds = endpoint, seconds
        try:
            self._context = without_name_check(endpoint.tls)
        except OSError as error:
            raise Unreachable(str(error)) from error

    def served(self) -> ServedCertificate:
        """Return what is served now; raise Unreachable."""
        where = place(self.endpoint)
        try:
            with (
                socket.create_connection((self.endpoint.address, self.endpoint.port), self._seconds) as plain,
                self._context.wrap_socket(plain, server_hostname=self.endpoint.verified_name) as connection,
            ):
                shown, protocol = connection.getpeercert(binary_form=True), connection.version()
        except ssl.SSLError as error:
            raise Unreachable(f"{where}: the TLS handshake failed ({error.reason or error})") from error
        except OSError as error:
            raise Unreachable(f"{where} did not answer ({error.strerror or error})") from error
        try:
            return ServedCertificate(certificate.of_der(shown or b""), protocol or "")
        except PemError as error:
            raise Unreachable(f"what {where} serves {error}") from error
