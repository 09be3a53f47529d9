"""TLS context: one for each CA file and certificate, since to load them costs more than a handshake."""

import ssl
import threading
from pathlib import Path
from typing import NamedTuple

from kafka_fab.cluster.values.connection_security import Tls


class _Loaded(NamedTuple):
    """A context, and the files as they were when it was made."""

    files: tuple[int, ...]
    context: ssl.SSLContext


_LOADED: dict[Tls, _Loaded] = {}
_LOADING = threading.Lock()


class UnreadableCertificate(OSError):
    """A file of ours that the tool needs for TLS, and cannot use: with the file and the reason in a sentence."""


def context_for(tls: Tls) -> ssl.SSLContext:
    """Return the context, made again when a file has changed; raise UnreadableCertificate."""
    with _LOADING:
        files = tuple(_changed_at(path) for path in (tls.ca, tls.certificate) if path)
        found = _LOADED.get(tls)
        if found is None or found.files != files:
            found = _LOADED[tls] = _Loaded(files, _made(tls))
        return found.context


def without_name_check(tls: Tls) -> ssl.SSLContext:
    """Return a context that shows what a server serves, to describe it only: it verifies nothing."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if tls.certificate:
        _load_certificate(made, tls.certificate)
    return made


def _made(tls: Tls) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # This CA alone: the system's have no say in who is a node of the cluster.
    try:
        made.load_verify_locations(tls.ca)
    except (OSError, ssl.SSLError) as error:
        raise UnreadableCertificate(f"{tls.ca} has no CA certificate ({_words(error)})") from error
    if tls.certificate:
        _load_certificate(made, tls.certificate)
    return made


def _load_certificate(made: ssl.SSLContext, certificate: Path) -> None:
    try:
        # Never a question at the terminal: without this OpenSSL asks for the passphrase of an encrypted key.
        made.load_cert_chain(certificate, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        text = f"{certificate} has no unencrypted private key with its certificate ({_words(error)})"
        raise UnreadableCertificate(text) from error


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise UnreadableCertificate(f"{path} cannot be read ({_words(error)})") from error


def _words(error: OSError) -> str:
    return str(getattr(error, "reason", "") or error.strerror or error)
