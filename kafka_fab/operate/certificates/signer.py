"""Signer: who signs a request: the cluster's own CA, or a command of the user's."""

import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, keys, pem, signing_request
from kafka_fab.cluster.pki.authority import Authority, Leaf
from kafka_fab.cluster.pki.certificate import Chain
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.settings.security_settings import CertificateSource
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.certificates import authorities, pki_files
from kafka_fab.typed_command import FAB

SECONDS = 30
SHOWN = 300
BY_HAND = (
    "the key of the CA is not in pki/: have {request} signed, put the chain (PEM, the leaf first) into {signed}, then "
    f"run {FAB} certificates.install"
)


class SigningFailed(Exception):
    """A request that was not signed, with the reason in a sentence."""


class Signer(Protocol):
    """Who signs requests."""

    def sign(self, host: str, request: str, leaf: Leaf, now: datetime) -> Chain:
        """Return the chain for a request; raise SigningFailed."""


@dataclass(frozen=True)
class OwnSigner:
    """The cluster's own CA: it takes the key from the request, and all else from hosts.ini and the settings."""

    authority: Authority

    def sign(self, host: str, request: str, leaf: Leaf, now: datetime) -> Chain:  # noqa: ARG002 - in the request's key
        """Return the certificate of the request's key; raise SigningFailed."""
        try:
            key = signing_request.public_key(request)
        except PemError as error:
            raise SigningFailed(f"the certificate request {error}") from error
        return (self.authority.issue(key, leaf, now),)


@dataclass(frozen=True)
class CommandSigner:
    """A command that gets the request on standard input and prints the chain; its arguments reach no shell."""

    command: Sequence[str]
    folder: Path

    def sign(self, host: str, request: str, leaf: Leaf, now: datetime) -> Chain:  # noqa: ARG002 - the CA decides what it says
        """Return the chain that the command prints; raise SigningFailed."""
        try:
            done = subprocess.run(
                list(self.command), cwd=self.folder, input=request, capture_output=True, text=True,
                timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise SigningFailed(
                f"{self.command[0]} (security.certificates.command) timed out after {SECONDS} s"
            ) from error
        except (OSError, ValueError) as error:
            raise SigningFailed(
                f"{self.command[0]} (security.certificates.command) cannot be started: {error}"
            ) from error
        if done.returncode:
            said = " ".join(done.stderr.split())[-SHOWN:]
            raise SigningFailed(f"{self.command[0]} ended with exit code {done.returncode}: {said or 'no message'}")
        try:
            return certificate.read(pem.certificates(done.stdout))
        except PemError as error:
            raise SigningFailed(f"what {self.command[0]} printed {error}") from error


@dataclass(frozen=True)
class ByHand:
    """A CA elsewhere, whose key is not here: requests and signed chains are files in pki/."""

    folder: Path

    def sign(self, host: str, request: str, leaf: Leaf, now: datetime) -> Chain:  # noqa: ARG002 - the CA decides
        """Return the chain that was signed for a host's key; else keep the request; raise SigningFailed."""
        file = stores.signed(self.folder, host)
        text = pem.certificates(text_file.read(file, file.name)[0])
        try:
            chain = certificate.read(text) if text else ()
        except PemError as error:
            raise SigningFailed(f"pki/signed/{file.name} {error}") from error
        key = keys.public_pem(signing_request.public_key(request))
        if chain and keys.public_pem(chain[0].x509.public_key()) == key:
            return chain
        asked = stores.request(self.folder, host)
        pki_files.write(asked, request)
        raise SigningFailed(BY_HAND.format(request=f"pki/requests/{asked.name}", signed=f"pki/signed/{file.name}"))


def of(cluster: Cluster) -> Signer:
    """Return who signs for a cluster; raise ConfigError, or SigningFailed where nobody does."""
    certificates = cluster.settings.security.certificates
    if certificates.source == CertificateSource.COMMAND:
        return CommandSigner(tuple(certificates.command), cluster.folder)
    if certificates.source == CertificateSource.FILES:
        words = "security.certificates.from is files: put a new certificate and key there, then install"
        raise SigningFailed(f"{words} ({FAB} install)")
    if not stores.ca_key(cluster.folder).exists():
        return ByHand(cluster.folder)
    return OwnSigner(authorities.own(cluster))
