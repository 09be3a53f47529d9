"""TLS failure: why a TLS connection failed, in a sentence that says what is wrong and what to do."""

import socket
import ssl
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.values.connection_security import Tls
from kafka_fab.live.client.tls_context import UnreadableCertificate, context_for, without_name_check
from kafka_fab.runbook.codes import AccessCode, Code, coded
from kafka_fab.typed_command import FAB

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# OpenSSL's numbers of what is wrong with a server's certificate (x509_vfy.h).
NOT_YET_VALID, EXPIRED, NAME, ADDRESS = 9, 10, 62, 64
SECONDS = 5.0
# A server that does not accept a certificate says so at once.
ALERT_SECONDS = 1.0
# What a server sends that has no certificate from us, or does not accept the one that it has.
NO_CERTIFICATE = ("CERTIFICATE_REQUIRED",)
# The same up to TLS 1.2.
NONE_SHOWN = ("HANDSHAKE_FAILURE",)
# The last is the alert of Kafka 2.8 with TLS 1.3, which nobody can decrypt.
REFUSED = (
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
    "UNSUPPORTED_CERTIFICATE",
    "BAD_RECORD_MAC",
)
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
DATE = "%Y-%m-%d %H:%M UTC"


class TlsFailure(NamedTuple):
    """A sentence, and whether to ask again does not help."""

    text: str
    lasting: bool = True


def of_handshake(endpoint: Endpoint, error: OSError) -> TlsFailure | None:
    """Return why a TLS handshake failed; None where TLS is not the reason."""
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError):
        return _no_tls(endpoint, "it ended the handshake", "or is just stopping")
    return of_answer(endpoint, error)


def of_answer(endpoint: Endpoint, error: OSError) -> TlsFailure | None:
    """Return why a server with TLS did not answer; None where TLS is not the reason, or is not known to be."""
    if isinstance(error, UnreadableCertificate):
        return _failure(endpoint, _unreadable(error), AccessCode.NO_CERTIFICATE_FILE)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_server(endpoint, error)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return _of_protocol(endpoint, str(error.reason or error))
    return None


def of_silence(endpoint: Endpoint) -> TlsFailure | None:
    """Return why a server ended a connection before its first answer; None where TLS is not the reason.

    The end of a connection on which a request was already on its way may overtake the alert: here nothing is asked.
    """
    if endpoint.tls is None:
        return None
    try:
        with (
            socket.create_connection((endpoint.address, endpoint.port), SECONDS) as plain,
            context_for(endpoint.tls).wrap_socket(plain, server_hostname=endpoint.verified_name) as connection,
        ):
            connection.settimeout(ALERT_SECONDS)
            connection.recv(1)
    except OSError as error:
        return of_answer(endpoint, error)
    return None


def is_empty(error: OSError) -> bool:
    """Return whether a read has only found that there is nothing to read yet."""
    return isinstance(error, BlockingIOError | ssl.SSLWantReadError)


def _failure(endpoint: Endpoint, text: str, code: Code, lasting: bool = True) -> TlsFailure:
    return TlsFailure(coded(f"{place(endpoint)} {text}", code), lasting)


def _unreadable(error: UnreadableCertificate) -> str:
    return (
        f"requires TLS, but {error}: copy it from the folder where it was made, since keys are not in version control; "
        f"with pki/ca.key and its passphrase `{FAB} certificates.init` makes it"
    )


def _of_server(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> TlsFailure:
    """Return what is wrong with the certificate that a server has shown."""
    failure = partial(_failure, endpoint)
    shown = _served(endpoint)
    if error.verify_code in (NAME, ADDRESS):
        return failure(
            f"shows a certificate that is not for {endpoint.verified_name}, but for {_names(shown)}: "
            f"correct the address in hosts.ini, or add the name to security.certificates.names and run `{FAB} "
            "certificates.renew`; through a tunnel, set security.tool.verify_as",
            AccessCode.NAME_MISMATCH,
        )
    if error.verify_code == EXPIRED:
        ended = f" on {shown.not_valid_after_utc:{DATE}}" if shown else ""
        return failure(
            f"shows a certificate that expired{ended}, or whose CA has expired: `{FAB} certificates.renew`",
            AccessCode.EXPIRED,
        )
    if error.verify_code == NOT_YET_VALID:
        begins = f" before {shown.not_valid_before_utc:{DATE}}" if shown else " yet"
        return failure(
            f"shows a certificate that is not valid{begins}: compare the clocks of this machine and of the host "
            f"(`{FAB} preflight`)",
            AccessCode.NOT_YET_VALID,
        )
    issuer = f"issued by {shown.issuer.rfc4514_string()}, " if shown else ""
    return failure(
        f"shows a certificate that is {issuer}not by the CA in {_ca(endpoint)} ({error.verify_message}): "
        f"another server answers there, or that file is another CA's (`{FAB} certificates.list`)",
        AccessCode.UNKNOWN_ISSUER,
    )


def _ca(endpoint: Endpoint) -> str:
    return str(endpoint.tls.ca) if endpoint.tls else "the settings"


def _of_protocol(endpoint: Endpoint, reason: str) -> TlsFailure:
    """Return what a TLS error means that is not about the server's certificate."""
    shown = endpoint.tls.certificate if endpoint.tls else None
    required = NO_CERTIFICATE if shown else (*NO_CERTIFICATE, *NONE_SHOWN, *REFUSED)
    if any(word in reason for word in required):
        return _failure(
            endpoint,
            "requires a client certificate, and none was shown: set security.tool.cert, or run "
            f"`{FAB} certificates.init`",
            AccessCode.CLIENT_CERTIFICATE,
        )
    if shown and any(word in reason for word in REFUSED):
        return _failure(endpoint, f"does not accept the certificate of {_own(shown)}", AccessCode.CLIENT_CERTIFICATE)
    if any(word in reason for word in NO_TLS):
        return _no_tls(endpoint, reason)
    return _failure(
        endpoint,
        f"and this machine did not agree on TLS ({reason}): the server must offer TLS 1.2 or 1.3",
        AccessCode.NO_AGREEMENT,
    )


def _no_tls(endpoint: Endpoint, reason: str, doubt: str = "") -> TlsFailure:
    """Return that a server speaks no TLS; a server that stops ends a handshake in the same way."""
    text = (
        f"does not use TLS{doubt and f', {doubt}'} ({reason}): what listens there runs with other settings than "
        f"conf/cluster.yaml (`{FAB} status`)"
    )
    return _failure(endpoint, text, AccessCode.NO_TLS, lasting=not doubt)


def _own(path: Path) -> str:
    """Return the tool's own certificate, and what may be wrong with it."""
    found = None
    with suppress(OSError, ValueError):
        from cryptography.x509 import load_pem_x509_certificates

        found = load_pem_x509_certificates(path.read_bytes())[0]
    if found is None:
        return str(path)
    now = datetime.now(found.not_valid_after_utc.tzinfo)
    if now > found.not_valid_after_utc:
        return f"{path}, which expired on {found.not_valid_after_utc:{DATE}}: `{FAB} certificates.renew`"
    return (
        f"{path} ({found.subject.rfc4514_string()}, issued by {found.issuer.rfc4514_string()}): that listener trusts "
        f"another CA; remove that file and make a new one (`{FAB} certificates.init`), or set security.tool.cert"
    )


def _served(endpoint: Endpoint) -> "Certificate | None":
    """Return the certificate that a server shows, to describe it; None where it shows none any more."""
    from cryptography.x509 import load_der_x509_certificate

    with suppress(OSError, ValueError), socket.create_connection((endpoint.address, endpoint.port), SECONDS) as plain:
        context = without_name_check(endpoint.tls or Tls(Path()))
        with context.wrap_socket(plain, server_hostname=endpoint.verified_name) as connection:
            return load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    return None


def _names(shown: "Certificate | None") -> str:
    """Return the names and addresses that a certificate is for."""
    if shown is None:
        return "others"
    from cryptography.x509 import ExtensionNotFound, SubjectAlternativeName

    try:
        found = shown.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return f"no name at all ({shown.subject.rfc4514_string()})"
    return ", ".join(str(name.value) for name in found) or "no name at all"
